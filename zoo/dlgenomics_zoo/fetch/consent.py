"""No surprise downloads: someone agrees to the size and the licence first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dlgenomics.errors import DeclinedError, OutputError
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch.cache import ELSEWHERE
from dlgenomics_zoo.fetch.remote import RemoteFile

Confirm = Callable[[int | None, str, str], bool]
"""Called before a download with its bytes (None if unknown), licence and name: True fetches it."""


def within_limit(count: int | None, licence: str, name: str) -> bool:  # noqa: ARG001 - a Confirm
    """Agree to all that is not above ``DLG_MAX_DOWNLOAD``; the default of the library."""
    return count is None or count <= load_settings().max_download


def require_space(folder: Path, count: int) -> None:
    """Go on only if a download fits on the disk.

    Raises:
        OutputError: it does not.
    """
    free = shutil.disk_usage(folder).free
    if count > free:
        raise OutputError(folder, f"{free:,} bytes free for a download of {count:,} bytes",
                          f"Free some space (dlg cache rm) or {ELSEWHERE}, then repeat.")


@dataclass
class Consent:
    """Asks once a file, when its size is known and before a byte of it is read."""

    remote: RemoteFile
    confirm: Confirm
    folder: Path
    agreed: bool = field(default=False, init=False)
    large: bool = field(default=False, init=False)

    def require(self, count: int | None, url: str) -> None:
        """Go on only if the download was agreed to and fits on the disk.

        Raises:
            DeclinedError: it was not agreed to.
            OutputError: the disk is too full.
        """
        if not self.agreed and not self.confirm(count, self.remote.license, self.remote.name):
            raise DeclinedError(self.remote.name, count, self.remote.license, url,
                                load_settings().max_download)
        self.agreed = True
        if count is not None:
            require_space(self.folder, count)

    def require_again(self, count: int, url: str) -> None:
        """Ask once more when a download of unknown size has become larger than the limit."""
        if count > load_settings().max_download and not self.large:
            self.large, self.agreed = True, False
            self.require(count, url)

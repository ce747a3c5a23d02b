"""A commit as a route looks at it: names of files, and small JSON files, which are fetched."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged
from dlgenomics_zoo.formats.keras_document import check_size
from dlgenomics_zoo.hub.address import SCHEME, Address, is_plain_path
from dlgenomics_zoo.hub.commit import Commit, HubFile
from dlgenomics_zoo.hub.connection import Connection
from dlgenomics_zoo.hub.files import fetch, file_in

SMALL: Final = 64 * 2**20
"""Bytes that a description may have; larger ones are not read."""


@dataclass
class Checkout:
    """A commit that is being planned for.

    Attributes:
        hub: who is asked.
        commit: the commit.
        address: what was asked for.
        progress: told of small downloads.
    """

    hub: Connection
    commit: Commit
    address: Address
    progress: Progress = silent
    _read: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The files below the address's subfolder, as paths relative to it."""
        prefix = self._prefix
        return sorted(path.removeprefix(prefix) for path in self.commit.files
                      if path.startswith(prefix))

    @property
    def _prefix(self) -> str:
        return f"{self.address.subfolder}/" if self.address.subfolder else ""

    @property
    def place(self) -> str:
        """What `AmbiguousModelError` puts a ``#`` behind: the address without scheme and file."""
        return str(self.address.with_file("")).removeprefix(SCHEME)

    def path(self, name: str) -> str:
        """Return a file's path in the repository."""
        return self._prefix + name

    def file(self, name: str) -> HubFile:
        """Return a file by its path relative to the subfolder.

        Raises:
            FileNotInTreeError: there is none.
        """
        return file_in(self.commit, self.path(name))

    def fetch(self, name: str) -> Path:
        """Return a small file, fetched and verified.

        Raises:
            UnsafeModelError: it is too large for what it is.
            HubError, FetchError: it cannot be had.
        """
        file = self.file(name)
        if file.size > SMALL:
            raise UnsafeModelError(file.path, f"a description may have at most {SMALL:,} bytes",
                                   f"{file.size:,}")
        return fetch(self.hub, self.commit, [file.path], confirm=_agreed,
                     progress=self.progress)[file.path]

    def json(self, name: str) -> dict[str, Any]:
        """Return a JSON file's object; an empty one where there is no such file.

        Raises:
            DataError: it is no JSON object.
            UnsafeModelError: it is built to exhaust memory.
        """
        if name not in self.names:
            return {}
        if name not in self._read:
            self._read[name] = _object(self.fetch(name), self.path(name))
        found: dict[str, Any] = self._read[name]
        return found


def _agreed(count: int | None, licence: str, name: str) -> bool:  # noqa: ARG001 - a Confirm
    """Agree: a description is small."""
    return True


def _object(path: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise damaged(name, "a JSON file", str(error)) from error
    if not isinstance(found, dict):
        raise damaged(name, "a JSON object", f"a {type(found).__name__}")
    check_size(found, path)
    return found


def require_plain(name: Any, where: str) -> str:
    """Return a file's name that stands in a file, which is a stranger's word.

    Raises:
        UnsafeModelError: it leads out of the folder; nothing was asked for it.
    """
    if not isinstance(name, str) or not is_plain_path(name):
        raise UnsafeModelError(where, "names of files in a file must lie in its own folder",
                               repr(name)[:100])
    return name

"""Files inside a wheel on the user's package index: fetched by pip, read as a zip, never imported.

pip runs as a command, so that index, proxies and credentials are the user's own. Only wheels are
asked for: nothing is built or installed, and no code of the package runs.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from dlgenomics.errors import DeadLinkError, DlgError, FetchError, NetworkError, WrongFileError
from dlgenomics.files import output_errors
from dlgenomics_zoo.fetch.cache import ELSEWHERE
from dlgenomics_zoo.fetch.failure import Failure, without_secrets
from dlgenomics_zoo.fetch.order import Order

LARGEST: Final = 4 << 30
"""Bytes that a member of unknown size may have."""

_BLOCK: Final = 1 << 18
_FORM: Final = re.compile(r"pypi:([A-Za-z0-9][\w.-]*)==([\w.!+]+)/(.+)")


@dataclass(frozen=True)
class WheelMember:
    """A file inside a wheel.

    Attributes:
        package, version: the wheel.
        path: the file inside it.
    """

    package: str
    version: str
    path: str

    @classmethod
    def parse(cls, url: str) -> WheelMember:
        """Read ``pypi:PACKAGE==VERSION/PATH``.

        Raises:
            DlgError: it has another form.
        """
        form = _FORM.fullmatch(unquote(url))
        if not form:
            raise DlgError("a file in a wheel must be written pypi:PACKAGE==VERSION/PATH. "
                           f"Received: {url!r}. Correct it.")
        return cls(*form.groups())

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.package}=={self.version}"

    @property
    def url(self) -> str:
        """The address of this file."""
        return f"pypi:{self.requirement}/{self.path}"


@dataclass
class Wheels(contextlib.AbstractContextManager["Wheels"]):
    """Wheels in a temporary folder, each downloaded once and gone at the end of the block."""

    _folder: tempfile.TemporaryDirectory[str] | None = None
    _paths: dict[str, Path] = field(default_factory=dict)

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self._paths.clear()

    def wheel(self, member: WheelMember, order: Order) -> Path:
        """Return the wheel that holds a file, downloading it if need be.

        Raises:
            Failure: pip cannot get it.
        """
        wanted = member.requirement
        if wanted not in self._paths:
            order.announce(order.remote.download_size or order.remote.size, f"the wheel {wanted}")
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="dlgenomics-wheels-")
            folder = Path(self._folder.name) / f"{len(self._paths)}"
            self._paths[wanted] = download_wheel(wanted, folder)
        return self._paths[wanted]


def download_wheel(requirement: str, folder: Path) -> Path:
    """Let the user's pip download one wheel into a folder.

    Raises:
        Failure: there is no pip, no such release, no wheel of it, or no connection.
    """
    command = [*_pip(), "download", "--quiet", "--no-input", "--disable-pip-version-check",
               "--retries=2", "--no-deps", "--only-binary=:all:", "--ignore-requires-python",
               "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if done.returncode or not found:
        raise _pip_failure(done.stderr)
    return found[0]


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if other := shutil.which("pip3") or shutil.which("pip"):
        return [other]
    raise Failure(FetchError, "this Python has no pip to fetch it with; python -m ensurepip "
                  "installs it")


def _pip_failure(said: str) -> Failure:
    """Return what pip's messages mean; of an unreachable index, too, it says «no match»."""
    if "connection broken" in said or "Could not fetch URL" in said:
        return Failure(NetworkError, "pip cannot reach the package index; see: pip config list")
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines()
              if line.startswith("ERROR:")]
    if any("No matching distribution" in line for line in errors):
        return Failure(DeadLinkError, "the package index has no wheel of it (a source distribution "
                       "is no help: to unpack it, pip would run its code)")
    text = without_secrets((errors or said.strip().splitlines() or ["no message"])[-1])
    return Failure(FetchError, f"pip download failed: {text}")


def read_member(wheel: Path, path: str, part: Path, size: int | None) -> None:
    """Copy one file out of a wheel; nothing else of it is unpacked.

    Args:
        wheel: the zip file.
        path: the file's exact name inside.
        part: where its bytes go.
        size: how many they must be, if known.

    Raises:
        Failure: it is not there, too large, encrypted or damaged.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(path)
            if info.file_size > (size or LARGEST) or info.flag_bits & 1:
                raise Failure(WrongFileError, f"{path} in {wheel.name} has {info.file_size:,} "
                              f"bytes or is encrypted, at most {size or LARGEST:,} are allowed")
            with output_errors(part, ELSEWHERE), archive.open(info) as source, \
                    part.open("wb") as out:
                shutil.copyfileobj(source, out, _BLOCK)
    except KeyError as error:
        raise Failure(DeadLinkError, f"{wheel.name} holds no {path}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Failure(WrongFileError, f"{wheel.name} is no whole zip file ({error})") from error

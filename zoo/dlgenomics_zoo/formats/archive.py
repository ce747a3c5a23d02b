"""Zip archives from strangers: every member is checked before any is read."""

from __future__ import annotations

import contextlib
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged

MAX_MEMBERS: Final = 100_000
MAX_RATIO: Final = 50
_SMALL: Final = 16 * 2**20
"""Up to this size an archive may unfold as far as it likes: 16 MiB hurt nobody."""

_RULE: Final = "a model archive may hold plain files of its own folder only"


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose members are all harmless.

    Raises:
        UnsafeModelError: a member leaves the folder, is a link or encrypted, stands twice, or
            the archive unfolds to far more than its own size.
        DataError: it is no whole zip file.
    """
    try:
        with zipfile.ZipFile(path) as opened:
            _check(path, opened.infolist())
            yield opened
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise damaged(path, "a whole zip archive", str(error)) from error


def read_member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a member's bytes.

    Raises:
        DataError: there is none of that name, or it is damaged.
    """
    try:
        return archive.read(name)
    except KeyError:
        raise damaged(path, f"an archive with {name!r}", "one without it") from None
    except (RuntimeError, ValueError, OSError) as error:
        raise damaged(path, "a whole zip archive", f"{name}: {error}") from error


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise UnsafeModelError(path, _RULE, f"{len(members):,} members")
    names = [m.filename for m in members]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise UnsafeModelError(path, _RULE, f"the member {twice!r} twice")
    for member in members:
        if reason := _danger(member):
            raise UnsafeModelError(path, _RULE, f"{reason} {member.filename!r}")
    size = path.stat().st_size
    total = sum(m.file_size for m in members)
    packed = sum(m.compress_size for m in members)
    if packed > size or (total > _SMALL and total > MAX_RATIO * size):
        raise UnsafeModelError(path, "a model archive may not unfold to more than "
                               f"{MAX_RATIO} times its size", f"{total:,} bytes in {size:,}")


def _danger(member: zipfile.ZipInfo) -> str:
    name = member.filename
    where = PurePosixPath(name)
    if not name or "\\" in name or "\0" in name or ":" in name.split("/")[0]:
        return "the name"
    if where.is_absolute() or ".." in where.parts:
        return "a path outside the archive,"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link or device,"
    return "the encrypted member" if member.flag_bits & 0x1 else ""

"""Files that are never seen half-written, and text that may be compressed."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import io
import os
import secrets
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

from dlgenomics.errors import DataError, MissingFileError, OutputError

GZIP_MAGIC = b"\x1f\x8b"

_BGZIP_MARK = b"BC\x02\x00"
_ESCAPED = 0xDC00
"""Where Python's ``surrogateescape`` puts a byte that is not UTF-8."""

_FULL = {
    errno.ENOSPC: ("no space left", "Free some space"),
    errno.EDQUOT: ("no space left", "Free some space"),
    errno.EFBIG: ("a file larger than is allowed here", "Raise the limit (ulimit -f)"),
}
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.EEXIST,
                 errno.ENAMETOOLONG, errno.ENOENT)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_bytes(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def output_errors(path: Path, otherwise: str = "choose another place (-o)") -> Iterator[None]:
    """Turn an operating-system error while writing ``path`` into an `OutputError`.

    Errors that name a file of another place, such as one that is read meanwhile, stay as they are.
    ``otherwise`` is what to do if the place itself is of no use.
    """
    try:
        yield
    except OSError as error:
        if not _is_of(error.filename, path):
            raise
        if error.errno in _FULL:
            received, advice = _FULL[error.errno]
            raise OutputError(path, received, f"{advice} or {otherwise}, then repeat; "
                              "nothing that was there before has changed.") from error
        if error.errno in _NOT_WRITABLE:
            advice = f"{otherwise[0].upper()}{otherwise[1:]}."
            raise OutputError(path, str(error.strerror), advice) from error
        raise


def _is_of(name: object, path: Path) -> bool:
    """Tell whether a file that an error names is an output, or serves to make it.

    That is a folder above it, and in its own folder what begins with its name or could not even be
    made.
    """
    if not isinstance(name, str | bytes | os.PathLike):
        return True
    place, output = (Path(os.path.abspath(os.fsdecode(one)))  # noqa: PTH100 - links stay
                     for one in (name, path))
    if not place.is_relative_to(output.parent) or place == output.parent:
        return output.is_relative_to(place)
    beside = place.relative_to(output.parent).parts[0]
    is_named_so = f"{beside}.".removeprefix(".").startswith(f"{output.name}.".removeprefix("."))
    return is_named_so or not os.path.lexists(place)


@contextlib.contextmanager
def atomic_path(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """Give a temporary name; on success it becomes ``path``.

    The bytes are synchronised to disk before the rename, so a reader sees the old file or the
    whole new one. On any error the temporary file is removed and ``path`` is as it was.

    Args:
        path: the file.
        folder: where the temporary file lies, on the same disk; default: beside ``path``.

    Raises:
        OutputError: the disk is full or the place is not writable.
    """
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path, folder, "".join(path.suffixes))
        part.touch(exist_ok=False)
        try:
            yield part
            _sync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """Give a temporary folder; on success it takes the place of ``path``.

    On any error the temporary folder is removed and ``path`` is as it was.

    Args:
        path: the folder.
        folder: where the temporary one lies, on the same disk; default: beside ``path``.

    Raises:
        OutputError: the disk is full or the place is not writable.
    """
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path, folder)
        part.mkdir()
        try:
            yield part
            for file in part.rglob("*"):
                if file.is_file():
                    _sync(file)
            _exchange(part, path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _part(path: Path, folder: Path | None, ending: str = "") -> Path:
    """Return a name that nothing has, for what becomes ``path``.

    What is made by it has the permissions of any new file; those of `tempfile` would have to be
    changed, by a mask that threads can only read by changing it for each other.
    """
    name = f".{path.name}.{secrets.token_urlsafe(6)}.part{ending}"
    return (folder or path.parent).absolute() / name


def _exchange(new: Path, path: Path) -> None:
    """Rename ``new`` to ``path``; an older ``path`` steps aside first and is then removed."""
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if not path.exists():
        new.rename(path)
        return
    aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
    try:
        path.rename(aside / path.name)
        try:
            new.rename(path)
        except OSError:
            (aside / path.name).rename(path)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file atomically, in UTF-8 with Unix line ends."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file atomically."""
    with atomic_path(path) as part:
        part.write_bytes(content)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def require_file(path: Path, purpose: str) -> Path:
    """Return ``path`` if it is a file.

    Raises:
        MissingFileError: it is not; ``purpose`` says what the file is for.
    """
    if not path.is_file():
        raise MissingFileError(path, purpose)
    return path


@contextlib.contextmanager
def open_text(path: Path | str, purpose: str) -> Iterator[TextIO]:
    """Open text for reading: plain, gzip or bgzip by its first bytes; ``-`` is standard input.

    Line ends of Unix, Windows and old Macs are read alike; a byte-order mark is dropped.

    Raises:
        MissingFileError: no such file.
        DataError: the compressed stream is truncated or damaged, or the text is not UTF-8.
    """
    try:
        with _open_decoded(path, purpose, "strict") as text:
            yield text
    except UnicodeDecodeError as error:
        _name_line(path, purpose)
        raise _not_utf8(purpose, error.object[error.start], path, None) from error


def open_records(path: Path | str, purpose: str) -> contextlib.AbstractContextManager[TextIO]:
    """Open text whose records are judged one by one; else as `open_text`.

    Bytes that are not UTF-8 come as lone surrogates: `require_utf8` finds them.

    Raises:
        MissingFileError: no such file.
        DataError: the compressed stream is truncated or damaged.
    """
    return _open_decoded(path, purpose, "surrogateescape")


def require_utf8(text: str, purpose: str, path: Path | str, line: int) -> None:
    """Refuse text from `open_records` that holds bytes which are not UTF-8.

    Args:
        text: one line or more, or a part of one.
        purpose: what the file is for.
        path: the file, for messages.
        line: where the text begins.

    Raises:
        DataError: it holds some, with the line of the first.
    """
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        at = error.start
        raise _not_utf8(purpose, ord(text[at]) - _ESCAPED, path,
                        line + text.count("\n", 0, at)) from error


def _name_line(path: Path | str, purpose: str) -> None:
    """Raise the error of the first line that is not UTF-8, if ``path`` can be read once more."""
    if str(path) != "-" and Path(path).is_file():
        with open_records(path, purpose) as lines:
            for number, line in enumerate(lines, start=1):
                require_utf8(line, purpose, path, number)


def _not_utf8(purpose: str, byte: int, path: Path | str, line: int | None) -> DataError:
    return DataError(f"{purpose} must be UTF-8 text. Received: byte {byte:#04x}. "
                     "Is it a binary file, or in another encoding?", path=path, line=line)


@contextlib.contextmanager
def _open_decoded(path: Path | str, purpose: str, errors: str) -> Iterator[TextIO]:
    try:
        with _open_bytes(path, purpose) as raw:
            text = io.TextIOWrapper(_decompressed(raw), encoding="utf-8-sig", errors=errors)
            try:
                yield text
            finally:
                text.detach()  # else its end would close standard input
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{purpose} must be a whole gzip file. Received: {error}. Fetch or compress it again.",
            path=path,
        ) from error


def is_bgzip(head: bytes) -> bool:
    """Whether a file whose first bytes these are, 16 of them or more, is bgzip."""
    return head.startswith(GZIP_MAGIC) and head[12:16] == _BGZIP_MARK


def _open_bytes(path: Path | str, purpose: str) -> contextlib.AbstractContextManager[BinaryIO]:
    if str(path) == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    if not Path(path).is_fifo():  # a shell's <(command) is a pipe, not a file
        require_file(Path(path), purpose)
    return Path(path).open("rb")


def _decompressed(raw: BinaryIO) -> IO[bytes]:
    # A pipe cannot go back to its start, so its first bytes are only peeked at.
    if not isinstance(raw, io.BufferedReader):
        raw = io.BufferedReader(cast(io.RawIOBase, raw))
    if raw.peek(2)[:2] == GZIP_MAGIC:
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    return raw

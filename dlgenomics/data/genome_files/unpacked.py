"""Copies of genomes in the cache that can be read faster than the files they were made from."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genome_files.bgzip import BgzipFile, Blocks
from dlgenomics.data.genome_files.index import identity, read_index
from dlgenomics.data.genome_files.plain import PlainFile
from dlgenomics.data.letters import Letters
from dlgenomics.errors import DataError, OutputError
from dlgenomics.files import atomic_folder, open_text, output_errors
from dlgenomics.locks import output_lock
from dlgenomics.settings import load_settings

_FASTA: Final = "genome.fa"
_INDEX: Final = "genome.fa.fai"
_AT_ONCE: Final = 512


def copy_folder(path: Path) -> Path:
    """Return the folder in the cache for the copy of a genome; it may not exist yet."""
    return load_settings().cache / "genomes" / identity(path)


def open_copy(folder: Path) -> PlainFile:
    """Open the copy in a folder."""
    index = folder / _INDEX
    return PlainFile(folder / _FASTA, read_index(index, folder / _FASTA), index)


class SparinglyUnpacked:
    """A bgzip FASTA, read block by block until as many were unpacked as it has.

    Then all of it is unpacked into the cache, once for all processes, and read there: whatever is
    asked for, that costs at most twice of what would have been best.

    Args:
        path: the file.
        file: the same, opened.
        index: its .fai, which fits the unpacked text as well.
    """

    def __init__(self, path: Path, file: BgzipFile, index: Path) -> None:
        self._path, self._index = path, index
        self._blocks = file.blocks
        self._file: BgzipFile | PlainFile = file

    @property
    def names(self) -> tuple[str, ...]:
        """The contigs, in the file's order."""
        return self._file.names

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The letters in each contig."""
        return self._file.lengths

    def letters(self, contig: NDArray[np.int64], start: NDArray[np.int64], length: int, *,
                case: bool) -> Letters:
        """Return the letters of windows; see `GenomeFile`."""
        if self._blocks.unpacked > len(self._blocks):
            if _unpack(self._path, self._blocks, self._index):
                self._file = open_copy(copy_folder(self._path))
            self._blocks.unpacked = 0
        return self._file.letters(contig, start, length, case=case)

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()
        self._file.close()


def _unpack(path: Path, blocks: Blocks, index: Path) -> bool:
    """Write the copy of a bgzip FASTA and return whether it is there.

    It is not where another process is at it, or where the disk has no room for it.
    """
    folder = copy_folder(path)
    if folder.is_dir():
        return True
    try:
        with output_errors(folder), _alone(folder) as is_alone:
            room = shutil.disk_usage(folder.parent).free
            if is_alone and room > 2 * int(blocks.start[-1]):
                _unpack_into(folder, blocks, index)
    except OutputError:  # the copy is for speed alone
        return False
    return folder.is_dir()


def _unpack_into(folder: Path, blocks: Blocks, index: Path) -> None:
    with atomic_folder(folder) as part:
        with (part / _FASTA).open("wb") as stream:
            for first in range(0, len(blocks), _AT_ONCE):
                text, _ = blocks.unpack(np.arange(first, min(first + _AT_ONCE, len(blocks))))
                stream.write(text.data)
        shutil.copyfile(index, part / _INDEX)


def copy_evenly(path: Path) -> Path:
    """Return the copy of a FASTA whose lines differ in width, with one line for each contig.

    One process makes it; others that need it wait.

    Raises:
        DataError: it is no FASTA.
        OutputError: it cannot be written.
    """
    folder = copy_folder(path)
    if not folder.is_dir():
        with output_lock(_lock(folder), lambda: None):
            if not folder.is_dir():
                _copy_into(folder, path)
    return folder


def _copy_into(folder: Path, path: Path) -> None:
    with atomic_folder(folder) as part, open_text(path, "the genome FASTA") as lines, \
            (part / _FASTA).open("wb") as stream, \
            (part / _INDEX).open("w", encoding="utf-8") as index:
        for name, offset, count in _evenly(lines, stream, path):
            index.write(f"{name}\t{count}\t{offset}\t{count}\t{count + 1}\n")


def _evenly(lines: TextIO, stream: BinaryIO, path: Path) -> Iterator[tuple[str, int, int]]:
    """Write records with one line each; yield their names, offsets and letters."""
    names: set[str] = set()
    name, offset = "", 0
    for number, line in enumerate(lines, start=1):
        if line.startswith(">"):
            if name:
                yield name, offset, stream.tell() - offset
            stream.write(b"\n" if name else b"")
            name = _name(line, names, path, number)
            stream.write(f">{name}\n".encode())
            offset = stream.tell()
        else:
            stream.write(_letters(line, path, number))
    if name:
        yield name, offset, stream.tell() - offset
        stream.write(b"\n")


def _name(line: str, names: set[str], path: Path, number: int) -> str:
    words = line[1:].split()
    if not words or words[0] in names:
        raise DataError("each record of a genome must have a name of its own. Received: "
                        f"{line.strip()[:40]!r}.", path=path, line=number)
    names.add(words[0])
    return words[0]


def _letters(line: str, path: Path, number: int) -> bytes:
    letters = "".join(line.split())
    bare = letters.replace("-", "").replace("*", "").replace(".", "")
    if bare and not (bare.isascii() and bare.isalpha()):
        raise DataError(f"a genome must hold letters. Received: {letters[:40]!r}. Is it a FASTA?",
                        path=path, line=number)
    return letters.encode()


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Say whether no other process makes the same; a process that dies stands in no one's way."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

"""Where each contig of a FASTA begins and how long its lines are: its .fai, found or made."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genome_files.lines import Windows
from dlgenomics.errors import DataError
from dlgenomics.files import atomic_path, sha256_of_bytes
from dlgenomics.settings import load_settings

_COLUMNS: Final = 5


@dataclass(frozen=True, eq=False)
class FastaIndex:
    """The contigs of a FASTA, as columns of equal length.

    Attributes:
        names: of the contigs, in the file's order.
        length: letters in each.
        offset: the byte of each one's first letter, in the unpacked text.
        bases: letters in a whole line.
        width: bytes in a whole line, with its end.
    """

    names: tuple[str, ...]
    length: NDArray[np.int64]
    offset: NDArray[np.int64]
    bases: NDArray[np.int64]
    width: NDArray[np.int64]

    @property
    def end(self) -> int:
        """The byte behind the last letter of all."""
        last = np.maximum(self.length - 1, 0)
        ends = self.offset + last // self.bases * self.width + last % self.bases + 1
        return int(ends[self.length > 0].max(initial=0))

    def windows(self, contig: NDArray[np.int64], start: NDArray[np.int64],
                length: int) -> Windows:
        """Return where windows lie in the text.

        Args:
            contig: positions in ``names``.
            start: 0-based.
            length: letters in each window; all must lie within their contigs.
        """
        bases, width = self.bases[contig], self.width[contig]
        line = self.offset[contig] + start // bases * width
        return Windows(line, start % bases, bases, width, length)


def read_index(index: Path, path: Path) -> FastaIndex:
    """Return what a .fai file says.

    Args:
        index: the .fai.
        path: its FASTA, for messages.

    Raises:
        DataError: it is no index.
    """
    lines = [line.split("\t") for line in index.read_text(errors="replace").splitlines()]
    try:
        numbers = np.array([line[1:_COLUMNS] for line in lines], np.int64).reshape(len(lines), 4)
    except ValueError as error:
        raise unreadable(index, path, str(error).split("\n", maxsplit=1)[0]) from error
    length, offset, bases, width = numbers.T
    if (numbers < 0).any() or (width < bases).any() or (length[bases < 1] > 0).any():
        raise unreadable(index, path, "numbers that fit no FASTA")
    bases, width = np.maximum(bases, 1), np.maximum(width, 1)  # of contigs without a letter
    return FastaIndex(tuple(line[0] for line in lines), length, offset, bases, width)


def unreadable(index: Path, path: Path, received: str) -> DataError:
    """Return the error of an index that is none, or not of this FASTA."""
    return DataError(f"the genome must be a FASTA with a readable index. Received: {received}. "
                     f"Remove {index} and repeat.", path=path)


def index_paths(path: Path, endings: Sequence[str]) -> tuple[Path, ...]:
    """Return where the indexes of a FASTA are: beside it, or in the cache.

    Those beside it count if all are there and none is older than the file; those in the cache may
    not exist yet.

    Args:
        path: the FASTA.
        endings: ``.fai``, and ``.gzi`` for bgzip.
    """
    beside = tuple(path.with_name(path.name + ending) for ending in endings)
    date = path.stat().st_mtime
    if all(p.is_file() and p.stat().st_mtime >= date for p in beside):
        return beside
    folder = load_settings().cache / "fasta-index"
    return tuple(folder / f"{identity(path)}{ending}" for ending in endings)


def identity(path: Path) -> str:
    """Return a key of a file as it is now: of its path, size and date."""
    stat = path.stat()
    key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    return sha256_of_bytes(key.encode())[:24]


class NotIndexedError(Exception):
    """A FASTA cannot be indexed: its lines differ in width, or it is none."""


def make_index(path: Path, places: Sequence[Path]) -> None:
    """Write the .fai of a FASTA, and the .gzi of one in bgzip.

    Raises:
        NotIndexedError: see there.
        OutputError: the cache cannot be written.
    """
    import pysam  # noqa: PLC0415 - not needed where there is an index

    with contextlib.ExitStack() as stack:
        parts = [stack.enter_context(atomic_path(place)) for place in places]
        extra = ["--gzi-idx", str(parts[1])] if len(parts) > 1 else []
        stack.callback(pysam.set_verbosity, pysam.set_verbosity(0))  # else it prints by itself
        try:
            pysam.faidx(str(path), "--fai-idx", str(parts[0]), *extra)
        except pysam.SamtoolsError as error:
            raise NotIndexedError(str(error)) from error

"""A genome in a file: the sequences of intervals, on either strand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import (
    COMPLEMENTED,
    DNA,
    Ambiguity,
    Codes,
    encode_letters,
    one_hot_letters,
)
from dlgenomics.data.genome_files.opening import open_genome_file
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.letters import Letters, backward
from dlgenomics.errors import BoundsError, ContigError, DataError
from dlgenomics.files import require_file

_ROWS: Final = 256

_FIRST_LETTER: Final = 33
"""The first character that is seen; a line's end among letters shows that an index is wrong."""


class Genome:
    """Random access to a FASTA, plain or bgzip, or a 2bit file.

    A FASTA is read in place. An index beside it (``.fai``, and ``.gzi`` for bgzip) is used if it
    is not older than the file; otherwise one is made in the cache, never beside the file. A FASTA
    whose lines differ in width has a copy in the cache; so has one in bgzip after much reading.

    Args:
        path: the file.

    Raises:
        MissingFileError: no such file.
        DataError: not a genome, or gzip that is not bgzip.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = require_file(Path(path), "the genome FASTA")
        self._file = open_genome_file(self.path)
        _check_names(self._file.names, self.path)
        self.lengths: dict[str, int] = dict(
            zip(self._file.names, self._file.lengths.tolist(), strict=True))
        self._position = {name: i for i, name in enumerate(self._file.names)}
        self._names: tuple[str, ...] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def check(self, intervals: Intervals, *, pad: bool = False) -> None:
        """Raise if an interval is not in the genome.

        Args:
            intervals: what will be fetched.
            pad: whether reaching past a contig's end is allowed.

        Raises:
            ContigError: a contig is not in the FASTA.
            BoundsError: an interval reaches past its contig, and ``pad`` is false.
        """
        contig = self._contigs(intervals)
        if pad:
            return
        outside = np.flatnonzero(
            (intervals.start < 0) | (intervals.end > self._file.lengths[contig]))
        if len(outside):
            row = outside[0]
            name = intervals.contigs[intervals.contig[row]]
            path, line = intervals.source(row, self.path)
            raise BoundsError(name, int(intervals.start[row]), int(intervals.end[row]),
                              self.lengths[name], path, line=line)

    def _contigs(self, intervals: Intervals) -> NDArray[np.int64]:
        """Return the position of each interval's contig in the file."""
        if intervals.contigs is not self._names:
            self._places = np.array([self._position.get(c, -1) for c in intervals.contigs],
                                    np.int64)
            self._names = intervals.contigs
        found: NDArray[np.int64] = self._places[intervals.contig]
        missing = np.flatnonzero(found < 0)
        if len(missing):
            raise self.contig_error(intervals, missing[0])
        return found

    def contig_error(self, intervals: Intervals, row: int, **advice: str) -> ContigError:
        """Return the error of an interval whose contig the genome lacks, with its file and line."""
        path, line = intervals.source(row, self.path)
        return ContigError(intervals.contigs[intervals.contig[row]], list(self.lengths), path,
                           fasta=self.path.name, line=line, **advice)

    def fetch(self, intervals: Intervals, *, pad: bool = False) -> Codes:
        """Return the sequences of intervals of one length; minus strands reverse-complemented.

        Args:
            intervals: all of the same length.
            pad: fill positions past a contig's ends with N instead of refusing them.

        Returns:
            uint8 codes, shape (intervals, length).

        Raises:
            ContigError, BoundsError: see `check`.
            DataError: the file ends or is damaged where its index says that there is more.
        """
        letters = self._stranded(intervals, pad=pad)
        return encode_letters(letters)

    def one_hot(self, intervals: Intervals, n: Ambiguity = "zeros", *, pad: bool = False,
                dtype: Any = np.float32, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return one-hot sequences of intervals of one length, as `fetch` and `one_hot` would.

        Args:
            intervals: all of the same length.
            n: what ambiguity codes become; see `dlgenomics.data.encoding.one_hot`.
            pad: see `fetch`.
            dtype: float32, or uint8, in which every ambiguity code must become zeros.
            out: an array for the result, of its shape and type, contiguous.

        Returns:
            Shape (intervals, length, 4), channels in the order A C G T.

        Raises:
            ContigError, BoundsError, DataError: see `fetch`.
            ValueError: ``out`` does not fit, or uint8 is asked to hold 0.25.
        """
        return one_hot_letters(self._stranded(intervals, pad=pad), n, dtype=dtype, out=out)

    def letters(self, intervals: Intervals, *, pad: bool = False) -> Letters:
        """Return the letters of intervals of one length as the file has them, of its own strand.

        Args:
            intervals: all of the same length.
            pad: fill positions past a contig's ends with N instead of refusing them.

        Returns:
            uint8 ASCII in either case, shape (intervals, length).

        Raises:
            ContigError, BoundsError, DataError: see `fetch`.
        """
        return self._letters(intervals, pad=pad, case=True)

    def _stranded(self, intervals: Intervals, *, pad: bool) -> Letters:
        """Return letters of each interval's own strand, in any case, some `COMPLEMENTED`."""
        found = self._letters(intervals, pad=pad, case=False)
        minus = np.flatnonzero(intervals.strand == "-")
        for first in range(0, len(minus), _ROWS):  # some at a time: faster than all at once
            rows = minus[first:first + _ROWS]
            other = backward(found[rows])
            other |= COMPLEMENTED
            found[rows] = other
        return found

    def _letters(self, intervals: Intervals, *, pad: bool, case: bool) -> Letters:
        if not len(intervals):
            return np.empty((0, 0), np.uint8)
        contig, start = self._contigs(intervals), intervals.start
        length = int(intervals.end[0] - start[0])
        inside = (start >= 0) & (intervals.end <= self._file.lengths[contig])
        if inside.all():
            return self._read(contig, start, length, case=case)
        self.check(intervals, pad=pad)
        found = np.full((len(start), length), ord(DNA.unknown), np.uint8)
        found[inside] = self._read(contig[inside], start[inside], length, case=case)
        for row in np.flatnonzero(~inside):
            first = max(int(start[row]), 0)
            end = min(int(start[row]) + length, int(self._file.lengths[contig[row]]))
            if first < end:
                at = first - int(start[row])
                found[row, at:at + end - first] = self._read(
                    contig[row:row + 1], np.array([first]), end - first, case=case)
        return found

    def _read(self, contig: NDArray[np.int64], start: NDArray[np.int64], length: int, *,
              case: bool) -> Letters:
        if not len(start):
            return np.empty((0, length), np.uint8)
        try:
            return self._seen(self._file.letters(contig, start, length, case=case))
        except (DataError, IndexError) as error:
            if len(start) > 1:  # name the first interval that cannot be read
                for row in range(len(start)):
                    self._read(contig[row:row + 1], start[row:row + 1], length, case=case)
            name, first = self._file.names[contig[0]], int(start[0])
            place = f"{name}:{first}-{first + length}"
            raise DataError(f"the genome must be whole and fit its index. Received: no sequence "
                            f"at {place}. {_reason(error)}", path=self.path) from error

    def _seen(self, letters: Letters) -> Letters:
        """Return letters if all are characters that are seen: no line's end is among them.

        Bytes that are not ASCII become N.
        """
        if not letters.size or letters.view(np.int8).min() >= _FIRST_LETTER:
            return letters
        if letters.min() < _FIRST_LETTER:
            raise IndexError
        return np.where(letters < COMPLEMENTED, letters, ord(DNA.unknown)).astype(np.uint8)


def _check_names(names: Sequence[str], path: Path) -> None:
    """Refuse a genome in which nobody can say which of two contigs is meant."""
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise DataError("a genome must name each contig differently. Received: "
                        f"{twice!r} twice. Rename or remove one.", path=path)


def _reason(error: DataError | IndexError) -> str:
    """Return what is wrong where the file says it, else what to do."""
    if isinstance(error, DataError):
        return str(error)
    return "Fetch the file again, or remove its old index (.fai, .gzi)."

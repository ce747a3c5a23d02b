"""A genome in the 2bit format of the UCSC browser: four bases to a byte.

Stretches of N and of lower case stand apart from the bases; other letters cannot be stored.
See https://genome.ucsc.edu/FAQ/FAQformat.html#format7
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from dlgenomics.data.genome_files.mapped import MappedFile
from dlgenomics.data.letters import Letters
from dlgenomics.errors import DataError

Numbers = NDArray[np.int64]

SIGNATURE: Final = 0x1A412743
_LETTERS: Final = np.frombuffer(b"TCAG", np.uint8)
_HEAD: Final = 16


def _fours() -> NDArray[np.uint32]:
    """Return the four letters of each byte, seen as one number."""
    byte = np.arange(256)
    letters = np.stack([_LETTERS[byte >> shift & 3] for shift in (6, 4, 2, 0)], axis=1)
    return np.ascontiguousarray(letters).view(np.uint32)[:, 0]


_FOURS: Final = _fours()


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of a contig, ascending, none touching another's bases."""

    start: Numbers
    end: Numbers

    def cover(self, start: Numbers, length: int) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return the windows that a stretch reaches, and which of their positions.

        Args:
            start: where the windows begin.
            length: positions in each.

        Returns:
            Their numbers, and bools of shape (numbers, length).
        """
        first = np.searchsorted(self.end, start, side="right")
        last = np.searchsorted(self.start, start + length, side="left")
        rows = np.flatnonzero(last > first)
        count = (last - first)[rows]
        owner = np.repeat(np.arange(len(rows)), count)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        stretch = first[rows][owner] + nth
        edges = np.zeros((len(rows), length + 1), np.int32)
        origin = start[rows][owner]
        np.add.at(edges, (owner, np.clip(self.start[stretch] - origin, 0, length)), 1)
        np.add.at(edges, (owner, np.clip(self.end[stretch] - origin, 0, length)), -1)
        return rows, np.cumsum(edges, axis=1)[:, :length] > 0


@dataclass(frozen=True, eq=False)
class _Record:
    length: int
    bases: int
    unknown: Stretches
    lower: Stretches


class TwoBitFile:
    """A .2bit file of either byte order, versions 0 and 1.

    Raises:
        DataError: the file is not what its head says.
    """

    def __init__(self, path: Path) -> None:
        self._file = MappedFile(path)
        self._path = path
        try:
            self._open()
        except (IndexError, ValueError) as error:
            self._file.close()
            raise self._damaged("an index that does not fit the file") from error

    def _open(self) -> None:
        little = int.from_bytes(self._file.content[:4].tobytes(), "little") == SIGNATURE
        self._order = "<" if little else ">"
        _, version, count, _ = self._numbers(0, 4)
        if version > 1:
            raise self._damaged(f"version {version}, where 0 and 1 are known")
        self._offsets: dict[str, int] = {}
        at = _HEAD
        for _ in range(int(count)):
            size = int(self._file.content[at])
            name = self._file.content[at + 1:at + 1 + size].tobytes().decode("ascii", "replace")
            at += 1 + size
            self._offsets[name] = int(self._numbers(at, 1, "u8" if version else "u4")[0])
            at += 8 if version else 4
        self.names = tuple(self._offsets)
        lengths = [self._numbers(at, 1)[0] for at in self._offsets.values()]
        self.lengths = np.array(lengths, np.int64)
        self._records: dict[int, _Record] = {}

    def letters(self, contig: Numbers, start: Numbers, length: int, *, case: bool) -> Letters:
        """Return the letters of windows; see `GenomeFile`."""
        self._file.check()
        found = np.empty((len(start), length), np.uint8)
        for one in np.unique(contig):
            rows = np.flatnonzero(contig == one)
            for part in self._file.parts(len(rows)):
                found[rows[part]] = self._of_contig(int(one), start[rows[part]], length, case=case)
        return found

    def _of_contig(self, contig: int, start: Numbers, length: int, *, case: bool) -> Letters:
        record = self._record(contig)
        found = self._bases(record.bases, start, length)
        rows, is_unknown = record.unknown.cover(start, length)
        found[rows] = np.where(is_unknown, np.uint8(ord("N")), found[rows])
        if case:
            rows, is_lower = record.lower.cover(start, length)
            found[rows] = np.where(is_lower, found[rows] | np.uint8(32), found[rows])
        return found

    def _bases(self, offset: int, start: Numbers, length: int) -> Letters:
        count = (length + 6) // 4
        content = self._file.content
        first = offset + start // 4
        if first.max(initial=0) + count > len(content):  # the last bytes of the file
            content = np.append(content[first.min():], np.zeros(count, np.uint8))
            first = first - first.min()
        packed = as_strided(content, (len(content) - count + 1, count), (1, 1),
                            writeable=False)[first]
        letters = np.take(_FOURS, packed, mode="clip").view(np.uint8).reshape(-1)
        view = as_strided(letters, (len(letters) - length + 1, length), (1, 1), writeable=False)
        found: Letters = view[np.arange(len(start)) * (4 * count) + start % 4]
        return found

    def _record(self, contig: int) -> _Record:
        if contig not in self._records:
            try:
                self._records[contig] = self._read_record(self._offsets[self.names[contig]])
            except (IndexError, ValueError) as error:
                raise self._damaged(f"a cut record of {self.names[contig]}") from error
        return self._records[contig]

    def _read_record(self, at: int) -> _Record:
        length = int(self._numbers(at, 1)[0])
        unknown, at = self._stretches(at + 4)
        lower, at = self._stretches(at)
        bases = at + 4
        if bases + (length + 3) // 4 > len(self._file.content):
            raise IndexError(bases)
        return _Record(length, bases, unknown, lower)

    def _stretches(self, at: int) -> tuple[Stretches, int]:
        count = int(self._numbers(at, 1)[0])
        start = self._numbers(at + 4, count)
        size = self._numbers(at + 4 + 4 * count, count)
        order = np.argsort(start, kind="stable")
        return Stretches(start[order], (start + size)[order]), at + 4 + 8 * count

    def _numbers(self, at: int, count: int, kind: str = "u4") -> Numbers:
        raw = self._file.content[at:at + count * int(kind[1])].tobytes()
        if len(raw) < count * int(kind[1]):
            raise IndexError(at)
        return np.frombuffer(raw, self._order + kind).astype(np.int64)

    def _damaged(self, received: str) -> DataError:
        return DataError(f"a 2bit file must be whole. Received: {received}. Fetch it again.",
                         path=self._path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

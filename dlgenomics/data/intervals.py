"""Genomic intervals from BED3 to BED6 and more, and narrowPeak; 0-based, half-open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError
from dlgenomics.files import open_text

BED_COLUMNS: Final = ("chrom", "start", "end", "name", "score", "strand")
NARROW_PEAK_COLUMNS: Final = ("signalValue", "pValue", "qValue", "peak")
_SKIPPED: Final = re.compile(r"(track|browser)(\s|$)")
_DIGITS: Final = 12
"""The most digits of a coordinate; far below the limits of int64: windows cannot overflow."""


@dataclass(frozen=True)
class Intervals:
    """Intervals in file order, as columns of equal length.

    Attributes:
        contigs: the contigs' names, each once.
        contig: int32 positions in ``contigs``.
        start, end: int64, 0-based and half-open.
        strand: one-letter texts "+", "-" or "."; all "." where the file has none.
        columns: the other columns as texts, by name; ``name`` among them where the file has it.
        path: the file, for messages.
        line: the line in the file of each interval, counted from 1.
    """

    contigs: tuple[str, ...]
    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.str_]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    path: str = "<intervals>"
    line: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Intervals:
        """Return the intervals of some rows."""
        return replace(
            self, contig=self.contig[rows], start=self.start[rows], end=self.end[rows],
            strand=self.strand[rows], columns={k: v[rows] for k, v in self.columns.items()},
            line=None if self.line is None else self.line[rows],
        )

    @property
    def contig_names(self) -> NDArray[Any]:
        """The contig of each interval, by name."""
        return np.array(self.contigs, object)[self.contig]

    def labels(self) -> list[str]:
        """Return ``contig:start-end`` of each interval."""
        rows = zip(self.contig_names, self.start, self.end, strict=True)
        return [f"{c}:{s}-{e}" for c, s, e in rows]

    def resized(self, length: int) -> Intervals:
        """Return windows of ``length`` bp around each centre, which is floor((start + end) / 2).

        The window starts ``length // 2`` before the centre (as Kipoi's loaders do), on either
        strand; it may reach past the contig's ends.
        """
        start = (self.start + self.end) // 2 - length // 2
        return replace(self, start=start, end=start + length)

    def clusters(self) -> NDArray[np.int64]:
        """Return a number for each interval; those that overlap, directly or in a chain, share it.

        Intervals that only touch do not overlap; strands make no difference.
        """
        order = np.lexsort((self.start, self.contig))
        contig, start, end = self.contig[order], self.start[order], self.end[order]
        # Contigs laid end to end, so that one running maximum serves all of them.
        room = self.end.max(initial=0) - self.start.min(initial=0)
        offset = contig.astype(np.int64) * room
        reach = np.maximum.accumulate(end + offset)
        is_new = np.append(True, (start + offset)[1:] >= reach[:-1])
        found = np.empty(len(self), np.int64)
        found[order] = np.cumsum(is_new[:len(self)]) - 1
        return found

    def widened(self, margin: int) -> Intervals:
        """Return the intervals with ``margin`` bp more at both ends."""
        return replace(self, start=self.start - margin, end=self.end + margin)


def make_intervals(rows: Sequence[tuple[str, int, int, str]],
                   lines: Sequence[int] | None = None) -> Intervals:
    """Return intervals from ``(contig, start, end, strand)`` rows, on these lines of a file."""
    names, contig = _factorize([r[0] for r in rows])
    return Intervals(
        contigs=names, contig=contig,
        start=np.array([r[1] for r in rows], np.int64),
        end=np.array([r[2] for r in rows], np.int64),
        strand=np.array([r[3] for r in rows], "U1"),
        line=None if lines is None else np.array(lines, np.int64),
    )


def join_intervals(parts: Sequence[Intervals]) -> Intervals:
    """Return several sets of intervals as one, without their further columns."""
    if len(parts) == 1:
        return parts[0]
    names, contig = _factorize([name for part in parts for name in part.contig_names])
    return Intervals(
        contigs=names, contig=contig,
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        strand=np.concatenate([part.strand for part in parts]),
    )


def read_intervals(path: Path | str, bed_columns: int | None = None) -> Intervals:
    """Read intervals from a BED or narrowPeak file; plain, gzip or bgzip; ``-`` is standard input.

    Comment, ``track`` and ``browser`` lines are skipped. A first line that starts with ``#chrom``
    names the columns; without it, they are BED's own names, then narrowPeak's if there are ten,
    else ``column7`` and so on.

    Args:
        path: the file.
        bed_columns: how many columns are BED's, whatever a header says; those behind them are
            ``column4`` and so on. Default: as many as there are.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number; or a file without intervals.
    """
    lines: list[int] = []
    rows: list[list[str]] = []
    header: list[str] | None = None
    with open_text(path, "the intervals file") as stream:
        for number, text in enumerate(stream, start=1):
            line = text.rstrip("\r\n")
            if line.startswith("#"):
                header = header or _header(line)
            elif line.strip() and not _SKIPPED.match(line):
                rows.append(line.split("\t") if "\t" in line else line.split())
                lines.append(number)
    if not rows:
        raise DataError("an intervals file must hold at least one interval. Received: none. "
                        "Is it the right file?", path=path)
    if bed_columns is None:
        return _columns(rows, lines, header, str(path))
    _check_width(rows, lines, bed_columns, str(path))
    behind = [f"column{i}" for i in range(bed_columns + 1, len(rows[0]) + 1)]
    return _columns(rows, lines, [*BED_COLUMNS[:bed_columns], *behind], str(path))


def _header(line: str) -> list[str] | None:
    names = line.lstrip("#").strip().split("\t" if "\t" in line else None)
    return names if names and names[0].lower() in ("chrom", "chr", "contig") else None


def _columns(rows: list[list[str]], lines: list[int], header: list[str] | None,
             path: str) -> Intervals:
    width = len(rows[0])
    _check_width(rows, lines, 3, path)
    if header is not None and (len(header) != width or len(set(header)) < width):
        raise DataError(f"the header must name each of the {width} columns differently. "
                        f"Received: {', '.join(header)}. Mend the line that starts with '#'.",
                        path=path)
    columns = list(zip(*rows, strict=True))
    names, contig = _factorize(columns[0])
    line = np.array(lines, np.int64)
    start, end = _coordinates(columns[1:3], rows, lines, path)
    named = dict(zip(_names(width, header)[3:], columns[3:], strict=True))
    return Intervals(
        contigs=names, contig=contig, start=start, end=end,
        strand=_strand(named, rows, lines, path), path=path, line=line,
        columns={k: np.array(v, object) for k, v in named.items() if k != "strand"},
    )


def _check_width(rows: list[list[str]], lines: list[int], least: int, path: str) -> None:
    width = len(rows[0])
    for row, number in zip(rows, lines, strict=True):
        if len(row) != width or width < least:
            rule = (f"at least {least} columns" if width < least
                    else f"{width} columns, as the first one has")
            raise DataError(f"a BED line must have {rule}. Received: {len(row)}: "
                            f"{_shown(row)}. Are the columns separated by tabs?",
                            path=path, line=number)


def _shown(row: list[str]) -> str:
    text = " ".join(row)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _factorize(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    position: dict[str, int] = {}
    codes = [position.setdefault(name, len(position)) for name in names]
    return tuple(position), np.array(codes, np.int32)


def _coordinates(columns: Sequence[Sequence[str]], rows: list[list[str]], lines: list[int],
                 path: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start, end = (np.array([_coordinate(v) for v in column], np.int64) for column in columns)
    bad = np.flatnonzero((start < 0) | (end <= start))
    if len(bad):
        raise DataError("columns 2 and 3 must be whole numbers of at most 12 digits with "
                        f"0 <= start < end. Received: {_shown(rows[bad[0]])}. "
                        "Mend or remove the line.", path=path, line=lines[bad[0]])
    return start, end


def _coordinate(text: str) -> int:
    """Return a coordinate, or -1 for a text that is none."""
    good = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if good else -1


def _names(width: int, header: list[str] | None) -> list[str]:
    if header is not None:
        return [*BED_COLUMNS[:3], *header[3:]]
    names = list(BED_COLUMNS[:width])
    rest = NARROW_PEAK_COLUMNS if width == 10 else [f"column{i}" for i in range(7, width + 1)]
    return [*names, *rest][:width]


def _strand(named: Mapping[str, Sequence[str]], rows: list[list[str]], lines: list[int],
            path: str) -> NDArray[np.str_]:
    found = np.array(named.get("strand", ["."] * len(rows)), "U2")
    bad = np.flatnonzero(~np.isin(found, ("+", "-", ".")))
    if len(bad):
        raise DataError(f"the strand must be +, - or . Received: {_shown(rows[bad[0]])}. "
                        "Mend column 6.", path=path, line=lines[bad[0]])
    return found.astype("U1")

"""Genomic intervals from BED3 to BED6 and more, and narrowPeak; 0-based, half-open."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TextIO

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.bed_lines import (
    PURPOSE,
    check_width,
    column_names,
    even_cells,
    header_among,
    likely_width,
    shown,
    some_lines,
    split_lines,
)
from dlgenomics.data.cells import COORDINATE_DIGITS, TEXTS, Cells, cells_of_rows, levels
from dlgenomics.data.skipping import Skipped, good_rows, none_good
from dlgenomics.errors import DataError, near_contig
from dlgenomics.files import open_records, require_utf8

_Parse = Callable[[list[list[str]], list[int]], "Intervals"]

Anchor = Literal["center", "start", "end"]


@dataclass(frozen=True)
class Intervals:
    """Intervals in file order, as columns of equal length.

    Attributes:
        contigs: the contigs' names, each once.
        contig: int32 positions in ``contigs``.
        start, end: int64, 0-based and half-open.
        strand: one-letter texts "+", "-" or "."; all "." where the file has none.
        columns: the other columns as texts (NumPy's ``StringDType``), by name; ``name`` among them
            where the file has it.
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
        """Return the intervals of some rows; successive ones are not copied."""
        rows = _as_slice(rows, len(self))
        if isinstance(rows, slice) and rows == slice(0, len(self)):
            return self
        return replace(
            self, contig=self.contig[rows], start=self.start[rows], end=self.end[rows],
            strand=self.strand[rows], columns={k: v[rows] for k, v in self.columns.items()},
            line=None if self.line is None else self.line[rows],
        )

    @property
    def contig_names(self) -> NDArray[np.str_]:
        """The contig of each interval, by name."""
        return np.array(self.contigs, np.str_)[self.contig]

    def first_rows(self) -> NDArray[np.int64]:
        """Return the first row of each contig that has one."""
        return np.unique(self.contig, return_index=True)[1]

    def labels(self) -> list[str]:
        """Return ``contig:start-end`` of each interval."""
        rows = zip(self.contig_names, self.start, self.end, strict=True)
        return [f"{c}:{s}-{e}" for c, s, e in rows]

    def resized(self, length: int, anchor: Anchor = "center") -> Intervals:
        """Return windows of ``length`` bp; they may reach past the contig's ends.

        Args:
            length: in bp.
            anchor: what stays: the centre, which is floor((start + end) / 2), with ``length // 2``
                bp before it (as Kipoi's loaders do); or the start or end, whatever the strand.
        """
        start = {"center": (self.start + self.end) // 2 - length // 2,
                 "start": self.start, "end": self.end - length}[anchor]
        return replace(self, start=start, end=start + length)

    def renamed(self, known: Collection[str]) -> Intervals:
        """Return the intervals with their contigs as another file names them.

        Args:
            known: that file's contigs. One that is not among them becomes the one that is written
                in another way there (``chr1`` for ``1``); without such a one it stays. Contigs
                that are one there become one.
        """
        contigs, place = levels(as_known(self.contigs, known))
        return replace(self, contigs=contigs, contig=place[self.contig])

    def source(self, row: int, otherwise: Path) -> tuple[Path | str, int | None]:
        """Return the file and line of an interval; ``otherwise`` where it stands on no line."""
        return (otherwise, None) if self.line is None else (self.path, int(self.line[row]))

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


def as_known(contigs: Iterable[str], known: Collection[str]) -> list[str]:
    """Return contigs as another file names them, one for one; see `Intervals.renamed`."""
    names = list(known)
    return [c if c in known else near_contig(c, names) or c for c in contigs]


def _as_slice(rows: slice | NDArray[np.int64], count: int) -> slice | NDArray[np.int64]:
    """Return row numbers as a slice if they follow each other, all among ``count`` rows."""
    if isinstance(rows, slice) or not len(rows) or rows.dtype == bool:
        return rows
    first, last = int(rows[0]), int(rows[-1]) + 1
    follow = last - first == len(rows) and bool((np.diff(rows) == 1).all())
    return slice(first, last) if follow and first >= 0 and last <= count else rows


def make_intervals(rows: Sequence[tuple[str, int, int, str]],
                   lines: Sequence[int] | None = None, names: Sequence[str] | None = None,
                   path: str = "<intervals>") -> Intervals:
    """Return intervals from ``(contig, start, end, strand)`` rows.

    Args:
        rows: 0-based, half-open.
        lines: on which lines of a file they stand.
        names: of the intervals.
        path: the file, for messages.
    """
    contigs, contig = levels([r[0] for r in rows])
    return Intervals(
        contigs=contigs, contig=contig, path=path,
        columns={} if names is None else {"name": np.array(names, TEXTS)},
        start=np.array([r[1] for r in rows], np.int64),
        end=np.array([r[2] for r in rows], np.int64),
        strand=np.array([r[3] for r in rows], "U1"),
        line=None if lines is None else np.array(lines, np.int64),
    )


def join_intervals(parts: Sequence[Intervals]) -> Intervals:
    """Return several sets of intervals as one, without their further columns."""
    if len(parts) == 1:
        return parts[0]
    names, contig = levels([name for part in parts for name in part.contig_names])
    return Intervals(
        contigs=names, contig=contig,
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        strand=np.concatenate([part.strand for part in parts]),
    )


def read_intervals(path: Path | str, bed_columns: int | None = None,
                   skipped: list[Skipped] | None = None, *,
                   may_be_empty: bool = False) -> Intervals:
    """Read intervals from a BED or narrowPeak file; plain, gzip or bgzip; ``-`` is standard input.

    Comment, ``track`` and ``browser`` lines are skipped. A first line that starts with ``#chrom``
    names the columns; without it, they are BED's own names, then narrowPeak's if there are ten,
    else ``column7`` and so on.

    Args:
        path: the file.
        bed_columns: how many columns are BED's, whatever a header says; those behind them are
            ``column4`` and so on. Default: as many as there are.
        skipped: takes notes of malformed lines, which are left out; None: the first is an error.
        may_be_empty: whether a file without intervals is one of none; default: it is refused.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number; or a file without intervals.
    """
    with open_records(path, PURPOSE) as stream:
        parts = list(_read_parts(stream, bed_columns, str(path), skipped))
    if not parts and skipped:
        raise none_good(skipped)
    if not parts and may_be_empty:
        return make_intervals([], path=str(path))
    if not parts:
        raise DataError("an intervals file must hold at least one interval. Received: none. "
                        "Is it the right file?", path=path)
    return join_parts(parts)


def _read_parts(stream: TextIO, bed_columns: int | None, path: str,
                skipped: list[Skipped] | None) -> Iterator[Intervals]:
    """Yield the intervals of a stream, some lines at a time."""
    header: list[str] | None = None
    names: list[str] = []
    width = 0
    least = bed_columns or 3
    for first, text in some_lines(stream):
        cells = even_cells(text, least)
        if cells and width in (0, cells.width):
            called = names or column_names(cells.width, header, bed_columns, path)
            part = _if_good(cells, first, called, path)
            if part is not None:
                width, names = cells.width, called
                yield part
                continue
        header = header or header_among(text, first, path)
        rows, lines = split_lines(text, first)
        if rows:
            likely = width or likely_width(rows, least, skips=skipped is not None)
            called = names or column_names(likely, header, bed_columns, path)
            parse = partial(_parse, likely, least, called, path)
            found = _sifted(rows, lines, parse, path, skipped)
            yield from found
            if found:
                width, names = likely, called


def _if_good(cells: Cells, first: int, names: list[str], path: str) -> Intervals | None:
    """Return the intervals of lines; None if one is malformed, which is found line by line."""
    try:
        return _intervals(cells, np.arange(first, first + len(cells)), names, path)
    except DataError:
        return None


def _parse(width: int, least: int, names: list[str], path: str, rows: list[list[str]],
           lines: list[int]) -> Intervals:
    require_utf8("\n".join(map("\t".join, rows)), PURPOSE, path, lines[0])
    check_width(rows, lines, width, least, path)
    return _intervals(cells_of_rows(rows), np.array(lines), names, path)


def _sifted(rows: list[list[str]], lines: list[int], parse: _Parse, path: str,
            skipped: list[Skipped] | None) -> list[Intervals]:
    """Return the intervals of some lines, without those that are malformed and noted."""
    found: list[Intervals] = []
    good_rows(len(rows), lambda some: found.append(parse([rows[i] for i in some],
                                                         [lines[i] for i in some])),
              skipped, lambda row: (path, lines[row]))
    return found


def _intervals(cells: Cells, lines: NDArray[np.int64], names: list[str], path: str) -> Intervals:
    start, end = _coordinates(cells, lines, path)
    contigs, contig = cells.levels(0)
    place = {name: column for column, name in enumerate(names[3:], 3)}
    return Intervals(
        contigs=contigs, contig=contig, start=start, end=end,
        strand=_strand(place.pop("strand", None), cells, lines, path), path=path, line=lines,
        columns={name: cells.texts(column) for name, column in place.items()},
    )


def join_parts(parts: Sequence[Intervals]) -> Intervals:
    """Return the parts of one file as one, with the columns and lines that they all have."""
    first = parts[0]
    if len(parts) == 1:
        return first
    position: dict[str, int] = {}
    moved = []
    for part in parts:
        places = [position.setdefault(name, len(position)) for name in part.contigs]
        moved.append(np.array(places, np.int32)[part.contig])
    return Intervals(
        contigs=tuple(position), contig=np.concatenate(moved),
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        strand=np.concatenate([part.strand for part in parts]),
        columns={name: np.concatenate([part.columns[name] for part in parts])
                 for name in first.columns},
        path=first.path,
        line=np.concatenate([part.line for part in parts if part.line is not None]),
    )


def _coordinates(cells: Cells, lines: NDArray[np.int64],
                 path: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start, end = (cells.numbers(column, COORDINATE_DIGITS) for column in (1, 2))
    bad = np.flatnonzero((start < 0) | (end <= start))
    if len(bad):
        raise DataError("columns 2 and 3 must be whole numbers of at most "
                        f"{COORDINATE_DIGITS} digits with 0 <= start < end. Received: "
                        f"{shown(cells.row(bad[0]))}. Mend or remove the line.",
                        path=path, line=int(lines[bad[0]]))
    return start, end


def _strand(column: int | None, cells: Cells, lines: NDArray[np.int64],
            path: str) -> NDArray[np.str_]:
    if column is None:
        return np.full(len(cells), ".")
    found = cells.letters(column)
    bad = np.flatnonzero((found != "+") & (found != "-") & (found != "."))
    if len(bad):
        raise DataError("the strand must be +, - or . Received: "
                        f"{shown(cells.row(bad[0]))}. Mend column 6.",
                        path=path, line=int(lines[bad[0]]))
    return found

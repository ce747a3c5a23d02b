"""A genome laid out in tiles of one length; computed when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Anchor, Intervals, make_intervals
from dlgenomics.data.split import Rows
from dlgenomics.errors import ContigError, DlgError, near_contig
from dlgenomics.progress import Progress, silent

_RENAME: Final = "Rename such contigs with --rename-contigs (rename_contigs=True)."
_SPAN: Final = 4_000_000
"""Bases that are looked at for N at a time."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Tiles of one length, contig by contig; four bytes for each.

    Attributes:
        contigs: their names.
        first: the row of each contig's first tile, and behind them the number of rows.
        number: each tile's number in its contig, from 0.
        length: bp in a tile.
        stride: bp from the start of one to the start of the next.
        offset: where the window that is read begins, from the tile's start.
        window: bp in the window.
        path: for messages.
    """

    contigs: tuple[str, ...]
    first: NDArray[np.int64]
    number: NDArray[np.uint32]
    length: int
    stride: int
    offset: int
    window: int
    path: str = "<tiles>"

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, rows: Rows | slice) -> Intervals:
        """Return the windows of some rows; without strand."""
        chosen = np.arange(len(self))[rows] if isinstance(rows, slice) else rows
        contig = np.searchsorted(self.first, chosen, side="right") - 1
        start = self.number[chosen].astype(np.int64) * self.stride + self.offset
        return Intervals(self.contigs, contig.astype(np.int32), start, start + self.window,
                         np.full(len(start), "."), path=self.path)

    def resized(self, length: int, anchor: Anchor = "center") -> Tiles:
        """Return windows of ``length`` bp; see `Intervals.resized`."""
        begins = {"center": self.window // 2 - length // 2, "start": 0,
                  "end": self.window - length}[anchor]
        return replace(self, offset=self.offset + begins, window=length)

    def first_rows(self) -> Rows:
        """Return the first row of each contig that has one."""
        return self.first[:-1][np.diff(self.first) > 0]

    def of_contig(self, contig: int) -> slice:
        """Return the rows of one contig, by its place in ``contigs``."""
        return slice(int(self.first[contig]), int(self.first[contig + 1]))

    def kept(self, is_kept: NDArray[np.bool_]) -> Tiles:
        """Return some of the tiles.

        Args:
            is_kept: shape (tiles,).
        """
        before = np.append(0, np.cumsum(is_kept))
        return replace(self, number=self.number[is_kept], first=before[self.first])


def tile_genome(lengths: Mapping[str, int], length: int, stride: int | None = None,
                contigs: Sequence[str] = (), path: str = "<tiles>") -> Tiles:
    """Return tiles of a genome; what is left over at a contig's end is too short for one.

    Args:
        lengths: of the contigs.
        length: bp in a tile.
        stride: bp from the start of one to the start of the next; default: ``length``.
        contigs: which, in this order, each once however often it is named; default: all.
        path: the genome, for messages.

    Raises:
        ContigError: no such contig.
        DlgError: a length that is none.
    """
    stride = length if stride is None else stride
    for name, number in (("tile", length), ("stride", stride)):
        if number < 1:
            raise DlgError(f"--{name} ({name}=) must be at least 1 bp. Received: {number}.")
    chosen = tuple(dict.fromkeys(contigs)) or tuple(lengths)
    for contig in chosen:
        if contig not in lengths:
            advice = (_RENAME if near_contig(contig, list(lengths))
                      else "Check --contigs, or use a FASTA that has it.")
            raise ContigError(contig, list(lengths), path,
                              what="every contig of --contigs (contigs=)", advice=advice)
    counts = [max(lengths[contig] - length + stride, 0) // stride for contig in chosen]
    numbers = [np.arange(count, dtype=np.uint32) for count in counts]
    return Tiles(chosen, np.append(0, np.cumsum(counts, dtype=np.int64)),
                 np.concatenate(numbers), length, stride, 0, length, path)


def inside(tiles: Tiles, lengths: Mapping[str, int]) -> NDArray[np.bool_]:
    """Return which windows lie within their contigs."""
    found = np.empty(len(tiles), bool)
    for place, contig in enumerate(tiles.contigs):
        rows = tiles.of_contig(place)
        start = tiles.number[rows].astype(np.int64) * tiles.stride + tiles.offset
        found[rows] = (start >= 0) & (start + tiles.window <= lengths[contig])
    return found


def outside(tiles: Tiles, unwanted: Intervals, lengths: Mapping[str, int]) -> NDArray[np.bool_]:
    """Return which windows no unwanted interval overlaps.

    Args:
        tiles: the windows.
        unwanted: such as a blacklist; contigs that the genome lacks play no part.
        lengths: of the genome's contigs.

    Raises:
        ContigError: the genome has one of the contigs under another name.
    """
    for contig in unwanted.contigs:
        if contig not in lengths and near_contig(contig, list(lengths)):
            raise ContigError(contig, list(lengths), unwanted.path, advice=_RENAME)
    found = np.ones(len(tiles), bool)
    for place, contig in enumerate(tiles.contigs):
        if contig not in unwanted.contigs:
            continue
        part = np.flatnonzero(unwanted.contig == unwanted.contigs.index(contig))
        part = part[np.argsort(unwanted.start[part], kind="stable")]
        reach = np.maximum.accumulate(np.append(-1, unwanted.end[part]))
        rows = tiles.of_contig(place)
        start = tiles.number[rows].astype(np.int64) * tiles.stride + tiles.offset
        before = np.searchsorted(unwanted.start[part], start + tiles.window, side="left")
        found[rows] = reach[before] <= start
    return found


def known_enough(tiles: Tiles, genome: Genome, most: float,
                 progress: Progress = silent) -> NDArray[np.bool_]:
    """Return which windows hold no more than a share of N and other ambiguity codes.

    Args:
        tiles: the windows; what reaches past a contig counts as N.
        genome: an open genome.
        most: the share.
        progress: is told how many windows have been looked at; a large genome takes seconds.

    Raises:
        DlgError: not a share.
        DataError: the genome is damaged.
    """
    if not 0 <= most <= 1:
        raise DlgError("--skip-n (skip_n=) must be a share from 0 to 1, such as 0.5. "
                       f"Received: {most}.")
    found = np.empty(len(tiles), bool)
    for place, contig in enumerate(tiles.contigs):
        for rows, start in _spans(tiles, place):
            origin, end = int(start[0]), int(start[-1]) + tiles.window
            whole = make_intervals([(contig, origin, end, ".")])
            unknown = genome.fetch(whole, pad=True)[0] >= UNKNOWN
            before = np.append(0, np.cumsum(unknown, dtype=np.int32))
            count = before[start - origin + tiles.window] - before[start - origin]
            found[rows] = count <= most * tiles.window
            progress("look for N", rows.stop, len(tiles))
    return found


def _spans(tiles: Tiles, place: int) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    """Yield rows of a contig that lie close together, with the starts of their windows."""
    rows = tiles.of_contig(place)
    start = tiles.number[rows].astype(np.int64) * tiles.stride + tiles.offset
    bounds = np.flatnonzero(np.diff(start // _SPAN)) + 1
    for first, last in zip([0, *bounds], [*bounds, len(start)], strict=True):
        if first < last:
            yield slice(rows.start + first, rows.start + last), start[first:last]

"""Rows of predictions → numbers along a genome, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import ContigError, DlgError
from dlgenomics.predict.columns import Profile
from dlgenomics.predict.writers.heading import Heading
from dlgenomics.predict.writers.result import Result
from dlgenomics.predict.writers.stretches import Stretches
from dlgenomics.predict.writers.tracks import Segment, few


class TrackWriter:
    """Collects places and numbers until all are there, since tracks are in the genome's order.

    A row's number stands for the interval or tile that was asked for, the positions of a profile
    for their bases in the window that was read. See `Stretches` for what waits where.

    Args:
        columns: which columns are kept.
        heading: how predictions become columns, and the lengths of the genome's contigs.
        folder: for the files that wait.

    Raises:
        DlgError: no contigs are known.
    """

    def __init__(self, columns: Sequence[str], heading: Heading, folder: Path) -> None:
        if not heading.lengths:
            raise DlgError("a .bedgraph or .bw file needs intervals in a genome (--fasta with "
                           "--intervals), for the lengths of its contigs. Received: rows without "
                           "a genome. Write .tsv, .parquet or .h5.")
        self._naming = heading.naming
        self._lengths = dict(sorted(heading.lengths.items()))
        self._numbers = {name: number for number, name in enumerate(self._lengths)}
        self._rows = 0
        self._columns: dict[str, list[str]] = {}
        for column in columns:
            output = self._naming.tracks.get(column, "")
            place = output if output in self._naming.profiles else ""
            self._columns.setdefault(place, []).append(column)
        self._stretches = {output: Stretches(names, folder, self._width(output))
                           for output, names in self._columns.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for one in self._stretches.values():
            one.close()

    def write(self, result: Result) -> None:
        """Add rows.

        Raises:
            DlgError: they have no places, several numbers where nobody can say for which bases, or
                one that is infinite.
            ContigError: a row lies on a contig that the genome lacks.
        """
        for output, stretches in self._stretches.items():
            if output:
                self._add_profile(stretches, output, result)
            else:
                self._add_numbers(stretches, result)
        self._rows += len(result)

    def segments(self, column: str) -> Iterator[Segment]:
        """Yield (contig, start, end, value), contigs by name, in order and without overlap."""
        stretches = next(one for one in self._stretches.values() if column in one.columns)
        names = list(self._lengths)
        for number, flat in stretches.segments(column, list(self._lengths.values())):
            for start, end, value in zip(*(one.tolist() for one in flat), strict=True):
                yield names[number], start, end, value

    def _width(self, output: str) -> int | None:
        return self._naming.profiles[output].bin if output else None

    def _add_numbers(self, stretches: Stretches, result: Result) -> None:
        """Add the columns that have one number a row."""
        contigs, start, end = result.spots
        found = result.naming.columns(result.predictions, without=self._naming.profiles)
        missing = [name for name in stretches.columns if name not in found]
        if missing:
            raise DlgError(f"a track has one number a row. Received: {few(found)} for "
                           f"{missing[0]!r}. Write .h5, .zarr or .parquet.")
        values = np.stack([found[name] for name in stretches.columns], axis=1, dtype=np.float32)
        self._add(stretches, contigs, start, end, values[:, :, None])

    def _add_profile(self, stretches: Stretches, output: str, result: Result) -> None:
        """Add tracks of an output with positions, turned to the genome's direction."""
        profile, places = self._naming.profiles[output], result.places
        _check_windows(profile, places["start"], places["end"])
        array = np.asarray(result.naming.outputs(result.predictions)[output])
        array = array.reshape(*array.shape[:2], -1)
        is_minus = places["strand"] == "-"
        first = places["start"] + profile.start(array.shape[1], is_minus)
        values = _turned(array, is_minus, profile, stretches.columns)
        self._add(stretches, places["chr"], first, first + array.shape[1] * profile.bin, values)

    def _add(self, stretches: Stretches, contigs: NDArray[Any], start: NDArray[np.int64],
             end: NDArray[np.int64], values: NDArray[np.float32]) -> None:
        """Add numbers, unless one is infinite, of which no mean or summary could be made."""
        rows, columns, positions = np.nonzero(np.isinf(values))
        if len(rows):
            row, column = rows[0], columns[0]
            raise DlgError("a track has finite numbers. Received: "
                           f"{values[row, column, positions[0]]} for {stretches.columns[column]!r} "
                           f"in row {self._rows + row + 1:,} ({contigs[row]}, from base "
                           f"{start[row] + 1:,}). Write .tsv, .parquet or .h5, which hold it.")
        stretches.add(self._contigs(contigs), start, end, values)

    def _contigs(self, names: NDArray[Any]) -> NDArray[np.int64]:
        known, place = np.unique(names.astype(str), return_inverse=True)
        for name in known.tolist():
            if name not in self._numbers:
                raise ContigError(name, list(self._numbers), "the rows", what="every row's contig",
                                  fasta="the genome whose contigs the track has")
        numbers = np.array([self._numbers[name] for name in known.tolist()], np.int64)
        return numbers[place]


def _check_windows(profile: Profile, start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    wrong = np.flatnonzero(end - start != profile.window)
    if len(wrong):
        raise DlgError(f"a track along positions needs rows with windows of the {profile.window:,} "
                       f"bp that the model takes. Received: {end[wrong[0]] - start[wrong[0]]:,} "
                       "bp. Give intervals of that length, or resize them.")


def _turned(array: NDArray[Any], minus: NDArray[np.bool_], profile: Profile,
            columns: Sequence[str]) -> NDArray[np.float32]:
    """Return some tracks as the plus strand has them, shape (rows, columns, positions).

    Args:
        array: shape (rows, positions, channels), each row as its strand has it.
        minus: which rows are on the minus strand.
        profile: names the channels.
        columns: which are wanted.
    """
    chosen = [list(profile.tracks).index(column) for column in columns]
    found = np.array(array[:, :, chosen], np.float32)
    others = [profile.minus[channel] for channel in chosen]
    found[minus] = array[minus, ::-1][:, :, others]
    return found.transpose(0, 2, 1)

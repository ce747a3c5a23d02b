"""Stretches of a genome with numbers along each, on disk until all of them are there."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.segments import flat_segments
from dlgenomics.predict.writers.spreading import Flat, spread


class Stretches:
    """Stretches in any order; the numbers of each column are given back in the genome's.

    The numbers wait on disk, 4 bytes each; places in memory, 24 bytes a row.

    Args:
        columns: their names.
        folder: for the file that waits.
        width: bp of each number along a stretch; None: one number stands for the whole of it.
    """

    def __init__(self, columns: Sequence[str], folder: Path, width: int | None = None) -> None:
        self.columns = list(columns)
        self._width = width
        self._positions = 1
        self._places: list[NDArray[np.int64]] = []
        self._stream = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close

    def add(self, contig: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64],
            values: NDArray[np.float32]) -> None:
        """Add stretches.

        Args:
            contig: number of each one's contig.
            start: 0-based.
            end: behind the last base.
            values: shape (stretches, columns, positions), finite or NaN; positions in the genome's
                direction.
        """
        self._positions = values.shape[2]
        self._places.append(np.stack([contig, start, end]).astype(np.int64))
        self._stream.write(np.ascontiguousarray(values, np.float32).tobytes())

    def segments(self, column: str, lengths: Sequence[int]) -> Iterator[tuple[int, Flat]]:
        """Yield contigs by number, each with numbers of a column in order and without overlap.

        Where stretches overlap, a base has their mean. What is no number (NaN) counts nowhere, and
        what lies past the ends of a contig is left out.

        Args:
            column: which.
            lengths: bp of each contig.
        """
        contig, start, end = self._joined()
        if not len(contig):
            return
        stored = self._stored(len(contig))[:, self.columns.index(column)]
        order = np.argsort(contig, kind="stable")
        edges = np.searchsorted(contig[order], np.arange(len(lengths) + 1)).tolist()
        for number, (low, high) in enumerate(itertools.pairwise(edges)):
            rows = order[low:high]
            if not len(rows):
                continue
            if self._width is not None:
                parts = spread(start[rows], rows, stored, self._width, lengths[number])
                yield from ((number, part) for part in parts)
                continue
            yield number, flat_segments(start[rows], end[rows], stored[rows, 0], lengths[number])

    def close(self) -> None:
        """Remove the file that waits."""
        self._stream.close()

    def _joined(self) -> NDArray[np.int64]:
        """Return contigs, starts and ends, shape (3, stretches)."""
        if len(self._places) != 1:
            self._places = [np.concatenate([np.empty((3, 0), np.int64), *self._places], axis=1)]
        return self._places[0]

    def _stored(self, rows: int) -> NDArray[np.float32]:
        self._stream.flush()
        return np.memmap(self._stream, np.float32, "r",
                         shape=(rows, len(self.columns), self._positions))

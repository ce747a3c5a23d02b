"""Windows with numbers along them → segments that do not overlap, a part of a contig at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.segments import join_alike

Flat = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
"""Starts, ends and numbers of segments, in order and without overlap."""

SPAN: Final = 1 << 18
"""Bases that are in memory at a time."""


def spread(start: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.float32],
           width: int, length: int) -> Iterator[Flat]:
    """Yield the segments of windows of one contig; where windows overlap, a base has their mean.

    Neighbouring bases with the same number are one segment. What is no number (NaN) counts
    nowhere, and what lies past the ends of the contig is left out.

    Args:
        start: of each window, 0-based, in any order.
        rows: each one's row in ``values``.
        values: shape (rows, positions); may lie on disk.
        width: bp of a position.
        length: of the contig.
    """
    order = np.argsort(start, kind="stable")
    start, rows = start[order], rows[order]
    reach = values.shape[1] * width
    first = 0
    while first < length:
        low = int(np.searchsorted(start, first - reach, side="right"))
        if low == len(start):
            return
        first = max(first, int(start[low]))
        if first >= length:
            return
        last = min(first + SPAN, length)
        high = int(np.searchsorted(start, last))
        edges = np.arange(first, last + 1)
        mean = _mean(start[low:high], rows[low:high], values, width, first, last)
        begins, ends, found = join_alike(edges[:-1], edges[1:], mean)
        known = ~np.isnan(found)
        yield begins[known], ends[known], found[known]
        first = last


def _mean(start: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.float32],
          width: int, first: int, last: int) -> NDArray[np.float32]:
    """Return the mean at each base from ``first`` to ``last``; NaN where there is no number."""
    total, count = np.zeros(last - first), np.zeros(last - first, np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        for begin, row in zip(start.tolist(), rows.tolist(), strict=True):
            along = values[row]
            low, high = max(begin, first), min(begin + len(along) * width, last)
            there, here = slice(low - begin, high - begin), slice(low - first, high - first)
            missing = np.isnan(along)
            if missing.any():  # hardly ever, and it takes as long as the rest
                along = np.where(missing, 0, along)
                count[here] -= np.repeat(missing, width)[there]
            total[here] += np.repeat(along, width)[there]
            count[here] += 1
        return (total / count).astype(np.float32)

"""Windows with numbers along them → segments that do not overlap, a part of a contig at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Flat = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
"""Starts, ends and numbers of segments, in order and without overlap."""

SPAN: Final = 1 << 18
"""Bases that are in memory at a time."""


def spread(start: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.float32],
           width: int, length: int) -> Iterator[Flat]:
    """Yield the segments of windows of one contig; where windows overlap, a base has their mean.

    Neighbouring bases with the same number are one segment. What is no number (NaN) and what lies
    past the ends of the contig is left out.

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
        yield _segments(_mean(start[low:high], rows[low:high], values, width, first, last), first)
        first = last


def _mean(start: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.float32],
          width: int, first: int, last: int) -> NDArray[np.float32]:
    """Return the mean at each base from ``first`` to ``last``; NaN where there is none."""
    total, count = np.zeros(last - first), np.zeros(last - first, np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        for begin, row in zip(start.tolist(), rows.tolist(), strict=True):
            bases = np.repeat(values[row], width)
            low, high = max(begin, first), min(begin + len(bases), last)
            total[low - first:high - first] += bases[low - begin:high - begin]
            count[low - first:high - first] += 1
        return (total / count).astype(np.float32)


def _segments(mean: NDArray[np.float32], first: int) -> Flat:
    begins = np.flatnonzero(np.append(True, mean[1:] != mean[:-1]))
    ends = np.append(begins[1:], len(mean))
    known = ~np.isnan(mean[begins])
    return first + begins[known], first + ends[known], mean[begins[known]]

"""Numbers along a contig: intervals that overlap → segments that do not, neighbours that join."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def join_alike(
    start: NDArray[np.int64], end: NDArray[np.int64], values: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Return segments of which those that touch and have the same number, or none (NaN), are one.

    Args:
        start: first positions, in order and without overlap.
        end: positions behind the last.
        values: one a segment.
    """
    if not len(values):
        return start, end, values
    missing = np.isnan(values)
    alike = (values[1:] == values[:-1]) | (missing[1:] & missing[:-1])
    others = np.flatnonzero(~alike | (start[1:] > end[:-1]))
    begins = np.append(0, others + 1)
    return start[begins], end[np.append(others, -1)], values[begins]


def flat_segments(
    start: NDArray[np.int64], end: NDArray[np.int64], values: NDArray[np.float32], length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return intervals of one contig in order and without overlap.

    Args:
        start: first positions, 0-based, in any order.
        end: positions behind the last.
        values: one a row; what is not finite is left out.
        length: of the contig; what lies outside is left out.

    Returns:
        Starts, ends and values; where intervals overlap, the mean of theirs.
    """
    start, end = np.clip(start, 0, length), np.clip(end, 0, length)
    order = np.flatnonzero((start < end) & np.isfinite(values))
    order = order[np.lexsort((end[order], start[order]))]
    start, end, values = start[order], end[order], values[order]
    if not (start[1:] < end[:-1]).any():
        return start, end, values
    edges = np.unique(np.concatenate([start, end]))
    first, last = np.searchsorted(edges, start), np.searchsorted(edges, end)
    rows = np.arange(len(values))
    count = _running(first, last, np.ones(len(values), np.int64), len(edges))
    total = _running(first, last, values.astype(np.float64), len(edges))
    # A lone interval keeps its number to the bit: the sum of the rows that cover it is its row.
    alone = _running(first, last, rows, len(edges))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total / count).astype(np.float32)
    lone = count == 1
    mean[lone] = values[alone[lone]]
    covered = np.flatnonzero(count > 0)
    return edges[covered], edges[covered + 1], mean[covered]


def _running(first: NDArray[np.int64], last: NDArray[np.int64], amounts: NDArray[Any],
             edges: int) -> NDArray[Any]:
    """Return the sum of the amounts over each stretch between edges."""
    change = np.zeros(edges, amounts.dtype)
    np.add.at(change, first, amounts)
    np.subtract.at(change, last, amounts)
    return np.cumsum(change)

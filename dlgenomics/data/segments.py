"""Intervals with numbers that overlap → segments that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def flat_segments(
    start: NDArray[np.int64], end: NDArray[np.int64], values: NDArray[np.float32], length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return intervals of one contig in order and without overlap.

    Args:
        start: first positions, 0-based, in any order.
        end: positions behind the last.
        values: one a row.
        length: of the contig; what lies outside is left out.

    Returns:
        Starts, ends and values; where intervals overlap, the mean of theirs.
    """
    start, end = np.clip(start, 0, length), np.clip(end, 0, length)
    order = np.flatnonzero(start < end)
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

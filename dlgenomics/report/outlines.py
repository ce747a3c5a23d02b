"""Numbers along a region → a line that a picture can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.region import Region, Series
from dlgenomics.data.segments import join_alike

MOST_STRETCHES: Final = 3000
"""More than that, at about 1,300 pixels, would not be seen, and makes files of 100 MB."""

_BINS: Final = 1500


@dataclass(frozen=True, eq=False)
class Outline:
    """A line of steps.

    Attributes:
        x: places, 0-based edges of bases; three for each stretch.
        y: heights; NaN lifts the pen.
        bin: the bases that a height is the mean of, about; None: numbers are drawn as they are.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    bin: int | None


def outline(series: Series, region: Region) -> Outline:
    """Return the line of a series within a region.

    Neighbours with the same number become one stretch. More than `MOST_STRETCHES` become means
    over equal bins; a place without a number does not count.
    """
    start, end, values = join_alike(*_clipped(series, region))
    width = None
    if len(values) > MOST_STRETCHES:
        width = -(-(region.end - region.start) // _BINS)
        start, end, values = _binned(start, end, values, region, width)
    gap = np.append(start[1:] > end[:-1], True)
    x = np.stack([start, end, end], axis=1).astype(float).ravel()
    y = np.stack([values, values, np.where(gap, np.nan, values)], axis=1).ravel()
    return Outline(x, y, width)


_Stretches = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _clipped(series: Series, region: Region) -> _Stretches:
    """Return the stretches with a finite number, cut at the region's ends."""
    start = np.clip(series.start, region.start, region.end)
    end = np.clip(series.end, region.start, region.end)
    kept = (start < end) & np.isfinite(series.values)
    return start[kept], end[kept], series.values[kept]


def _binned(start: NDArray[np.int64], end: NDArray[np.int64], values: NDArray[np.float64],
            region: Region, width: int) -> _Stretches:
    """Return means over bins of ``width`` bases; bins without a number are left out."""
    edges = np.append(np.arange(region.start, region.end, width), region.end)
    places = np.stack([start, end], axis=1).ravel()
    covered, total = (np.diff(np.interp(edges, places, _sums(amount * (end - start))))
                      for amount in (np.ones(len(values)), values))
    some = covered > 0
    return edges[:-1][some], edges[1:][some], total[some] / covered[some]


def _sums(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums before and behind each stretch."""
    behind = np.cumsum(amounts)
    return np.stack([behind - amounts, behind], axis=1).ravel()

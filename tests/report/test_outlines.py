"""Lines of numbers along a region: what is merged, cut and averaged."""

from __future__ import annotations

import numpy as np

from dlgenomics.data.region import Region, Series
from dlgenomics.report.outlines import MOST_STRETCHES, outline


def _series(*stretches: tuple[int, int, float]) -> Series:
    start, end, values = zip(*stretches, strict=True)
    return Series("p", np.array(start), np.array(end), np.array(values, np.float64))


def _steps(series: Series, region: Region) -> list[tuple[float, float, float]]:
    found = outline(series, region)
    assert found.bin is None
    return list(zip(found.x[::3], found.x[1::3], found.y[::3], strict=True))


def test_neighbours_with_the_same_number_are_one_stretch() -> None:
    series = _series((0, 10, 1), (10, 20, 1), (20, 30, 2), (40, 50, 2), (50, 60, 2))
    assert _steps(series, Region("chr1", 0, 100)) == [(0, 20, 1), (20, 30, 2), (40, 60, 2)]
    lifted = np.isnan(outline(series, Region("chr1", 0, 100)).y[2::3])
    assert lifted.tolist() == [False, True, True]


def test_only_what_lies_in_the_region_is_drawn() -> None:
    series = _series((0, 10, 9), (10, 20, 1), (20, 30, float("nan")), (30, 40, 3), (40, 50, 8))
    assert _steps(series, Region("chr1", 15, 40)) == [(15, 20, 1), (30, 40, 3)]


def test_nothing_gives_nothing() -> None:
    found = outline(_series((0, 10, float("nan"))), Region("chr1", 0, 100))
    assert (found.x.size, found.y.size) == (0, 0)


def test_a_million_numbers_become_means_over_bins() -> None:
    place = np.arange(1_000_000)
    values = np.random.default_rng(1).normal(size=len(place))
    values[333_000:340_000] = np.nan
    found = outline(Series("p", place, place + 1, values), Region("chr1", 0, len(place)))
    assert found.bin == 667
    assert len(found.x) <= 3 * MOST_STRETCHES
    for first, last, mean in zip(found.x[::3].astype(int), found.x[1::3].astype(int),
                                 found.y[::3], strict=True):
        assert abs(mean - np.nanmean(values[first:last])) < 1e-6
    drawn = np.zeros(len(place), bool)
    for first, last in zip(found.x[::3].astype(int), found.x[1::3].astype(int), strict=True):
        drawn[first:last] = True
    assert not drawn[333_500:339_000].any()
    assert drawn[:333_000].all()
    assert found.x[-1] == len(place)

"""Which points of a space are tried, as a pure function of the space, the seed and the spec."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from dlgenomics.spec.point import Point, effective
from dlgenomics.spec.search import MAX_TRIALS, Axis, Choices, Range, Search

_MOST_MISSES: Final = 1_000
_DIGITS: Final = 6


def plan(search: Search, document: Mapping[str, Any]) -> list[Point]:
    """Return the points of a grid or a random search, in the order in which they are tried.

    Values that make no difference, such as the momentum of an optimizer without one, are left out
    of a point; points that are then equal are tried once. More trials give the same points and
    then further ones.

    Args:
        search: the space, with the strategy ``grid`` or ``random``.
        document: the spec as written, which tells what makes a difference.
    """
    drawn = grid(search.space) if search.strategy == "grid" else sample(search)
    distinct = _distinct(effective(document, point) for point in drawn)
    return list(itertools.islice(distinct, search.count))


def grid(space: Mapping[str, Axis]) -> Iterator[Point]:
    """Yield every combination, the last axis changing fastest."""
    lists = [axis.values for axis in space.values() if isinstance(axis, Choices)]
    for values in itertools.product(*lists):
        yield dict(zip(space, values, strict=True))


def sample(search: Search) -> Iterator[Point]:
    """Yield random points; each combination of a small space once, and then it ends."""
    rng = np.random.default_rng(search.seed)
    if search.size is not None and search.size <= MAX_TRIALS:
        points = list(grid(search.space))
        yield from (points[i] for i in rng.permutation(len(points)))
        return
    while True:
        yield {name: draw(axis, rng) for name, axis in search.space.items()}


def draw(axis: Axis, rng: np.random.Generator) -> Any:
    """Return a random value of an axis."""
    if isinstance(axis, Choices):
        return axis.values[int(rng.integers(len(axis.values)))]
    if axis.integer and not axis.log:
        return int(rng.integers(int(axis.low), int(axis.high) + 1))
    low, high = (axis.low - 0.5, axis.high + 0.5) if axis.integer else (axis.low, axis.high)
    value = math.exp(rng.uniform(math.log(low), math.log(high))) if axis.log else (
        rng.uniform(low, high))
    return fitted(axis, value)


def fitted(axis: Range, value: float) -> float | int:
    """Return a number with as many digits as a person would write, within the axis's bounds."""
    if axis.integer:
        return int(min(max(round(value), axis.low), axis.high))
    return min(max(float(f"{value:.{_DIGITS}g}"), axis.low), axis.high)


def key_of(point: Point) -> str:
    """Return a text that is the same for equal points only."""
    return json.dumps(point, sort_keys=True)


def _distinct(points: Iterable[Point]) -> Iterator[Point]:
    """Yield each point once; end where hardly any new one comes."""
    seen: set[str] = set()
    misses = 0
    for point in points:
        key = key_of(point)
        misses = misses + 1 if key in seen else 0
        if key not in seen:
            seen.add(key)
            yield point
        elif misses > _MOST_MISSES:
            return

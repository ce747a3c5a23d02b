"""Layers that lengthen or shorten their input: upsampling, padding, cropping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from dlgenomics.spec.arguments import Argument, Choice, Integer, Integers
from dlgenomics.spec.layers.rule import (
    CannotFollow,
    LayerRule,
    Shape,
    Span,
    Values,
    rank_is,
    whole,
)
from dlgenomics.spec.layers.windows import AXES, per_axis

ShapeRule = Callable[[Values, Sequence[Shape]], Shape]


def _upsampled(rank: int) -> ShapeRule:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        sizes = per_axis(values["size"], rank)
        lengths = (None if n is None else n * s
                   for n, s in zip(shapes[0][:-1], sizes, strict=True))
        return (*lengths, shapes[0][-1])

    return shape


def _changed(rank: int, argument: str, sign: int) -> ShapeRule:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        ends = _both_ends(values[argument], rank)
        lengths = (None if n is None else n + sign * by
                   for n, by in zip(shapes[0][:-1], ends, strict=True))
        return (*(_positive(n) for n in lengths), shapes[0][-1])

    return shape


def _positive(length: int | None) -> int | None:
    if length is not None and length <= 0:
        raise CannotFollow("cropping must leave at least one position")
    return length


def _both_ends(value: Any, rank: int) -> tuple[int, ...]:
    """Return how many positions are added or taken at both ends of each axis together."""
    if rank == 1:
        return (sum(value) if isinstance(value, tuple) else 2 * value,)
    axes = value if isinstance(value, tuple) else (value, value)
    return tuple(sum(n) if isinstance(n, tuple) else 2 * n for n in axes)


def _moved(argument: str, sign: int) -> Callable[[Values, Sequence[Shape]], Span]:
    """Return the span of a layer that adds (or takes) positions in front."""

    def span(values: Values, _shapes: Sequence[Shape]) -> Span:
        ends = values[argument]
        return Span(1, 1, sign * (ends[0] if isinstance(ends, tuple) else ends))

    return span


_ENDS: Final = Integers(2, minimum=0)
_INTERPOLATIONS: Final = Choice(("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))

RULES: Final[dict[str, LayerRule]] = {
    "UpSampling1D": LayerRule({"size": Argument(Integer(), 2)}, shape=_upsampled(1), span=whole),
    "UpSampling2D": LayerRule(
        {"size": Argument(Integers(2), (2, 2)),
         "interpolation": Argument(_INTERPOLATIONS, "nearest")},
        shape=_upsampled(2),
        span=whole,
    ),
    "ZeroPadding1D": LayerRule(
        {"padding": Argument(_ENDS, 1)}, shape=_changed(1, "padding", 1),
        span=_moved("padding", 1),
    ),
    "ZeroPadding2D": LayerRule(
        {"padding": Argument(_ENDS, (1, 1))}, shape=_changed(2, "padding", 1)
    ),
    "Cropping1D": LayerRule(
        {"cropping": Argument(_ENDS, (1, 1))}, shape=_changed(1, "cropping", -1),
        span=_moved("cropping", -1),
    ),
    "Cropping2D": LayerRule(
        {"cropping": Argument(_ENDS, ((0, 0), (0, 0)))}, shape=_changed(2, "cropping", -1)
    ),
}

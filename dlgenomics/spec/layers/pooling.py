"""Pooling over windows, over equal parts and over all positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from dlgenomics.spec.arguments import REQUIRED, Argument, Boolean, Choice, Integers, Maybe
from dlgenomics.spec.layers.rule import (
    CannotFollow,
    LayerRule,
    Shape,
    Span,
    Values,
    rank_is,
    whole,
)
from dlgenomics.spec.layers.windows import AXES, per_axis, window_span, windowed


def _pool_shape(rank: int) -> Callable[[Values, Sequence[Shape]], Shape]:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        pool = per_axis(values["pool_size"], rank)
        strides = pool if values["strides"] is None else per_axis(values["strides"], rank)
        lengths = (
            windowed(n, p, s, values["padding"])
            for n, p, s in zip(shapes[0][:-1], pool, strides, strict=True)
        )
        return (*lengths, shapes[0][-1])

    return shape


def _pool_span(values: Values, shapes: Sequence[Shape]) -> Span | None:
    pool = per_axis(values["pool_size"], 1)[0]
    stride = pool if values["strides"] is None else per_axis(values["strides"], 1)[0]
    return window_span(shapes[0][0], pool, stride, values["padding"])


def _pooling(rank: int, default: Any) -> LayerRule:
    return LayerRule(
        {
            "pool_size": Argument(Integers(rank), default),
            "strides": Argument(Maybe(Integers(rank)), None),
            "padding": Argument(Choice(("valid", "same")), "valid"),
        },
        shape=_pool_shape(rank),
        span=_pool_span if rank == 1 else whole,
    )


def _global_pooling(rank: int) -> LayerRule:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        return ((1,) * rank if values["keepdims"] else ()) + shapes[0][-1:]

    return LayerRule({"keepdims": Argument(Boolean(), False)}, shape=shape, span=whole)


def _adaptive_pooling(rank: int) -> LayerRule:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        parts = per_axis(values["output_size"], rank)
        for length, number in zip(shapes[0][:-1], parts, strict=True):
            if length is not None and length < number:
                raise CannotFollow(f"{length} positions cannot be divided into {number} parts")
        return (*parts, shapes[0][-1])

    return LayerRule({"output_size": Argument(Integers(rank))}, shape=shape, span=whole)


RULES: Final[dict[str, LayerRule]] = {
    "MaxPooling1D": _pooling(1, 2),
    "AveragePooling1D": _pooling(1, REQUIRED),
    "MaxPooling2D": _pooling(2, (2, 2)),
    "AveragePooling2D": _pooling(2, REQUIRED),
    "GlobalMaxPooling1D": _global_pooling(1),
    "GlobalAveragePooling1D": _global_pooling(1),
    "GlobalMaxPooling2D": _global_pooling(2),
    "GlobalAveragePooling2D": _global_pooling(2),
    "AdaptiveMaxPooling1D": _adaptive_pooling(1),
    "AdaptiveAveragePooling1D": _adaptive_pooling(1),
    "AdaptiveMaxPooling2D": _adaptive_pooling(2),
    "AdaptiveAveragePooling2D": _adaptive_pooling(2),
}

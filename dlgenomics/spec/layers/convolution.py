"""Convolutions and pooling, over one axis (sequence) or two; always channels last."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from dlgenomics.spec.arguments import (
    REQUIRED,
    Argument,
    Boolean,
    Choice,
    Integer,
    Integers,
    Maybe,
)
from dlgenomics.spec.layers.rule import (
    USE_BIAS,
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Span,
    Values,
    known,
    rank_is,
    weight_arguments,
    whole,
)
from dlgenomics.spec.vocabulary import ACTIVATION

_AXES: Final = {1: "length, channels", 2: "rows, columns, channels"}


def _tuple(value: int | tuple[int, ...] | None, rank: int) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return value
    return (value or 1,) * rank


def _windowed(length: int | None, window: int, stride: int, padding: str) -> int | None:
    if length is None:
        return None
    if padding != "valid":
        return math.ceil(length / stride)
    if length < window:
        raise CannotFollow(f"its window of {window} is wider than the {length} positions there are")
    return (length - window) // stride + 1


def _conv_shape(rank: int) -> Callable[[Values, Sequence[Shape]], Shape]:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, _AXES[rank])
        channels = known(shapes[0][-1], "number of channels")
        groups = values.get("groups", 1)
        if channels % groups or values["filters"] % groups:
            raise CannotFollow(f"groups {groups} must divide both {channels} channels and filters")
        kernel = _tuple(values["kernel_size"], rank)
        strides = _tuple(values["strides"], rank)
        dilation = _tuple(values["dilation_rate"], rank)
        if max(strides) > 1 and max(dilation) > 1:
            raise CannotFollow("strides and dilation_rate may not both be greater than 1")
        lengths = (
            _windowed(n, (k - 1) * d + 1, s, values["padding"])
            for n, k, s, d in zip(shapes[0][:-1], kernel, strides, dilation, strict=True)
        )
        return (*lengths, values["filters"])

    return shape


def _conv_size(rank: int) -> Callable[[Values, Sequence[Shape]], Size]:
    def size(values: Values, shapes: Sequence[Shape]) -> Size:
        channels = known(shapes[0][-1], "number of channels") // values["groups"]
        weights = math.prod(_tuple(values["kernel_size"], rank)) * channels
        return Size((weights + values["use_bias"]) * values["filters"])

    return size


def _separable_size(values: Values, shapes: Sequence[Shape]) -> Size:
    channels = known(shapes[0][-1], "number of channels")
    deep = channels * values["depth_multiplier"]
    depthwise = _tuple(values["kernel_size"], 1)[0] * deep
    return Size(depthwise + (deep + values["use_bias"]) * values["filters"])


def _conv_span(values: Values) -> Span:
    kernel = _tuple(values["kernel_size"], 1)[0]
    dilation = _tuple(values["dilation_rate"], 1)[0]
    return Span((kernel - 1) * dilation + 1, _tuple(values["strides"], 1)[0])


def _conv_arguments(rank: int, paddings: tuple[str, ...]) -> dict[str, Argument]:
    ones: int | tuple[int, ...] = 1 if rank == 1 else (1,) * rank
    return {
        "filters": Argument(Integer()),
        "kernel_size": Argument(Integers(rank)),
        "strides": Argument(Integers(rank), ones),
        "padding": Argument(Choice(paddings), "valid"),
        "dilation_rate": Argument(Integers(rank), ones),
    }


_CONV_REST: Final = {
    "groups": Argument(Integer(), 1),
    "activation": Argument(ACTIVATION, None),
    **USE_BIAS,
    **weight_arguments("kernel", "bias"),
}


def _pool_shape(rank: int) -> Callable[[Values, Sequence[Shape]], Shape]:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, _AXES[rank])
        pool = _tuple(values["pool_size"], rank)
        strides = pool if values["strides"] is None else _tuple(values["strides"], rank)
        lengths = (
            _windowed(n, p, s, values["padding"])
            for n, p, s in zip(shapes[0][:-1], pool, strides, strict=True)
        )
        return (*lengths, shapes[0][-1])

    return shape


def _pool_span(values: Values) -> Span:
    pool = _tuple(values["pool_size"], 1)[0]
    return Span(pool, pool if values["strides"] is None else _tuple(values["strides"], 1)[0])


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
        rank_is(shapes[0], rank + 1, _AXES[rank])
        return ((1,) * rank if values["keepdims"] else ()) + shapes[0][-1:]

    return LayerRule({"keepdims": Argument(Boolean(), False)}, shape=shape, span=whole)


def _separable_arguments() -> dict[str, Argument]:
    weights = weight_arguments("depthwise", "pointwise", "bias")
    return {
        **_conv_arguments(1, ("valid", "same")),
        "depth_multiplier": Argument(Integer(), 1),
        "activation": Argument(ACTIVATION, None),
        **USE_BIAS,
        **weights,
    }


RULES: Final[dict[str, LayerRule]] = {
    "Conv1D": LayerRule(
        {**_conv_arguments(1, ("valid", "same", "causal")), **_CONV_REST},
        shape=_conv_shape(1),
        size=_conv_size(1),
        span=_conv_span,
        initializer=True,
    ),
    "Conv2D": LayerRule(
        {**_conv_arguments(2, ("valid", "same")), **_CONV_REST},
        shape=_conv_shape(2),
        size=_conv_size(2),
        span=whole,
        initializer=True,
    ),
    "SeparableConv1D": LayerRule(
        _separable_arguments(), shape=_conv_shape(1), size=_separable_size, span=_conv_span
    ),
    "MaxPooling1D": _pooling(1, 2),
    "AveragePooling1D": _pooling(1, REQUIRED),
    "MaxPooling2D": _pooling(2, (2, 2)),
    "AveragePooling2D": _pooling(2, REQUIRED),
    "GlobalMaxPooling1D": _global_pooling(1),
    "GlobalAveragePooling1D": _global_pooling(1),
    "GlobalMaxPooling2D": _global_pooling(2),
    "GlobalAveragePooling2D": _global_pooling(2),
}

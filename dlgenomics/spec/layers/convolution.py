"""Convolutions over one axis (sequence) or two: plain, separable, depthwise and transposed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Choice, Integer, Integers
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
from dlgenomics.spec.layers.windows import AXES, per_axis, window_span, windowed
from dlgenomics.spec.vocabulary import ACTIVATION

ShapeRule = Callable[[Values, Sequence[Shape]], Shape]
SizeRule = Callable[[Values, Sequence[Shape]], Size]


def _channels(shapes: Sequence[Shape]) -> int:
    return known(shapes[0][-1], "number of channels")


def _kernel(values: Values, rank: int) -> int:
    return math.prod(per_axis(values["kernel_size"], rank))


def _convolved(values: Values, shape: Shape, rank: int) -> Shape:
    """Return the axes that the kernel slides along, after it."""
    rank_is(shape, rank + 1, AXES[rank])
    kernel = per_axis(values["kernel_size"], rank)
    strides = per_axis(values["strides"], rank)
    dilation = per_axis(values["dilation_rate"], rank)
    if max(strides) > 1 and max(dilation) > 1:
        raise CannotFollow("strides and dilation_rate may not both be greater than 1")
    return tuple(
        windowed(n, (k - 1) * d + 1, s, values["padding"])
        for n, k, s, d in zip(shape[:-1], kernel, strides, dilation, strict=True)
    )


def _conv_shape(rank: int) -> ShapeRule:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        lengths = _convolved(values, shapes[0], rank)
        channels, groups = _channels(shapes), values["groups"]
        if channels % groups or values["filters"] % groups:
            raise CannotFollow(f"groups {groups} must divide both {channels} channels and filters")
        return (*lengths, values["filters"])

    return shape


def _conv_size(rank: int) -> SizeRule:
    def size(values: Values, shapes: Sequence[Shape]) -> Size:
        weights = _kernel(values, rank) * _channels(shapes) // values["groups"]
        return Size((weights + values["use_bias"]) * values["filters"])

    return size


def _depthwise_shape(rank: int) -> ShapeRule:
    """Each channel has kernels of its own; a separable layer then mixes them into filters."""

    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        if len(set(per_axis(values["strides"], rank))) > 1:
            raise CannotFollow("its strides must be equal along both axes")
        lengths = _convolved(values, shapes[0], rank)
        deep = _channels(shapes) * values["depth_multiplier"]
        return (*lengths, values.get("filters", deep))

    return shape


def _depthwise_size(rank: int) -> SizeRule:
    def size(values: Values, shapes: Sequence[Shape]) -> Size:
        deep = _channels(shapes) * values["depth_multiplier"]
        weights = _kernel(values, rank) * deep
        if "filters" in values:
            return Size(weights + (deep + values["use_bias"]) * values["filters"])
        return Size(weights + values["use_bias"] * deep)

    return size


def _transposed_shape(rank: int) -> ShapeRule:
    def shape(values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        _channels(shapes)
        kernel, strides = (per_axis(values[k], rank) for k in ("kernel_size", "strides"))
        lengths = (
            None if n is None else n * s + (max(k - s, 0) if values["padding"] == "valid" else 0)
            for n, k, s in zip(shapes[0][:-1], kernel, strides, strict=True)
        )
        return (*lengths, values["filters"])

    return shape


def _transposed_size(rank: int) -> SizeRule:
    def size(values: Values, shapes: Sequence[Shape]) -> Size:
        weights = _kernel(values, rank) * _channels(shapes)
        return Size((weights + values["use_bias"]) * values["filters"])

    return size


def _conv_span(values: Values, shapes: Sequence[Shape]) -> Span | None:
    kernel, stride, dilation = (per_axis(values[k], 1)[0]
                                for k in ("kernel_size", "strides", "dilation_rate"))
    window = (kernel - 1) * dilation + 1
    return window_span(shapes[0][0], window, stride, values["padding"])


def _ones(rank: int) -> int | tuple[int, ...]:
    return 1 if rank == 1 else (1,) * rank


def _window_arguments(rank: int, *paddings: str) -> dict[str, Argument]:
    return {
        "kernel_size": Argument(Integers(rank)),
        "strides": Argument(Integers(rank), _ones(rank)),
        "padding": Argument(Choice(("valid", "same", *paddings)), "valid"),
    }


def _rest(*weights: str) -> dict[str, Argument]:
    return {"activation": Argument(ACTIVATION, None), **USE_BIAS, **weight_arguments(*weights)}


_FILTERS: Final = {"filters": Argument(Integer())}


def _dilation(rank: int) -> dict[str, Argument]:
    return {"dilation_rate": Argument(Integers(rank), _ones(rank))}


def _conv(rank: int, *paddings: str) -> LayerRule:
    return LayerRule(
        {
            **_FILTERS,
            **_window_arguments(rank, *paddings),
            **_dilation(rank),
            "groups": Argument(Integer(), 1),
            **_rest("kernel", "bias"),
        },
        shape=_conv_shape(rank),
        size=_conv_size(rank),
        span=_conv_span if rank == 1 else whole,
        initializer=True,
    )


def _depthwise(rank: int, first: dict[str, Argument], *weights: str) -> LayerRule:
    return LayerRule(
        {
            **first,
            **_window_arguments(rank),
            **_dilation(rank),
            "depth_multiplier": Argument(Integer(), 1),
            **_rest(*weights),
        },
        shape=_depthwise_shape(rank),
        size=_depthwise_size(rank),
        span=_conv_span if rank == 1 else whole,
    )


def _transposed(rank: int) -> LayerRule:
    return LayerRule(
        {**_FILTERS, **_window_arguments(rank), **_rest("kernel", "bias")},
        shape=_transposed_shape(rank),
        size=_transposed_size(rank),
        span=whole,
        initializer=True,
    )


RULES: Final[dict[str, LayerRule]] = {
    "Conv1D": _conv(1, "causal"),
    "Conv2D": _conv(2),
    "SeparableConv1D": _depthwise(1, _FILTERS, "depthwise", "pointwise", "bias"),
    "SeparableConv2D": _depthwise(2, _FILTERS, "depthwise", "pointwise", "bias"),
    "DepthwiseConv1D": _depthwise(1, {}, "depthwise", "bias"),
    "DepthwiseConv2D": _depthwise(2, {}, "depthwise", "bias"),
    "Conv1DTranspose": _transposed(1),
    "Conv2DTranspose": _transposed(2),
}

"""Layers of our own for both strands of DNA; what they do stands with their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Boolean, Choice, Integer, Number
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
)
from dlgenomics.spec.layers.windows import window_span, windowed
from dlgenomics.spec.vocabulary import ACTIVATION

_SEQUENCE: Final = "length, channels"


def _channels(shapes: Sequence[Shape]) -> int:
    return known(shapes[0][-1], "number of channels")


def _pairs(shapes: Sequence[Shape]) -> int:
    channels = _channels(shapes)
    if channels % 2:
        raise CannotFollow(f"its {channels} channels must be pairs, a strand each")
    return channels // 2


def _reversed_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    return shapes[0]


def _reversed_span(_values: Values, shapes: Sequence[Shape]) -> Span | None:
    length = shapes[0][0]
    return None if length is None else Span(1, -1, 1 - length)


def _window(values: Values) -> int:
    return int((values["kernel_size"] - 1) * values["dilation_rate"] + 1)


def _convolved_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    _channels(shapes)
    if values["strides"] > 1 and values["dilation_rate"] > 1:
        raise CannotFollow("strides and dilation_rate may not both be greater than 1")
    length = windowed(shapes[0][0], _window(values), values["strides"], values["padding"])
    if shapes[0][0] is not None and length is not None:
        _check_symmetry(values, shapes[0][0], length)
    return (length, 2 * values["filters"])


def _check_symmetry(values: Values, length: int, windows: int) -> None:
    """Refuse windows that stand elsewhere when the sequence is read from its other end."""
    surplus = length - ((windows - 1) * values["strides"] + _window(values))
    if surplus > 0 or surplus % 2:
        raise CannotFollow(
            "its windows must stand alike from both ends: with padding same the kernel must be "
            "odd, with strides the last window must end where the sequence does")


def _convolved_span(values: Values, shapes: Sequence[Shape]) -> Span | None:
    return window_span(shapes[0][0], _window(values), values["strides"], values["padding"])


def _convolved_size(values: Values, shapes: Sequence[Shape]) -> Size:
    weights = values["kernel_size"] * _channels(shapes) + values["use_bias"]
    return Size(weights * values["filters"])


def _joined_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    if not shapes[0]:
        raise CannotFollow("it needs at least one axis behind the batch axis")
    return (*shapes[0][:-1], _pairs(shapes))


def _normal_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    _pairs(shapes)
    return shapes[0]


def _normal_size(values: Values, shapes: Sequence[Shape]) -> Size:
    pairs = _pairs(shapes)
    return Size((int(values["center"]) + int(values["scale"])) * pairs, 2 * pairs)


RULES: Final[dict[str, LayerRule]] = {
    "ReverseComplement": LayerRule(
        {"complement": Argument(Boolean(), True)}, shape=_reversed_shape, span=_reversed_span
    ),
    "ReverseComplementConv1D": LayerRule(
        {
            "filters": Argument(Integer()),
            "kernel_size": Argument(Integer()),
            "strides": Argument(Integer(), 1),
            "padding": Argument(Choice(("valid", "same")), "valid"),
            "dilation_rate": Argument(Integer(), 1),
            "activation": Argument(ACTIVATION, None),
            **USE_BIAS,
            **weight_arguments("kernel", "bias"),
        },
        shape=_convolved_shape,
        size=_convolved_size,
        span=_convolved_span,
        initializer=True,
    ),
    "ReverseComplementBatchNormalization": LayerRule(
        {
            "momentum": Argument(Number(0.0, below=1.0), 0.99),
            "epsilon": Argument(Number(0.0), 0.001),
            "center": Argument(Boolean(), True),
            "scale": Argument(Boolean(), True),
        },
        shape=_normal_shape,
        size=_normal_size,
        transparent=True,
    ),
    "ReverseComplementPool": LayerRule(
        {"mode": Argument(Choice(("max", "average", "sum")), "max")}, shape=_joined_shape
    ),
}

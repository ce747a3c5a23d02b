"""Layers of our own for attention and training; what they do stands with their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Boolean, Integer, Maybe, Number
from dlgenomics.spec.layers.rule import (
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Span,
    Values,
    known,
    rank_is,
    whole,
)
from dlgenomics.spec.vocabulary import INITIALIZER, REGULARIZER

_SEQUENCE: Final = "length, channels"


def _channels(shapes: Sequence[Shape]) -> int:
    return known(shapes[0][-1], "number of channels")


def _sequence_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    return shapes[0]


def _pooled_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    length, pool = shapes[0][0], values["pool_size"]
    if length is not None and length % pool:
        raise CannotFollow(f"pool_size must divide the {length} positions there are")
    return (None if length is None else length // pool, _channels(shapes))


def _pooled_size(_values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(_channels(shapes) ** 2)


def _pooled_span(values: Values, _shapes: Sequence[Shape]) -> Span:
    return Span(values["pool_size"], values["pool_size"])


def _summary_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    return (_channels(shapes),)


def _summary_size(values: Values, shapes: Sequence[Shape]) -> Size:
    channels, units = _channels(shapes), values["units"]
    return Size(channels if units is None else (channels + 2) * units)


def _relative_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    length = known(shapes[0][0], "length")
    if length < 2:
        raise CannotFollow("it needs at least 2 positions")
    unit, features = _relative_features(values)
    if features == 0 or features % unit:
        kind = "symmetric" if unit == 3 else "one with and one without a sign"
        raise CannotFollow(f"num_relative_position_features must be a multiple of {unit} (three "
                           f"kinds, {kind}), and value_dim at least {unit} where it is left out")
    return (length, values["num_heads"] * values["value_dim"])


def _relative_features(values: Values) -> tuple[int, int]:
    unit = 3 if values["symmetric"] else 6
    written = values["num_relative_position_features"]
    return unit, values["value_dim"] // unit * unit if written is None else written


def _relative_size(values: Values, shapes: Sequence[Shape]) -> Size:
    heads, channels = values["num_heads"], _channels(shapes)
    deep, wide = heads * values["key_dim"], heads * values["value_dim"]
    features = _relative_features(values)[1]
    return Size(channels * (2 * deep + wide) + features * deep + 2 * deep + (wide + 1) * wide)


def _scale_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size((int(values["scale"]) + int(values["center"])) * _channels(shapes))


def _knots_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(0, 2 * values["knots"] * _channels(shapes))


def _framed_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, _SEQUENCE)
    length, frame, frames = shapes[0][0], values["frame"], values["frames"]
    if frame >= frames:
        raise CannotFollow(f"frame must be from 0 to {frames - 1}")
    if length is not None and length <= frame:
        raise CannotFollow(f"frame {frame} starts beyond the {length} positions there are")
    left = None if length is None else -(-(length - frame) // frames)
    return (left, shapes[0][1])


def _framed_span(values: Values, shapes: Sequence[Shape]) -> Span | None:
    length = shapes[0][0]
    if length is None:
        return None
    return Span(1, -values["frames"], values["frame"] + 1 - length)


_RATE: Final = Number(0.0, below=1.0)
_NO: Final = Argument(Boolean(), False)
_YES: Final = Argument(Boolean(), True)
_REGULARIZER: Final = Argument(REGULARIZER, None)

RULES: Final[dict[str, LayerRule]] = {
    "AttentionPooling1D": LayerRule(
        {
            "pool_size": Argument(Integer(), 2),
            "initial_scale": Argument(Number(0.0), 2.0),
            "kernel_regularizer": _REGULARIZER,
        },
        shape=_pooled_shape,
        size=_pooled_size,
        span=_pooled_span,
    ),
    "AttentionSummary": LayerRule(
        {
            "units": Argument(Maybe(Integer()), 32),
            "kernel_initializer": Argument(INITIALIZER, "glorot_uniform"),
            "kernel_regularizer": _REGULARIZER,
        },
        shape=_summary_shape,
        size=_summary_size,
        span=whole,
    ),
    "RelativeMultiHeadAttention": LayerRule(
        {
            "num_heads": Argument(Integer()),
            "key_dim": Argument(Integer()),
            "value_dim": Argument(Integer()),
            "num_relative_position_features": Argument(Maybe(Integer()), None),
            "attention_dropout": Argument(_RATE, 0.05),
            "positional_dropout": Argument(_RATE, 0.01),
            "symmetric": _NO,
            "zero_initialize": _YES,
        },
        shape=_relative_shape,
        size=_relative_size,
        span=whole,
    ),
    "StochasticShift": LayerRule(
        {"max_shift": Argument(Integer(1, 1_000_000))}, shape=_sequence_shape, transparent=True
    ),
    "Threshold": LayerRule(
        {"threshold": Argument(Number(), 0.0), "value": Argument(Number(), 0.0)}
    ),
    "Scale": LayerRule({"scale": _YES, "center": _YES}, size=_scale_size, transparent=True),
    "IsotonicCalibration": LayerRule(
        {"knots": Argument(Integer(2, 10_000), 64)}, size=_knots_size
    ),
    "FrameSlice": LayerRule(
        {"frame": Argument(Integer(0), 0), "frames": Argument(Integer(), 3)},
        shape=_framed_shape,
        span=_framed_span,
    ),
}

"""Normalization: over the batch, the channels, groups of channels, or to unit length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Boolean, Integer, Number
from dlgenomics.spec.layers.rule import (
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Values,
    along_last,
    axis_at,
    known,
    whole,
)


def _axis_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    axis_at(values["axis"], shapes[0])
    return shapes[0]


def _channels(values: Values, shapes: Sequence[Shape]) -> int:
    return known(shapes[0][axis_at(values["axis"], shapes[0])], "number of channels")


def _scaled_and_centred_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size((int(values["center"]) + int(values["scale"])) * _channels(values, shapes))


def _batch_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(_scaled_and_centred_size(values, shapes).trainable, 2 * _channels(values, shapes))


def _group_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    channels, groups = _channels(values, shapes), values["groups"]
    if groups == 0 or (groups != -1 and channels % groups):
        raise CannotFollow(f"groups must divide {channels} channels, or be -1 for one each")
    return shapes[0]


def _last_axis_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    if axis_at(values["axis"], shapes[0]) != len(shapes[0]) - 1:
        raise CannotFollow("axis must be the last, the channels: -1")
    return shapes[0]


def _scaled_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(_channels(values, shapes))


_AXIS: Final = {"axis": Argument(Integer(-1), -1)}
_CENTER_AND_SCALE: Final = {
    "center": Argument(Boolean(), True),
    "scale": Argument(Boolean(), True),
}


def _epsilon(default: float) -> dict[str, Argument]:
    return {"epsilon": Argument(Number(0.0), default)}


RULES: Final[dict[str, LayerRule]] = {
    "BatchNormalization": LayerRule(
        {
            **_AXIS,
            "momentum": Argument(Number(0.0, below=1.0), 0.99),
            **_epsilon(0.001),
            **_CENTER_AND_SCALE,
        },
        size=_batch_size,
        transparent=True,
    ),
    "LayerNormalization": LayerRule(
        {**_AXIS, **_epsilon(0.001), **_CENTER_AND_SCALE},
        size=_scaled_and_centred_size,
        span=along_last,
        transparent=True,
    ),
    "GroupNormalization": LayerRule(
        {"groups": Argument(Integer(-1), 32), **_AXIS, **_epsilon(0.001), **_CENTER_AND_SCALE},
        shape=_group_shape,
        size=_scaled_and_centred_size,
        span=whole,
        transparent=True,
    ),
    "RMSNormalization": LayerRule(
        {**_AXIS, **_epsilon(1e-06)}, shape=_last_axis_shape, size=_scaled_size, transparent=True
    ),
    "UnitNormalization": LayerRule(_AXIS, shape=_axis_shape, span=along_last, transparent=True),
}

"""Feed-forward parts of transformer blocks: gated, and divided among experts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Integer
from dlgenomics.spec.layers.rule import (
    USE_BIAS,
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Values,
    known,
    rank_is,
)
from dlgenomics.spec.vocabulary import ACTIVATION


def _gated_size(values: Values, shapes: Sequence[Shape]) -> Size:
    channels, units = known(shapes[0][-1], "number of channels"), values["units"]
    biases = values["use_bias"] * (2 * units + channels)
    return Size(3 * channels * units + biases)


def _gated_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    if not shapes[0]:
        raise CannotFollow("it needs at least one axis behind the batch axis")
    known(shapes[0][-1], "number of channels")
    return shapes[0]


def _experts_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, "length, channels")
    known(shapes[0][-1], "number of channels")
    if values["experts_per_token"] > values["num_experts"]:
        raise CannotFollow(f"experts_per_token may be at most num_experts, {values['num_experts']}")
    return shapes[0]


def _experts_size(values: Values, shapes: Sequence[Shape]) -> Size:
    experts, channels = values["num_experts"], known(shapes[0][-1], "number of channels")
    return Size(channels * experts + experts * _gated_size(values, shapes).trainable)


_GATED: Final = {
    "units": Argument(Integer()),
    "activation": Argument(ACTIVATION, "silu"),
    **USE_BIAS,
}

RULES: Final[dict[str, LayerRule]] = {
    "GatedFeedForward": LayerRule(_GATED, shape=_gated_shape, size=_gated_size),
    "MixtureOfExperts": LayerRule(
        {
            "num_experts": Argument(Integer()),
            "experts_per_token": Argument(Integer(), 2),
            **_GATED,
        },
        shape=_experts_shape,
        size=_experts_size,
    ),
}

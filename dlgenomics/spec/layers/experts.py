"""Parts of transformer blocks: gates, and feed-forward layers divided among experts."""

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


def _gated_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    if not shapes[0]:
        raise CannotFollow("it needs at least one axis behind the batch axis")
    channels = known(shapes[0][-1], "number of channels")
    if channels % 2:
        raise CannotFollow("channels must be even, as one half gates the other")
    return (*shapes[0][:-1], channels // 2)


def _experts_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, "length, channels")
    known(shapes[0][-1], "number of channels")
    if values["experts_per_token"] > values["num_experts"]:
        raise CannotFollow(f"experts_per_token may be at most num_experts, {values['num_experts']}")
    return shapes[0]


def _experts_size(values: Values, shapes: Sequence[Shape]) -> Size:
    experts, channels = values["num_experts"], known(shapes[0][-1], "number of channels")
    units, biases = values["units"], values["use_bias"]
    expert = 3 * channels * units + biases * (2 * units + channels)
    return Size(experts * (channels + expert))


_ACTIVATION: Final = {"activation": Argument(ACTIVATION, "silu")}

RULES: Final[dict[str, LayerRule]] = {
    "GatedLinearUnit": LayerRule(_ACTIVATION, shape=_gated_shape),
    "MixtureOfExperts": LayerRule(
        {
            "num_experts": Argument(Integer()),
            "units": Argument(Integer()),
            "experts_per_token": Argument(Integer(), 2),
            **_ACTIVATION,
            **USE_BIAS,
        },
        shape=_experts_shape,
        size=_experts_size,
    ),
}

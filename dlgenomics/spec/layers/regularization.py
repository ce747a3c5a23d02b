"""Layers that act in training only: dropout, noise, and penalties on activity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Number
from dlgenomics.spec.layers.rule import LayerRule, Shape, Values, rank_is
from dlgenomics.spec.layers.windows import AXES

_RATE: Final = {"rate": Argument(Number(0.0, below=1.0))}
_PENALTY: Final = Argument(Number(0.0), 0.0)


def _spatial(rank: int) -> LayerRule:
    def shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
        rank_is(shapes[0], rank + 1, AXES[rank])
        return shapes[0]

    return LayerRule(_RATE, shape=shape, transparent=True)


RULES: Final[dict[str, LayerRule]] = {
    "Dropout": LayerRule(_RATE, transparent=True),
    "SpatialDropout1D": _spatial(1),
    "SpatialDropout2D": _spatial(2),
    "AlphaDropout": LayerRule(_RATE, transparent=True),
    "GaussianDropout": LayerRule(_RATE, transparent=True),
    "GaussianNoise": LayerRule({"stddev": Argument(Number(0.0))}, transparent=True),
    "ActivityRegularization": LayerRule({"l1": _PENALTY, "l2": _PENALTY}, transparent=True),
}

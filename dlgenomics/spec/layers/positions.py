"""Layers of our own that know positions: splines and position encodings."""

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
    known,
    rank_is,
    whole,
)
from dlgenomics.spec.vocabulary import INITIALIZER, REGULARIZER


def _placed_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, "length, channels")
    known(shapes[0][0], "length")
    known(shapes[0][1], "number of channels")
    return shapes[0]


def _curved_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    shape = _placed_shape(values, shapes)
    if values["n_bases"] <= values["spline_degree"]:
        raise CannotFollow("n_bases must be greater than spline_degree")
    if shape[0] == 1:
        raise CannotFollow("it needs at least 2 positions")
    return shape


def _curved_size(values: Values, shapes: Sequence[Shape]) -> Size:
    tracks = 1 if values["share_splines"] else known(shapes[0][1], "number of channels")
    return Size((values["n_bases"] + values["use_bias"]) * tracks)


def _embedded_size(_values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(known(shapes[0][0], "length") * known(shapes[0][1], "number of channels"))


def _transformed_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    if len(shapes[0]) < 2:
        raise CannotFollow("it needs (..., features, spline bases) behind the batch axis")
    if values["shared_weights"] and values["use_bias"]:
        raise CannotFollow("use_bias needs shared_weights: false")
    _transformed_size(values, shapes)
    return shapes[0][:-1]


def _transformed_size(values: Values, shapes: Sequence[Shape]) -> Size:
    features = known(shapes[0][-2], "number of features")
    bases = known(shapes[0][-1], "number of spline bases")
    return Size((1 if values["shared_weights"] else features) * bases
                + values["use_bias"] * features)


RULES: Final[dict[str, LayerRule]] = {
    "SplineWeight1D": LayerRule(
        {
            "n_bases": Argument(Integer(1, 10_000), 10),
            "spline_degree": Argument(Integer(0, 10), 3),
            "share_splines": Argument(Boolean(), False),
            "l2_smooth": Argument(Number(0.0), 0.0),
            "l2": Argument(Number(0.0), 0.0),
            "use_bias": Argument(Boolean(), False),
        },
        shape=_curved_shape,
        size=_curved_size,
    ),
    "SplineTransform": LayerRule(
        {
            "shared_weights": Argument(Boolean(), False),
            "use_bias": Argument(Boolean(), False),
            "kernel_initializer": Argument(INITIALIZER, "glorot_uniform"),
            "kernel_regularizer": Argument(REGULARIZER, None),
        },
        shape=_transformed_shape,
        size=_transformed_size,
        span=whole,
    ),
    "PositionEncoding": LayerRule(
        {"max_wavelength": Argument(Number(1.0), 10000.0)}, shape=_placed_shape
    ),
    "PositionEmbedding": LayerRule(
        {
            "embeddings_initializer": Argument(INITIALIZER, "random_uniform"),
            "embeddings_regularizer": Argument(REGULARIZER, None),
        },
        shape=_placed_shape,
        size=_embedded_size,
    ),
}

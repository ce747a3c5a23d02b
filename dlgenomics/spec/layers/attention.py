"""Attention: with weights (several heads, shared keys) and without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Boolean, Choice, Integer, Integers, Maybe, Number
from dlgenomics.spec.layers.rule import (
    USE_BIAS,
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Values,
    known,
    rank_is,
    weight_arguments,
    whole,
)

_RATE: Final = Argument(Number(0.0, below=1.0), 0.0)


def _check_sequences(shapes: Sequence[Shape]) -> None:
    for shape in shapes:
        rank_is(shape, 2, "length, channels")
        known(shape[-1], "number of channels")
    if len(shapes) == 3 and shapes[1][0] != shapes[2][0]:
        raise CannotFollow("value and key must have the same length")


def _multi_head_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    _check_sequences(shapes)
    return (shapes[0][0], values["output_shape"] or shapes[0][1])


def _multi_head_size(values: Values, shapes: Sequence[Shape]) -> Size:
    bias = values["use_bias"]
    heads, deep = values["num_heads"], values["key_dim"]
    value_deep = values["value_dim"] or deep
    query, value = (known(s[-1], "number of channels") for s in shapes[:2])
    key = known(shapes[-1][-1], "number of channels")
    out = known(_multi_head_shape(values, shapes)[-1], "number of channels")
    total = (query + bias) * heads * deep + (key + bias) * heads * deep
    total += (value + bias) * heads * value_deep + (heads * value_deep + bias) * out
    return Size(total)


def _grouped_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    _check_sequences(shapes)
    if values["num_query_heads"] % values["num_key_value_heads"]:
        raise CannotFollow("num_key_value_heads must divide num_query_heads")
    if shapes[0][1] != shapes[1][1]:
        raise CannotFollow("query and value must have the same number of channels")
    return shapes[0]


def _grouped_size(values: Values, shapes: Sequence[Shape]) -> Size:
    bias, deep = values["use_bias"], values["head_dim"]
    query, value = (known(s[-1], "number of channels") for s in shapes[:2])
    key = known(shapes[-1][-1], "number of channels")
    asking, asked = (values[f"num_{who}_heads"] * deep for who in ("query", "key_value"))
    total = (query + bias) * asking + (key + value + 2 * bias) * asked
    return Size(total + (asking + bias) * query)


def _plain_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    """Query (length, d), value (m, e) and key (m, d) give (length, e); key is value if left out."""
    _check_sequences(shapes)
    if shapes[0][1] != shapes[-1][1]:
        raise CannotFollow("query and key must have the same number of channels")
    return (shapes[0][0], shapes[1][1])


def _dot_size(values: Values, _shapes: Sequence[Shape]) -> Size:
    return Size(int(values["use_scale"]) + (values["score_mode"] == "concat"))


def _additive_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(known(shapes[0][1], "number of channels") if values["use_scale"] else 0)


RULES: Final[dict[str, LayerRule]] = {
    "MultiHeadAttention": LayerRule(
        {
            "num_heads": Argument(Integer()),
            "key_dim": Argument(Integer()),
            "value_dim": Argument(Maybe(Integer()), None),
            "dropout": _RATE,
            **USE_BIAS,
            "output_shape": Argument(Maybe(Integers(1)), None),
            **weight_arguments("kernel", "bias"),
        },
        shape=_multi_head_shape,
        size=_multi_head_size,
        span=whole,
        inputs=(2, 3),
    ),
    "GroupQueryAttention": LayerRule(
        {
            "head_dim": Argument(Integer()),
            "num_query_heads": Argument(Integer()),
            "num_key_value_heads": Argument(Integer()),
            "dropout": _RATE,
            **USE_BIAS,
            **weight_arguments("kernel", "bias"),
        },
        shape=_grouped_shape,
        size=_grouped_size,
        span=whole,
        inputs=(2, 3),
    ),
    "Attention": LayerRule(
        {
            "use_scale": Argument(Boolean(), False),
            "score_mode": Argument(Choice(("dot", "concat")), "dot"),
            "dropout": _RATE,
        },
        shape=_plain_shape,
        size=_dot_size,
        span=whole,
        inputs=(2, 3),
    ),
    "AdditiveAttention": LayerRule(
        {"use_scale": Argument(Boolean(), True), "dropout": _RATE},
        shape=_plain_shape,
        size=_additive_size,
        span=whole,
        inputs=(2, 3),
    ),
}

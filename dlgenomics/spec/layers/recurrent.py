"""Recurrent layers, the wrappers around them, and attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

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
from dlgenomics.spec.vocabulary import ACTIVATION, CONSTRAINT, INITIALIZER, REGULARIZER


def _recurrent_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, "length, channels")
    known(shapes[0][-1], "number of channels")
    steps = shapes[0][:1] if values["return_sequences"] else ()
    return (*steps, values["units"])


def _gates(
    number: int, *, separate_bias: bool = False
) -> Callable[[Values, Sequence[Shape]], Size]:
    def size(values: Values, shapes: Sequence[Shape]) -> Size:
        units = values["units"]
        rows = known(shapes[0][-1], "number of channels") + units
        biases = values["use_bias"] * (2 if separate_bias and values["reset_after"] else 1)
        return Size(number * units * (rows + biases))

    return size


def _recurrent(
    gates: int, own: dict[str, Argument], *, separate_bias: bool = False
) -> LayerRule:
    weights: dict[str, Argument] = weight_arguments("kernel", "recurrent", "bias")
    weights["recurrent_initializer"] = Argument(INITIALIZER, "orthogonal")
    return LayerRule(
        {
            "units": Argument(Integer()),
            "activation": Argument(ACTIVATION, "tanh"),
            **own,
            **USE_BIAS,
            **weights,
            "dropout": Argument(Number(0.0, below=1.0), 0.0),
            "recurrent_dropout": Argument(Number(0.0, below=1.0), 0.0),
            "return_sequences": Argument(Boolean(), False),
            "go_backwards": Argument(Boolean(), False),
            "unroll": Argument(Boolean(), False),
        },
        shape=_recurrent_shape,
        size=_gates(gates, separate_bias=separate_bias),
        span=whole,
    )


_GATED: Final = {"recurrent_activation": Argument(ACTIVATION, "sigmoid")}


def _attention_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    for shape in shapes:
        rank_is(shape, 2, "length, channels")
        known(shape[-1], "number of channels")
    if len(shapes) == 3 and shapes[1][0] != shapes[2][0]:
        raise CannotFollow("value and key must have the same length")
    return (shapes[0][0], values["output_shape"] or shapes[0][1])


def _attention_size(values: Values, shapes: Sequence[Shape]) -> Size:
    bias = values["use_bias"]
    heads, deep = values["num_heads"], values["key_dim"]
    value_deep = values["value_dim"] or deep
    query, value = (known(s[-1], "number of channels") for s in shapes[:2])
    key = known(shapes[-1][-1], "number of channels")
    out = known(_attention_shape(values, shapes)[-1], "number of channels")
    total = (query + bias) * heads * deep + (key + bias) * heads * deep
    total += (value + bias) * heads * value_deep + (heads * value_deep + bias) * out
    return Size(total)


def _wrapped(_values: Values, _shapes: Sequence[Shape]) -> Any:
    raise AssertionError("the wrapped layer's rule decides")  # pragma: no cover


RULES: Final[dict[str, LayerRule]] = {
    "LSTM": _recurrent(4, {**_GATED, "unit_forget_bias": Argument(Boolean(), True)}),
    "GRU": _recurrent(
        3, {**_GATED, "reset_after": Argument(Boolean(), True)}, separate_bias=True
    ),
    "SimpleRNN": _recurrent(1, {}),
    "Bidirectional": LayerRule(
        {"merge_mode": Argument(Maybe(Choice(("sum", "mul", "concat", "ave"))), "concat")},
        shape=_wrapped,
        size=_wrapped,
        span=whole,
        wraps=True,
    ),
    "TimeDistributed": LayerRule({}, shape=_wrapped, size=_wrapped, wraps=True),
    "MultiHeadAttention": LayerRule(
        {
            "num_heads": Argument(Integer()),
            "key_dim": Argument(Integer()),
            "value_dim": Argument(Maybe(Integer()), None),
            "dropout": Argument(Number(0.0, below=1.0), 0.0),
            **USE_BIAS,
            "output_shape": Argument(Maybe(Integers(1)), None),
            "kernel_initializer": Argument(INITIALIZER, "glorot_uniform"),
            "bias_initializer": Argument(INITIALIZER, "zeros"),
            "kernel_regularizer": Argument(REGULARIZER, None),
            "bias_regularizer": Argument(REGULARIZER, None),
            "kernel_constraint": Argument(CONSTRAINT, None),
            "bias_constraint": Argument(CONSTRAINT, None),
        },
        shape=_attention_shape,
        size=_attention_size,
        span=whole,
        inputs=(2, 3),
    ),
}

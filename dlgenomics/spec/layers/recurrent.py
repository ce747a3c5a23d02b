"""Recurrent layers and the wrappers around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from dlgenomics.spec.arguments import Argument, Boolean, Choice, Integer, Maybe, Number
from dlgenomics.spec.layers.rule import (
    USE_BIAS,
    LayerRule,
    Shape,
    Size,
    Values,
    known,
    rank_is,
    weight_arguments,
    whole,
)
from dlgenomics.spec.vocabulary import ACTIVATION, INITIALIZER


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
}

"""The objects of Keras that a spec may name, with their arguments and Keras's defaults.

Optimizers and schedules have files of their own.

This is the allow-list: what does not stand here cannot be reached from a spec. A test compares
every row with the signature in the installed Keras.
"""

from __future__ import annotations

from typing import Any, Final

from dlgenomics.spec.arguments import (
    Argument,
    Arguments,
    Boolean,
    Choice,
    Either,
    Integer,
    IntegerList,
    Maybe,
    Named,
    Number,
    Text,
)

ACTIVATIONS: Final = (
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6",
    "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus",
    "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
)

OWN_ACTIVATIONS: Final = ("quick_gelu", "hard_sigmoid_keras2")
"""Activations that Keras 3 lacks: GELU as in Basenji and Enformer, hard_sigmoid of older Keras."""

ACTIVATION: Final = Maybe(Choice(ACTIVATIONS + OWN_ACTIVATIONS))

_SCALE: Final = Argument(Number(minimum=0.0), 1.0)

INITIALIZERS: Final[dict[str, Arguments]] = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": Argument(Number(), 0.0)},
    "Identity": {"gain": Argument(Number(), 1.0)},
    "Orthogonal": {"gain": Argument(Number(), 1.0)},
    "RandomNormal": {"mean": Argument(Number(), 0.0), "stddev": Argument(Number(0.0), 0.05)},
    "TruncatedNormal": {"mean": Argument(Number(), 0.0), "stddev": Argument(Number(0.0), 0.05)},
    "RandomUniform": {"minval": Argument(Number(), -0.05), "maxval": Argument(Number(), 0.05)},
    "VarianceScaling": {
        "scale": _SCALE,
        "mode": Argument(Choice(("fan_in", "fan_out", "fan_avg")), "fan_in"),
        "distribution": Argument(
            Choice(("truncated_normal", "untruncated_normal", "uniform")), "truncated_normal"
        ),
    },
    "GlorotNormal": {},
    "GlorotUniform": {},
    "HeNormal": {},
    "HeUniform": {},
    "LecunNormal": {},
    "LecunUniform": {},
}

REGULARIZERS: Final[dict[str, Arguments]] = {
    "L1": {"l1": Argument(Number(0.0), 0.01)},
    "L2": {"l2": Argument(Number(0.0), 0.01)},
    "L1L2": {"l1": Argument(Number(0.0), 0.0), "l2": Argument(Number(0.0), 0.0)},
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


PER_UNIT: Final = "per_unit"
"""The axis that norms the weights of each unit or filter: all axes but the last."""

_AXIS: Final = Argument(
    Either(_is_text, Choice((PER_UNIT,)), IntegerList(minimum=0, single=True)), 0
)

CONSTRAINTS: Final[dict[str, Arguments]] = {
    "MaxNorm": {"max_value": Argument(Number(0.0), 2), "axis": _AXIS},
    "NonNeg": {},
    "UnitNorm": {"axis": _AXIS},
    "MinMaxNorm": {
        "min_value": Argument(Number(0.0), 0.0),
        "max_value": Argument(Number(0.0), 1.0),
        "rate": Argument(Number(0.0, 1.0), 1.0),
        "axis": _AXIS,
    },
}

INITIALIZER: Final = Named("an initializer", INITIALIZERS)
REGULARIZER: Final = Maybe(Named("a regularizer", REGULARIZERS))
CONSTRAINT: Final = Maybe(Named("a constraint", CONSTRAINTS))

_SMOOTHING: Final = {"label_smoothing": Argument(Number(0.0, 1.0), 0.0)}

LOSSES: Final[dict[str, Arguments]] = {
    "BinaryCrossentropy": _SMOOTHING,
    "CategoricalCrossentropy": _SMOOTHING,
    "MeanSquaredError": {},
    "MeanAbsoluteError": {},
    "Huber": {"delta": Argument(Number(0.0), 1.0)},
    "LogCosh": {},
    "Poisson": {},
    "KLDivergence": {},
    "CosineSimilarity": {},
    "Hinge": {},
    "BinaryFocalCrossentropy": {
        "apply_class_balancing": Argument(Boolean(), False),
        "alpha": Argument(Number(0.0, 1.0), 0.25),
        "gamma": Argument(Number(0.0), 2.0),
        **_SMOOTHING,
    },
    "MeanSquaredLogarithmicError": {},
    "MultinomialNLL": {},
}

OWN_LOSSES: Final = ("MultinomialNLL",)
"""Losses that are ours, not Keras's."""

LOSS: Final = Named("a loss", LOSSES)

_MODE: Final = Argument(Choice(("auto", "min", "max")), "auto")

CALLBACKS: Final[dict[str, Arguments]] = {
    "EarlyStopping": {
        "monitor": Argument(Text(), "val_loss"),
        "min_delta": Argument(Number(0.0), 0),
        "patience": Argument(Integer(0), 0),
        "mode": _MODE,
        "baseline": Argument(Maybe(Number()), None),
        # Keras's own default is false, which keeps the weights of the last, overfitted epoch.
        "restore_best_weights": Argument(Boolean(), True),
        "start_from_epoch": Argument(Integer(0), 0),
    },
    "ReduceLROnPlateau": {
        "monitor": Argument(Text(), "val_loss"),
        "factor": Argument(Number(0.0, below=1.0), 0.1),
        "patience": Argument(Integer(0), 10),
        "mode": _MODE,
        "min_delta": Argument(Number(0.0), 0.0001),
        "cooldown": Argument(Integer(0), 0),
        "min_lr": Argument(Number(0.0), 0.0),
    },
    "TerminateOnNaN": {},
}

CALLBACK: Final = Named("a callback", CALLBACKS)

AUGMENTATIONS: Final[dict[str, Arguments]] = {
    "reverse_complement": {"probability": Argument(Number(0.0, 1.0), 0.5)},
    "shift": {"max": Argument(Integer(1))},
}

AUGMENTATION: Final = Named("an augmentation", AUGMENTATIONS)

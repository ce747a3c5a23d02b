"""The optimizers that a spec may name, with their arguments and Keras's defaults."""

from __future__ import annotations

from typing import Final

from dlgenomics.spec.arguments import Argument, Arguments, Boolean, Integer, Maybe, Named, Number
from dlgenomics.spec.schedules import RATE, Rate

_MAYBE: Final = Argument(Maybe(RATE), None)


def _optimizer(learning_rate: float, **own: Argument) -> Arguments:
    return {
        "learning_rate": Argument(Rate(), learning_rate),
        **own,
        "weight_decay": own.get("weight_decay", _MAYBE),
        "clipnorm": _MAYBE,
        "clipvalue": _MAYBE,
        "global_clipnorm": _MAYBE,
        "use_ema": Argument(Boolean(), False),
        "ema_momentum": Argument(Number(0.0, below=1.0), 0.99),
        "gradient_accumulation_steps": Argument(Maybe(Integer(2)), None),
    }


def _beta(default: float) -> Argument:
    return Argument(Number(0.0, below=1.0), default)


def _number(default: float) -> Argument:
    return Argument(Number(), default)


def _at_least_0(default: float) -> Argument:
    return Argument(Number(0.0), default)


def _switch(default: bool) -> Argument:
    return Argument(Boolean(), default)


_EPSILON: Final = _at_least_0(1e-07)
_BETAS: Final = {"beta_1": _beta(0.9), "beta_2": _beta(0.999), "epsilon": _EPSILON}
_AMSGRAD: Final = {"amsgrad": _switch(False)}

OPTIMIZERS: Final[dict[str, Arguments]] = {
    "SGD": _optimizer(0.01, momentum=_beta(0.0), nesterov=_switch(False)),
    "RMSprop": _optimizer(
        0.001, rho=_beta(0.9), momentum=_beta(0.0), epsilon=_EPSILON, centered=_switch(False)
    ),
    "Adagrad": _optimizer(
        0.001, initial_accumulator_value=_at_least_0(0.1), epsilon=_EPSILON
    ),
    "Adadelta": _optimizer(0.001, rho=_beta(0.95), epsilon=_EPSILON),
    "Adam": _optimizer(0.001, **_BETAS, **_AMSGRAD),
    "AdamW": _optimizer(0.001, weight_decay=_at_least_0(0.004), **_BETAS, **_AMSGRAD),
    "Adamax": _optimizer(0.001, **_BETAS),
    "Nadam": _optimizer(0.001, **_BETAS),
    "Lion": _optimizer(0.001, beta_1=_beta(0.9), beta_2=_beta(0.99)),
    "Ftrl": _optimizer(
        0.001, learning_rate_power=Argument(Number(maximum=0.0), -0.5),
        initial_accumulator_value=_at_least_0(0.1),
        l1_regularization_strength=_at_least_0(0.0), l2_regularization_strength=_at_least_0(0.0),
        l2_shrinkage_regularization_strength=_at_least_0(0.0), beta=_at_least_0(0.0),
    ),
    "Adafactor": _optimizer(
        0.001, beta_2_decay=Argument(Number(maximum=0.0), -0.8), epsilon_1=_at_least_0(1e-30),
        epsilon_2=_at_least_0(0.001), clip_threshold=_at_least_0(1.0), relative_step=_switch(True),
    ),
    "Lamb": _optimizer(0.001, **_BETAS),
    "Muon": _optimizer(
        0.001, adam_beta_1=_beta(0.9), adam_beta_2=_beta(0.999),
        adam_weight_decay=_at_least_0(0.004), epsilon=_EPSILON, weight_decay=_at_least_0(0.004),
        exclude_embeddings=_switch(True), muon_a=_number(3.4445), muon_b=_number(-4.775),
        muon_c=_number(2.0315), adam_lr_ratio=_at_least_0(1), momentum=_beta(0.95),
        ns_steps=Argument(Integer(1, 100), 5), nesterov=_switch(True),
        rms_rate=Argument(Maybe(RATE), 0.2),
    ),
}

REFUSED_OPTIMIZERS: Final = {
    "LossScaleOptimizer": "Set training.precision: mixed_float16, which scales the loss",
    "MultiOptimizer": "One optimizer trains all layers",
    "OptimizerMap": "One optimizer trains all layers",
    "Optimizer": "It is the base of the others; name one of those",
    "ScheduleFreeAdamW": "It keeps the averaged weights, which are those to predict with, outside "
                         "the network, where Keras cannot put them in. Take AdamW with "
                         "use_ema: true, or with a CosineDecay",
}
"""Optimizer of Keras → reason, without the full stop. A test finds those in no table."""

REFUSED_ARGUMENTS: Final = {
    "ema_overwrite_frequency": "The average never overwrites the weights that are trained; it is "
                               "what is measured and kept.",
    "loss_scale_factor": "training.precision: mixed_float16 scales the loss.",
    "exclude_layers": "It takes patterns of weights' names, which are Keras's own.",
    "name": "Optimizers need no name.",
    "lr": "In Keras 3 it is called 'learning_rate'.",
    "decay": "Write a schedule: learning_rate: {InverseTimeDecay: {...}}.",
}

OPTIMIZER: Final = Named("an optimizer", OPTIMIZERS, REFUSED_OPTIMIZERS, REFUSED_ARGUMENTS)

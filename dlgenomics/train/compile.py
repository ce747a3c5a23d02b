"""The training section of a spec → a compiled Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import keras

from dlgenomics.build.objects import make_object
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.metrics import METRICS
from dlgenomics.spec.types import Spec
from dlgenomics.train.losses import make_loss
from dlgenomics.train.rates import make_optimizer
from dlgenomics.train.weights import ClassWeights


def compile_model(model: keras.Model, spec: Spec, batches: int,
                  weights: Mapping[str, ClassWeights | None] = {}) -> None:
    """Give a model the optimizer and losses of its spec.

    Metrics are not Keras's: they are exact, and measured after each epoch.

    Args:
        model: as `build_model` made it.
        spec: its ``training`` section counts.
        batches: how many there are in an epoch, for schedules that count epochs.
        weights: class weights by target.
    """
    training, names = spec.training, spec.model.outputs
    losses = {name: make_loss(training.loss[name], weights.get(name)) for name in names}
    shares = {name: training.loss_weights.get(name, 1.0) for name in names}
    several = len(names) > 1
    factor = training.batch_size / (training.reference_batch_size or training.batch_size)
    model.compile(
        optimizer=make_optimizer(training.optimizer, batches, factor),
        loss=losses if several else losses[names[0]],
        loss_weights=shares if several else shares[names[0]],
    )


_LESS_IS_BETTER: Final = ("loss", "penalty",
                          *(name for name, fact in METRICS.items() if fact.is_error))


def direction(monitor: str) -> str:
    """Return ``min`` or ``max``: whether less or more of a logged value is better."""
    return "min" if monitor.endswith(_LESS_IS_BETTER) else "max"


def make_callback(reference: Reference) -> keras.callbacks.Callback:
    """Return the Keras callback that a spec names; what is better follows from its monitor."""
    arguments = dict(reference.arguments)
    if reference.name == "EarlyStopping":
        arguments.setdefault("restore_best_weights", True)
    if reference.name != "TerminateOnNaN" and arguments.get("mode", "auto") == "auto":
        arguments["mode"] = direction(arguments.get("monitor", "val_loss"))
    return make_object(keras.callbacks, Reference(reference.name, arguments))

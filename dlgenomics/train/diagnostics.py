"""What happens inside the layers while a network is trained."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from dlgenomics.train.layer_table import LayerState, read_layer_states, write_layer_states

_RESTING: Final = ("relu", "relu6", "threshold", "hard_shrink", "soft_shrink")
"""Activations that give exactly zero over a range, in which a unit gets no gradient."""


class Diagnostics(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes gradient norms and dead units of each layer, before training and after each epoch.

    Both are measured on one batch that stays the same, with the network as it predicts: without
    dropout, with the running statistics of batch normalization. So they change no state, and a
    resumed run writes what it would have written.

    Stand it before the callback that writes checkpoints: rows of an epoch are then on disk before
    a checkpoint says that the epoch is done. Rows of later epochs than the one with which training
    goes on are dropped; a missing one is measured.

    Args:
        path: the table to write, ``diagnostics.csv``.
        inputs: one batch as the model takes it: an array, or arrays by input.
        targets: its labels, as the compiled loss takes them.
    """

    def __init__(self, path: Path, inputs: Any, targets: Any) -> None:
        super().__init__()
        self.path = path
        self.inputs = inputs
        self.targets = targets
        self.states: list[LayerState] | None = None

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Take over what was measured up to here; measure where nothing was."""
        if self.states is not None:
            return
        found = read_layer_states(self.path) if self.path.exists() else []
        self.states = [state for state in found if state.epoch <= epoch]
        if not any(state.epoch == epoch for state in self.states):
            self._append(epoch)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Measure and write; ``epoch`` counts from 0, as Keras counts."""
        self._append(epoch + 1)

    def _append(self, epoch: int) -> None:
        norms, dead = self._measure()
        self.states = [*(self.states or []), *(
            LayerState(epoch, layer.name, norms.get(layer.name), dead.get(layer.name))
            for layer in self.model.layers if layer.name in norms or layer.name in dead)]
        write_layer_states(self.path, self.states)

    def _measure(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return gradient norms and shares of dead units, by layer."""
        norms, dead = self._step(self.inputs, self.targets)
        self.model.reset_metrics()  # computing the loss counts it among the epoch's
        return ({name: float(value) for name, value in norms.items()},
                {name: float(np.mean(value)) for name, value in dead.items()})

    @cached_property
    def _step(self) -> Any:
        resting = {layer.name: layer.output for layer in self.model.layers if _can_rest(layer)}
        inside = keras.Model(self.model.input, resting) if resting else None
        trained = {layer.name: layer.trainable_variables for layer in self.model.layers
                   if layer.trainable_variables}

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def step(inputs: Any, targets: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            with tf.GradientTape() as tape:
                predicted = self.model(inputs, training=False)
                loss = self.model.compute_loss(inputs, targets, predicted, training=False)
            flat = [v.value for each in trained.values() for v in each]
            gradients = iter(tape.gradient(loss, flat, unconnected_gradients="zero"))
            norms = {name: tf.linalg.global_norm([next(gradients) for _ in each])
                     for name, each in trained.items()}
            outputs = inside(inputs, training=False) if inside else {}
            return norms, {name: _is_dead(value) for name, value in outputs.items()}

        return step


def _can_rest(layer: keras.Layer) -> bool:
    """Tell whether a layer's activation gives exactly zero over a range."""
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope
    inner = layer.layer if isinstance(layer, keras.layers.TimeDistributed) else layer
    if isinstance(inner, keras.layers.RNN):
        return False
    return getattr(getattr(inner, "activation", None), "__name__", "") in _RESTING


def _is_dead(output: Any) -> Any:
    """Return for each unit (the last axis) whether it is zero everywhere else."""
    return tf.reduce_all(tf.equal(output, 0), axis=tuple(range(output.shape.rank - 1)))


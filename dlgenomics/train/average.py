"""Averaged weights: what is measured and kept where an optimizer has ``use_ema: true``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras


class Average:
    """Lends a model the moving average of its weights at the end of each epoch.

    Callbacks between `begin` and `end` see, measure and remember the average; training goes on
    with the weights that it had, and checkpoints hold them. Without ``use_ema`` nothing happens.

    Attributes:
        begin: stands before those callbacks.
        end: stands behind them.
    """

    def __init__(self) -> None:
        self.trained: list[Any] = []
        self.begin = _AtEpochEnd(self._lend)
        self.end = _AtEpochEnd(self._take_back)

    def _lend(self, model: keras.Model) -> None:
        self.trained = [variable.numpy() for variable in model.trainable_variables]
        model.optimizer.finalize_variable_values(model.trainable_variables)

    def _take_back(self, model: keras.Model) -> None:
        for variable, value in zip(model.trainable_variables, self.trained, strict=True):
            variable.assign(value)


class _AtEpochEnd(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, what: Any) -> None:
        super().__init__()
        self.what = what

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Do it, if the optimizer keeps an average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if optimizer.use_ema:
            self.what(self.model)

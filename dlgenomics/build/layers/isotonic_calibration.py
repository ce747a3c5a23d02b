"""Probabilities corrected by a rising line, the way isotonic regression does it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class IsotonicCalibration(keras.layers.Layer):  # type: ignore[misc]
    """Maps each column through a piecewise linear line that rises from knot to knot.

    Left of the first and right of the last knot it is flat. A column whose knots stand in one place
    passes as it is; so does everything until the layer is fitted, which happens on the validation
    set after training (`dlgenomics.train.calibrators`): its weights are not trained.

    Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability
    estimates, KDD 2002, https://doi.org/10.1145/775047.775151

    Args:
        knots: how many there are for each column.

    Input and output: (batch, ..., columns).
    """

    def __init__(self, knots: int = 64, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.knots = knots

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make places and values of the knots, each (columns, knots)."""
        shape = (input_shape[-1], self.knots)
        self.places = self.add_weight(
            name="places", shape=shape, initializer="zeros", trainable=False)
        self.values = self.add_weight(
            name="values", shape=shape, initializer="zeros", trainable=False)

    def call(self, inputs: Any) -> Any:
        """Return the line's height at each input: the first value and all steps up to there."""
        widths = self.places[:, 1:] - self.places[:, :-1]
        gone = (inputs[..., None] - self.places[:, :-1]) / ops.where(
            widths > 0, widths, ops.ones_like(widths))
        steps = self.values[:, 1:] - self.values[:, :-1]
        found = self.values[:, 0] + ops.sum(ops.clip(gone, 0.0, 1.0) * steps, axis=-1)
        return ops.where(self.places[:, -1] > self.places[:, 0], found, inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "knots": self.knots}

"""One vector for a whole sequence: the mean of its positions under learned attention."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class AttentionSummary(keras.layers.Layer):  # type: ignore[misc]
    """Sums up all positions, each weighted by how much a small network attends to it.

    The score of a position is ``context · tanh(kernel · x + bias)``, or ``context · x`` without
    hidden units; a softmax over the positions turns scores into weights. Masked positions get no
    weight.

    Additive attention: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to
    Align and Translate, 2015, arXiv:1409.0473. In genomics: AttentiveChrome (Singh et al., Attend
    and Predict, 2017, arXiv:1708.00339).

    Args:
        units: hidden units; None for scores that are linear in the channels.
        kernel_initializer, kernel_regularizer: for kernel and context.

    Input and output: (batch, length, channels) → (batch, channels).
    """

    def __init__(self, units: int | None = 32, kernel_initializer: Any = "glorot_uniform",
                 kernel_regularizer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel (channels, units), bias (units) and context (units, 1)."""
        deep = input_shape[-1]
        if self.units is not None:
            self.kernel = self._weight("kernel", (deep, self.units))
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
            deep = self.units
        self.context = self._weight("context", (deep, 1))

    def _weight(self, name: str, shape: tuple[int | None, ...]) -> Any:
        return self.add_weight(name=name, shape=shape, regularizer=self.kernel_regularizer,
                               initializer=keras.initializers.get(self.kernel_initializer))

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the weighted sum of all positions."""
        return ops.sum(inputs * self.weights_of(inputs, mask), axis=1)

    def weights_of(self, inputs: Any, mask: Any = None) -> Any:
        """Return how much each position counts: (batch, length, 1), summing to 1."""
        hidden = inputs
        if self.units is not None:
            hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        scores = ops.cast(ops.matmul(hidden, self.context), "float32")
        if mask is not None:
            scores = ops.where(ops.expand_dims(mask, -1), scores, -1e9)
        return ops.cast(ops.softmax(scores, axis=1), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Return None: there are no positions left to mask."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "units": self.units,
                "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
                "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer)}

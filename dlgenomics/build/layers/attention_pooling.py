"""Pooling whose weights are learned, by channel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class AttentionPooling1D(keras.layers.Layer):  # type: ignore[misc]
    """Pools neighbouring positions by a weighted mean whose weights are a learned softmax.

    Each channel of each position gets a logit from a dense projection of all channels, and a
    softmax over the window turns the logits into weights. The projection starts as
    ``initial_scale`` times the identity: at 0 the layer starts as average pooling, at a large value
    as max pooling.

    Enformer: Avsec et al., Effective gene expression prediction from sequence by integrating
    long-range interactions, Nature Methods 2021, doi:10.1038/s41592-021-01252-x.

    Args:
        pool_size: positions in a window; must divide the length. Windows do not overlap.
        initial_scale: the first value of the projection's diagonal.
        kernel_regularizer: for the projection.

    Input and output: (batch, length, channels) → (batch, length / pool_size, channels).
    """

    def __init__(self, pool_size: int = 2, initial_scale: float = 2.0,
                 kernel_regularizer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pool_size = pool_size
        self.initial_scale = initial_scale
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the projection, (channels, channels)."""
        channels = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=(channels, channels), regularizer=self.kernel_regularizer,
            initializer=keras.initializers.Identity(gain=self.initial_scale),
        )

    def call(self, inputs: Any) -> Any:
        """Return the weighted means of the windows."""
        channels = inputs.shape[-1]
        windows = ops.reshape(inputs, (-1, self._windows(inputs), self.pool_size, channels))
        weights = ops.softmax(ops.matmul(windows, self.kernel), axis=2)
        return ops.sum(windows * weights, axis=2)

    def _windows(self, inputs: Any) -> Any:
        length = inputs.shape[1]
        return ops.shape(inputs)[1] // self.pool_size if length is None else (
            length // self.pool_size)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        batch, length, channels = input_shape
        return (batch, None if length is None else length // self.pool_size, channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "pool_size": self.pool_size,
                "initial_scale": self.initial_scale,
                "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer)}

"""Batch normalization that treats both strands alike."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class ReverseComplementBatchNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Normalizes a channel and its reverse complement by the same mean, variance and scale.

    A plain BatchNormalization after `ReverseComplementConv1D` would learn another scale for each
    strand.

    Shrikumar, Greenside and Kundaje, Reverse-complement parameter sharing improves deep learning
    models for genomics, bioRxiv 2017, doi:10.1101/103663.

    Args:
        momentum, epsilon, center, scale: as of BatchNormalization.

    Input and output: (batch, length, channels), channels ordered as by `ReverseComplementConv1D`.
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 0.001, center: bool = True,
                 scale: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon
        self.center, self.scale = center, scale
        self.inner = keras.layers.BatchNormalization(
            momentum=momentum, epsilon=epsilon, center=center, scale=scale, name="inner",
            dtype=self.dtype_policy,
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the statistics of half the channels."""
        batch, length, channels = input_shape
        self.inner.build((batch, length, None if channels is None else channels // 2))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the normalized input; both strands count as examples of the same channel."""
        half = inputs.shape[-1] // 2
        strands = ops.concatenate([inputs[..., :half], ops.flip(inputs[..., half:], axis=-1)],
                                  axis=1)
        forward, other = ops.split(self.inner(strands, training=training), 2, axis=1)
        return ops.concatenate([forward, ops.flip(other, axis=-1)], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon,
                "center": self.center, "scale": self.scale}

"""What both strands say together."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class ReverseComplementPool(keras.layers.Layer):  # type: ignore[misc]
    """Joins each channel of a `ReverseComplementConv1D` with its reverse complement.

    What follows no longer tells the strands apart; after a global pooling the output is the same
    for a sequence and its reverse complement.

    Shrikumar, Greenside and Kundaje, Reverse-complement parameter sharing improves deep learning
    models for genomics, bioRxiv 2017, doi:10.1101/103663.

    Args:
        mode: how two channels become one: max, average or sum.

    Input and output: (batch, ..., channels) → (batch, ..., channels / 2).
    """

    def __init__(self, mode: str = "max", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.mode = mode

    def call(self, inputs: Any) -> Any:
        """Return one channel for each pair."""
        half = inputs.shape[-1] // 2
        forward, other = inputs[..., :half], ops.flip(inputs[..., half:], axis=-1)
        if self.mode == "max":
            return ops.maximum(forward, other)
        total = forward + other
        return total / 2 if self.mode == "average" else total

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        channels = input_shape[-1]
        return (*input_shape[:-1], None if channels is None else channels // 2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "mode": self.mode}

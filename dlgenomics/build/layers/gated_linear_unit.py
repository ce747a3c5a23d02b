"""Half of the channels gate the other half."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class GatedLinearUnit(keras.layers.Layer):  # type: ignore[misc]
    """Multiplies the first half of the channels by the activation of the second half.

    Behind a dense layer and with ``silu`` it is SwiGLU.

    Shazeer, GLU variants improve transformer, 2020, arXiv:2002.05202.

    Args:
        activation: what the second half passes through.

    Input and output: (..., 2 · channels) → (..., channels).
    """

    def __init__(self, activation: Any = "silu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = keras.activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """Return the gated half."""
        first, second = ops.split(inputs, 2, axis=-1)
        return first * self.activation(second)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        channels = input_shape[-1]
        return (*input_shape[:-1], None if channels is None else channels // 2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(),
                "activation": keras.activations.serialize(self.activation)}

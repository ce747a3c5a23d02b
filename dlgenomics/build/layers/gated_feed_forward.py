"""The feed-forward part of a transformer block whose channels are gated."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class GatedFeedForward(keras.layers.Layer):  # type: ignore[misc]
    """Two projections to more channels, one of which gates the other, and one back.

    ``(x · up + b) * activation(x · gate + c)``, then ``· down + d``; with ``silu`` it is SwiGLU.

    Shazeer, GLU variants improve transformer, 2020, arXiv:2002.05202.

    Args:
        units: channels between the projections.
        activation: what the gate passes through.
        use_bias: whether the three projections have biases.

    Input and output: (..., channels). Weights, in order: ``up_kernel`` (channels, units),
    ``up_bias``, ``gate_kernel``, ``gate_bias``, ``down_kernel`` (units, channels), ``down_bias``.
    """

    def __init__(self, units: int, activation: Any = "silu", use_bias: bool = True,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units, self.use_bias = units, use_bias
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the three projections."""
        channels = input_shape[-1]
        self.up_kernel, self.up_bias = self._projection("up", (channels, self.units))
        self.gate_kernel, self.gate_bias = self._projection("gate", (channels, self.units))
        self.down_kernel, self.down_bias = self._projection("down", (self.units, channels))

    def _projection(self, name: str, shape: tuple[int | None, ...]) -> tuple[Any, Any]:
        kernel = self.add_weight(name=f"{name}_kernel", shape=shape, initializer="he_normal")
        if not self.use_bias:
            return kernel, None
        return kernel, self.add_weight(name=f"{name}_bias", shape=shape[1:], initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return the gated channels, projected back."""
        up = _projected(inputs, self.up_kernel, self.up_bias)
        gate = self.activation(_projected(inputs, self.gate_kernel, self.gate_bias))
        return _projected(up * gate, self.down_kernel, self.down_bias)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "units": self.units, "use_bias": self.use_bias,
                "activation": keras.activations.serialize(self.activation)}


def _projected(inputs: Any, kernel: Any, bias: Any) -> Any:
    found = ops.matmul(inputs, kernel)
    return found if bias is None else found + bias

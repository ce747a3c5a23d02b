"""Convolution that finds a motif on both strands with one set of weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class ReverseComplementConv1D(keras.layers.Layer):  # type: ignore[misc]
    """Slides each kernel and its reverse complement along the sequence.

    There are ``filters`` kernels and twice as many output channels: channel i is kernel i, and the
    channel at the mirrored place (the last but i) is its reverse complement. The input is one-hot
    (A C G T) or the output of another such layer; for both, the complement is the reversal of the
    channels. The reverse complement of an input gives the reversed output with reversed channels.

    Shrikumar, Greenside and Kundaje, Reverse-complement parameter sharing improves deep learning
    models for genomics, bioRxiv 2017, doi:10.1101/103663.

    Args:
        filters: kernels; the output has twice as many channels.
        kernel_size, strides, padding, dilation_rate: as of Conv1D; padding is valid or same.
        activation: applied to the output.
        use_bias: add a bias to each kernel, the same on both strands.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            kernel_constraint, bias_constraint: as of Conv1D.

    Input and output: (batch, length, channels) → (batch, new length, 2 · filters).
    """

    def __init__(
        self, filters: int, kernel_size: int, strides: int = 1, padding: str = "valid",
        dilation_rate: int = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.padding, self.dilation_rate, self.use_bias = padding, dilation_rate, use_bias
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel (kernel_size, channels, filters) and bias (filters)."""
        self.kernel = self.add_weight(
            name="kernel", shape=(self.kernel_size, input_shape[-1], self.filters),
            initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer=self.bias_initializer,
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
            )

    def call(self, inputs: Any) -> Any:
        """Return the activations on both strands."""
        both = ops.concatenate([self.kernel, ops.flip(self.kernel, axis=(0, 1, 2))], axis=-1)
        found = ops.conv(inputs, both, strides=self.strides, padding=self.padding,
                         data_format="channels_last", dilation_rate=self.dilation_rate)
        if self.use_bias:
            found = found + ops.concatenate([self.bias, ops.flip(self.bias, axis=0)])
        return self.activation(found)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        batch, length, _ = input_shape
        window = (self.kernel_size - 1) * self.dilation_rate + 1
        if length is not None:
            wide = length if self.padding == "same" else length - window + 1
            length = -(-wide // self.strides)
        return (batch, length, 2 * self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        plain = ("filters", "kernel_size", "strides", "padding", "dilation_rate", "use_bias")
        made = {
            f"{weight}_{noun}": module.serialize(getattr(self, f"{weight}_{noun}"))
            for noun, module in (("initializer", keras.initializers),
                                 ("regularizer", keras.regularizers),
                                 ("constraint", keras.constraints))
            for weight in ("kernel", "bias")
        }
        return {**super().get_config(), **{name: getattr(self, name) for name in plain},
                "activation": keras.activations.serialize(self.activation), **made}

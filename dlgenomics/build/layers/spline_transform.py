"""Smooth functions of numbers that come as B-spline values."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class SplineTransform(keras.layers.Layer):  # type: ignore[misc]
    """Weighs the B-spline values of each feature: a smooth learned function of the number behind.

    concise calls it SplineT; the eCLIP models of Avsec et al., Modeling positional effects of
    regulatory sequences with spline transformations increases prediction accuracy of deep neural
    networks, Bioinformatics 2018, doi:10.1093/bioinformatics/btx727, use it for distances to gene
    landmarks.

    Args:
        shared_weights: one function for all features.
        use_bias: add a learned number to each feature; not with ``shared_weights``.
        kernel_initializer, kernel_regularizer: for the weights.

    Input and output: (batch, ..., features, bases) → (batch, ..., features).
    """

    def __init__(self, shared_weights: bool = False, use_bias: bool = False,
                 kernel_initializer: Any = "glorot_uniform", kernel_regularizer: Any = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shared_weights, self.use_bias = shared_weights, use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel (bases, features, or 1 if shared) and bias (features)."""
        features, bases = input_shape[-2:]
        self.kernel = self.add_weight(
            name="kernel", shape=(bases, 1 if self.shared_weights else features),
            initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
        )
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(features,), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return one number for each feature."""
        found = ops.sum(inputs * ops.transpose(self.kernel), axis=-1)
        return found + self.bias if self.use_bias else found

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape[:-1]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "shared_weights": self.shared_weights,
                "use_bias": self.use_bias,
                "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
                "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer)}

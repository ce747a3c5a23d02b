"""A floor under activations that is not their threshold."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class Threshold(keras.layers.Layer):  # type: ignore[misc]
    """Keeps what is greater than a threshold and replaces the rest by a value.

    DeepSEA's activation is threshold 0, value 1e-6: Zhou and Troyanskaya, Predicting effects of
    noncoding variants with deep learning-based sequence model, Nature Methods 2015,
    doi:10.1038/nmeth.3547.

    Args:
        threshold: inputs must exceed it to be kept.
        value: what stands for the others.
    """

    def __init__(self, threshold: float = 0.0, value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.threshold, self.value = threshold, value

    def call(self, inputs: Any) -> Any:
        """Return the input where it exceeds the threshold, else the value."""
        return ops.where(inputs > self.threshold, inputs,
                         ops.cast(self.value, self.compute_dtype))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "threshold": self.threshold, "value": self.value}

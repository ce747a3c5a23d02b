"""One vector for a sequence: the mean over its residues."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class TokenAverage(keras.layers.Layer):  # type: ignore[misc]
    """The mean of the vectors of residues: without pads and the tokens before and behind.

    Args:
        outside: the ids of tokens that are no residues.

    Inputs: (batch, tokens, channels) and ids, (batch, tokens). Output: (batch, channels); zeros
    where there is no residue.
    """

    def __init__(self, outside: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.outside = tuple(outside)

    def call(self, inputs: Any) -> Any:
        """Return the means."""
        x, tokens = inputs
        ids = ops.cast(tokens, "int32")
        counts = ops.ones_like(ids, dtype="bool")
        for one in self.outside:
            counts = ops.logical_and(counts, ops.not_equal(ids, one))
        counted = ops.cast(counts, "float32")[..., None]
        total = ops.sum(ops.cast(x, "float32") * counted, axis=1)
        return ops.cast(total / ops.maximum(ops.sum(counted, axis=1), 1.0), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous: Any = None) -> None:
        """Return None: there are no tokens any more."""

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        x, _ = input_shape
        return (x[0], x[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "outside": list(self.outside)}

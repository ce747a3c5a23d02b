"""Where a token stands among those that count, added to its channels: learned."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class RunningPositionEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector for each position, counted over the tokens that are no pads.

    As in ESM-1b and Nucleotide Transformer: the first token takes the vector ``pad + 1``, the next
    the one after it, and pads take the vector ``pad``.

    Args:
        length: how many vectors there are: positions, and ``pad + 1`` more.
        pad: the id of the token that fills batches up.

    Inputs: vectors, (batch, tokens, channels), and ids, (batch, tokens). Output: (batch, tokens,
    channels).
    """

    def __init__(self, length: int, pad: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.length, self.pad = length, pad

    def build(self, input_shape: Any) -> None:
        """Make the vectors, (length, channels)."""
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.length, input_shape[0][-1]),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02))

    def call(self, inputs: Any) -> Any:
        """Return the inputs plus the vectors."""
        x, tokens = inputs
        counts = ops.cast(ops.not_equal(ops.cast(tokens, "int32"), self.pad), "int32")
        places = ops.cumsum(counts, axis=1) * counts + self.pad
        return x + ops.take(ops.convert_to_tensor(self.embeddings), places, axis=0)

    def compute_mask(self, inputs: Any, previous: Any = None) -> Any:  # noqa: ARG002
        """Return the mask of the vectors."""
        return previous[0] if previous is not None else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "length": self.length, "pad": self.pad}

"""Where a token stands, added to its channels: learned, for sequences of any length up to one."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class TokenPositionEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector for each position, counted from 0.

    As in BERT: Devlin et al., 2018, arXiv:1810.04805. `PositionEmbedding` is for a fixed length.

    Args:
        length: the most positions there are.

    Input and output: (batch, tokens, channels), at most ``length`` tokens.
    """

    def __init__(self, length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.length = length

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the vectors, (length, channels)."""
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.length, input_shape[-1]),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02))

    def call(self, inputs: Any) -> Any:
        """Return the inputs plus the vectors."""
        return inputs + ops.convert_to_tensor(self.embeddings)[:ops.shape(inputs)[1]]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "length": self.length}

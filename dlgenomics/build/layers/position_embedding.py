"""Where a position stands, added to its channels: learned."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="dlgenomics")
class PositionEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector to each position, the same for every example.

    Gehring et al., Convolutional Sequence to Sequence Learning, 2017, arXiv:1705.03122.

    Args:
        embeddings_initializer, embeddings_regularizer: for the vectors.

    Input and output: (batch, length, channels); the length must be fixed.
    """

    def __init__(self, embeddings_initializer: Any = "random_uniform",
                 embeddings_regularizer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.embeddings_regularizer = keras.regularizers.get(embeddings_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the vectors, (length, channels)."""
        self.embeddings = self.add_weight(
            name="embeddings", shape=input_shape[1:], initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
        )

    def call(self, inputs: Any) -> Any:
        """Return the inputs plus the vectors."""
        return inputs + self.embeddings

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        initializer = keras.initializers.serialize(self.embeddings_initializer)
        regularizer = keras.regularizers.serialize(self.embeddings_regularizer)
        return {**super().get_config(), "embeddings_initializer": initializer,
                "embeddings_regularizer": regularizer}

"""BERT's vector of the first segment, which single sequences consist of."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="dlgenomics")
class SegmentEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Adds the learned vector of the first segment to every token.

    BERT reads pairs of sentences and has a vector for either: Devlin et al., 2018,
    arXiv:1810.04805. Biological models take one sequence, so only the first one counts.

    Args:
        segments: how many segments have a vector.

    Input and output: (batch, tokens, channels).
    """

    def __init__(self, segments: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.segments = segments

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the vectors, (segments, channels)."""
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.segments, input_shape[-1]),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02))

    def call(self, inputs: Any) -> Any:
        """Return the inputs plus the first vector."""
        return inputs + self.embeddings[0]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "segments": self.segments}

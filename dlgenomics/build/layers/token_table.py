"""The vectors of all tokens, as a tensor of the graph."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class TokenTable(keras.layers.Layer):  # type: ignore[misc]
    """Gives the learned vector of every token, whatever tokens come in.

    A layer of its own, so that the embedding and the scores behind the network (Press and Wolf,
    Using the output embedding to improve language models, 2016, arXiv:1608.05859) can take the
    same weights by name, as any other tensor of the graph.

    Args:
        vocabulary: how many tokens there are.
        channels: the length of each vector.

    Input: ids, (batch, tokens). Output: (1, vocabulary, channels), one for all examples.
    """

    def __init__(self, vocabulary: int, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.channels = vocabulary, channels

    def build(self, input_shape: tuple[int | None, ...]) -> None:  # noqa: ARG002 - any shape
        """Make the vectors, (vocabulary, channels)."""
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.vocabulary, self.channels),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02))

    def call(self, inputs: Any) -> Any:  # noqa: ARG002 - the ids do not matter
        """Return the vectors."""
        return ops.expand_dims(ops.convert_to_tensor(self.embeddings), 0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int, ...]:  # noqa: ARG002
        """Return the shape of the output."""
        return (1, self.vocabulary, self.channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "vocabulary": self.vocabulary, "channels": self.channels}

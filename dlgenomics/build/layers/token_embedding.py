"""Token ids → their vectors, and the mask that leaves pads out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class TokenEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Looks the vector of each token up in a table, and masks pads for the layers that follow.

    Args:
        pad: the id of the token that fills batches up.

    Inputs: ids, (batch, tokens), and a `TokenTable`. Output: (batch, tokens, channels).
    """

    def __init__(self, pad: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pad = pad

    def call(self, inputs: Any) -> Any:
        """Return the vectors."""
        tokens, table = inputs
        return ops.take(table[0], ops.cast(tokens, "int32"), axis=0)

    def compute_mask(self, inputs: Any, previous: Any = None) -> Any:  # noqa: ARG002
        """Return where tokens are no pads: (batch, tokens)."""
        return ops.not_equal(ops.cast(inputs[0], "int32"), self.pad)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        tokens, table = input_shape
        return (*tokens, table[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "pad": self.pad}

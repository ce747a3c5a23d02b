"""How well each token of the vocabulary fits each place."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class TokenScores(keras.layers.Layer):  # type: ignore[misc]
    """Scores all tokens at each place: products with the vectors of a table, plus a bias.

    Args:
        use_bias: whether each token has a bias.

    Inputs: (batch, tokens, channels) and a `TokenTable`. Output: logits, (batch, tokens,
    vocabulary).
    """

    def __init__(self, use_bias: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.use_bias = use_bias

    def build(self, input_shape: Any) -> None:
        """Make the bias, (vocabulary,)."""
        self.bias = self.add_weight(name="bias", shape=(input_shape[1][1],), initializer="zeros"
                                    ) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        """Return the logits."""
        x, table = inputs
        found = ops.matmul(x, ops.transpose(table[0]))
        return found if self.bias is None else found + self.bias

    def compute_mask(self, inputs: Any, previous: Any = None) -> Any:  # noqa: ARG002
        """Return the mask of the tokens."""
        return previous[0] if previous is not None else None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        x, table = input_shape
        return (*x[:-1], table[1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "use_bias": self.use_bias}

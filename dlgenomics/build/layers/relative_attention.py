"""Attention that knows how far apart two positions are."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from dlgenomics.build.layers.positions import relative_features


@keras.saving.register_keras_serializable(package="dlgenomics")
class RelativeMultiHeadAttention(keras.layers.Layer):  # type: ignore[misc]
    """Self-attention whose logits depend on content and on the distance between positions.

    A logit is ``(q + content_bias) · k + (q + position_bias) · r``, where r is a projection of
    fixed basis functions of the distance: exponential decays, central masks and gamma densities,
    each once as they are and once with the distance's sign.

    Enformer: Avsec et al., Effective gene expression prediction from sequence by integrating
    long-range interactions, Nature Methods 2021, doi:10.1038/s41592-021-01252-x. The form of the
    logits: Dai et al., Transformer-XL, 2019, arXiv:1901.02860.

    Args:
        num_heads: attention heads.
        key_dim: size of queries and keys of a head.
        value_dim: size of values of a head; the output has ``num_heads * value_dim`` channels.
        num_relative_position_features: basis functions, a multiple of 6 (3 if ``symmetric``);
            None takes the largest that ``value_dim`` holds.
        attention_dropout: rate of dropout on the attention weights.
        positional_dropout: rate of dropout on the basis functions.
        symmetric: leave out the functions with a sign, so that left and right are alike.
        zero_initialize: start with an output of zeros, for a residual block that begins as
            identity.

    Input and output: (batch, length, channels) → (batch, length, num_heads · value_dim); the
    length must be fixed. Masked positions are attended to by none.
    """

    def __init__(
        self, num_heads: int, key_dim: int, value_dim: int,
        num_relative_position_features: int | None = None, attention_dropout: float = 0.05,
        positional_dropout: float = 0.01, symmetric: bool = False, zero_initialize: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim
        self.num_relative_position_features = num_relative_position_features
        self.attention_dropout, self.positional_dropout = attention_dropout, positional_dropout
        self.symmetric, self.zero_initialize = symmetric, zero_initialize
        self.drop_attention = keras.layers.Dropout(attention_dropout, name="drop_attention",
                                                   dtype=self.dtype_policy)
        self.drop_positions = keras.layers.Dropout(positional_dropout, name="drop_positions",
                                                   dtype=self.dtype_policy)

    @property
    def features(self) -> int:
        """The number of basis functions."""
        unit = 3 if self.symmetric else 6
        return self.num_relative_position_features or self.value_dim // unit * unit

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the projections (no biases but the output's) and the two biases of the logits."""
        channels, heads = input_shape[-1], self.num_heads
        deep, wide = heads * self.key_dim, heads * self.value_dim
        self.query = self._weight("query", (channels, deep))
        self.key = self._weight("key", (channels, deep))
        self.value = self._weight("value", (channels, wide))
        self.position = self._weight("position", (self.features, deep))
        self.content_bias = self._weight("content_bias", (1, heads, 1, self.key_dim))
        self.position_bias = self._weight("position_bias", (1, heads, 1, self.key_dim))
        first = "zeros" if self.zero_initialize else "he_normal"
        self.output_kernel = self._weight("output_kernel", (wide, wide), first)
        self.output_bias = self._weight("output_bias", (wide,), "zeros")

    def _weight(self, name: str, shape: tuple[int | None, ...], first: str = "he_normal") -> Any:
        return self.add_weight(name=name, shape=shape, initializer=first)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the attended values of each position."""
        weights = self.weights_of(inputs, training, mask)
        weights = self.drop_attention(weights, training=training)
        value = self._heads(ops.matmul(inputs, self.value))
        found = ops.swapaxes(ops.matmul(weights, value), 1, 2)
        joined = ops.reshape(found, (-1, inputs.shape[1], self.num_heads * self.value_dim))
        return ops.matmul(joined, self.output_kernel) + self.output_bias

    def weights_of(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return how much each position attends to each: (batch, heads, length, length)."""
        query = self._heads(ops.matmul(inputs, self.query)) * self.key_dim**-0.5
        key = self._heads(ops.matmul(inputs, self.key))
        logits = ops.matmul(query + self.content_bias, ops.swapaxes(key, 2, 3))
        # A matmul that broadcasts over the batch crashes TensorFlow 2.21 with oneDNN in training.
        relative = ops.einsum("bhik,hjk->bhij", query + self.position_bias,
                              self._relative_keys(inputs.shape[1], training))
        logits = ops.cast(logits + _by_pair(relative), "float32")
        if mask is not None:
            logits = ops.where(mask[:, None, None, :], logits, -1e9)
        return ops.cast(ops.softmax(logits), self.compute_dtype)

    def _relative_keys(self, length: int, training: bool | None) -> Any:
        """Return a key for each distance: (heads, 2 * length - 1, key_dim)."""
        features = relative_features(length, self.features, symmetric=self.symmetric)
        tensor = ops.convert_to_tensor(features[None], dtype=self.compute_dtype)
        dropped = self.drop_positions(tensor, training=training)
        return self._heads(ops.matmul(dropped, self.position))[0]

    def _heads(self, tensor: Any) -> Any:
        """Split channels by head: (batch, length, heads · d) → (batch, heads, length, d)."""
        _, length, deep = tensor.shape
        split = ops.reshape(tensor, (-1, length, self.num_heads, deep // self.num_heads))
        return ops.swapaxes(split, 1, 2)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (*input_shape[:-1], self.num_heads * self.value_dim)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        names = ("num_heads", "key_dim", "value_dim", "num_relative_position_features",
                 "attention_dropout", "positional_dropout", "symmetric", "zero_initialize")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _by_pair(logits: Any) -> Any:
    """Return logits by pair of positions from logits by distance.

    ``found[..., i, j]`` is ``logits[..., i, j - i + length - 1]``. With a column of zeros in front,
    reading the rows as one row too long moves each by one place more than the row above.

    Args:
        logits: (batch, heads, length, 2 * length - 1), distances from 1 - length on.
    """
    _, heads, length, distances = logits.shape
    padded = ops.pad(logits, ((0, 0), (0, 0), (0, 0), (1, 0)))
    shifted = ops.reshape(padded, (-1, heads, distances + 1, length))[:, :, 1:]
    return ops.reshape(shifted, (-1, heads, length, distances))[..., :length]

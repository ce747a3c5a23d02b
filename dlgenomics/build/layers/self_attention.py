"""Self-attention among tokens."""

from __future__ import annotations

from typing import Any, Final

import keras
from keras import ops

from dlgenomics.build.layers.token_attention import attended, join_heads, split_heads

PROJECTIONS: Final = ("query", "key", "value", "output")


@keras.saving.register_keras_serializable(package="dlgenomics")
class SelfAttention(keras.layers.Layer):  # type: ignore[misc]
    """Each token takes a weighted mean of all tokens, once for each head.

    Vaswani et al., Attention is all you need, 2017, arXiv:1706.03762. It knows no positions.

    Args:
        num_heads: heads; they divide the channels.
        use_bias: whether the four projections have biases.

    Input and output: (batch, tokens, channels). Masked tokens are attended to by none. Weights, in
    order: ``query_kernel`` (channels, channels), ``query_bias``, and so on for ``key``, ``value``
    and ``output``.
    """

    def __init__(self, num_heads: int, use_bias: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads, self.use_bias = num_heads, use_bias

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the four projections."""
        channels = input_shape[-1]
        for name in PROJECTIONS:
            kernel = self.add_weight(name=f"{name}_kernel", shape=(channels, channels))
            setattr(self, f"{name}_kernel", kernel)
            bias = self.add_weight(name=f"{name}_bias", shape=(channels,), initializer="zeros"
                                   ) if self.use_bias else None
            setattr(self, f"{name}_bias", bias)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return what each token takes."""
        query, key, value = (split_heads(self.projected(inputs, name), self.num_heads)
                             for name in PROJECTIONS[:3])
        query, key = self.placed(query * query.shape[-1] ** -0.5), self.placed(key)
        taken = join_heads(attended(query, key, value, mask), inputs.shape[-1])
        return self.projected(taken, "output")

    def projected(self, x: Any, name: str) -> Any:
        """Return one projection of (..., channels)."""
        found = ops.matmul(x, getattr(self, f"{name}_kernel"))
        bias = getattr(self, f"{name}_bias")
        return found if bias is None else found + bias

    def placed(self, x: Any) -> Any:
        """Return queries or keys as they know their positions: here they do not."""
        return x

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "num_heads": self.num_heads, "use_bias": self.use_bias}

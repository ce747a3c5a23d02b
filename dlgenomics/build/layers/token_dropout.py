"""Vectors of tokens as a model expects them that was trained with some hidden."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class TokenDropout(keras.layers.Layer):  # type: ignore[misc]
    """Sets the vectors of masked tokens to 0 and scales all others to make up for them.

    In training a share ``rate`` of the tokens was 0; here the share m / n is, of m masked among n
    tokens. The factor (1 - rate) / (1 - m / n) is that of Rives et al., Biological structure and
    function emerge from scaling unsupervised learning, PNAS 2021, doi:10.1073/pnas.2016239118. It
    applies in prediction, unlike common dropout.

    Args:
        mask: the id of the token that hides another.
        rate: the share that was 0 in training: 15 % were chosen, 80 % of these masked.

    Inputs: vectors, (batch, tokens, channels), whose mask says which tokens count, and ids, (batch,
    tokens). Output: (batch, tokens, channels).
    """

    def __init__(self, mask: int, rate: float = 0.12, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.mask, self.rate = mask, rate

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the vectors, some of them 0."""
        x, tokens = inputs
        hidden = ops.equal(ops.cast(tokens, "int32"), self.mask)
        counted = mask[0] if mask is not None else None
        counted = ops.ones_like(hidden) if counted is None else counted
        share = _count(hidden) / ops.maximum(_count(counted), 1.0)
        factor = (1.0 - self.rate) / ops.maximum(1.0 - share, 1e-6)
        kept = ops.where(hidden[..., None], ops.zeros_like(x), x)
        return kept * ops.cast(factor, x.dtype)[:, None, None]

    def compute_mask(self, inputs: Any, previous: Any = None) -> Any:  # noqa: ARG002
        """Return the mask of the vectors."""
        return previous[0] if previous is not None else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "mask": self.mask, "rate": self.rate}


def _count(true: Any) -> Any:
    """Return how many are true in each row, as float32: half precision counts to 256 only."""
    return ops.sum(ops.cast(true, "float32"), axis=-1)

"""What attention layers of language models share: heads, masks, rotation."""

from __future__ import annotations

from typing import Any, Final

from keras import ops

_NEVER: Final = -1e30
"""The score of a key that nobody may look at; finite, so that rows of pads alone stay numbers."""


def split_heads(x: Any, heads: int) -> Any:
    """(batch, tokens, channels) → (batch, heads, tokens, channels / heads)."""
    batch, tokens = ops.shape(x)[:2]
    return ops.transpose(ops.reshape(x, (batch, tokens, heads, x.shape[-1] // heads)), (0, 2, 1, 3))


def join_heads(x: Any, channels: int) -> Any:
    """(batch, heads, tokens, size) → (batch, tokens, channels)."""
    batch, _, tokens, _ = ops.shape(x)
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (batch, tokens, channels))


def attended(query: Any, key: Any, value: Any, mask: Any) -> Any:
    """Return the values that each query takes: softmax(q · k) v.

    Args:
        query: (batch, heads, tokens, size), scaled already.
        key: the same shape.
        value: the same shape.
        mask: true at the keys that count, (batch, tokens), or None.

    The softmax is taken in float32 whatever the layer computes in.
    """
    scores = ops.cast(ops.matmul(query, ops.swapaxes(key, -1, -2)), "float32")
    if mask is not None:
        scores = ops.where(mask[:, None, None, :], scores, _NEVER)
    return ops.matmul(ops.cast(ops.softmax(scores), value.dtype), value)


def turned(x: Any, max_wavelength: float) -> Any:
    """Turn the channels of each position by angles that grow with it, counted from 0.

    Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021,
    arXiv:2104.09864. A channel of the first half turns together with its fellow in the second.

    Args:
        x: (batch, heads, tokens, size).
        max_wavelength: the base of the geometric series of wavelengths.
    """
    tokens, half = ops.shape(x)[2], x.shape[-1] // 2
    speed = max_wavelength ** (-ops.arange(half, dtype="float32") / half)
    angle = ops.arange(tokens, dtype="float32")[:, None] * speed[None, :]
    cos, sin = ops.cos(angle), ops.sin(angle)
    first, second = ops.split(ops.cast(x, "float32"), 2, axis=-1)
    both = [first * cos - second * sin, second * cos + first * sin]
    return ops.cast(ops.concatenate(both, axis=-1), x.dtype)

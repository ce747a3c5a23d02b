"""The weights of layers with attention, as tensors."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.explain.attention_layers import GIVES_SCORES
from dlgenomics.explain.graph import SEPARATE
from dlgenomics.spec.types import Layer


def attention_weights(layer: Layer, made: keras.Layer, before: list[Any]) -> Any:
    """Return how much each position is attended to, the mean over heads and over who attends.

    Returns:
        Shape (batch, positions); each row adds to 1.
    """
    if layer.kind in GIVES_SCORES:
        given = before if layer.kind in SEPARATE else [before]
        weights = made(*given, return_attention_scores=True, training=False)[1]
    else:
        weights = made.weights_of(before[0])
    if layer.kind == "AttentionSummary":
        return weights[..., 0]
    return tf.reduce_mean(weights, axis=list(range(1, len(weights.shape) - 1)))


def shared_by_bases(weights: Any, position: NDArray[np.int64]) -> Any:
    """Return what each base gets of what its position gets.

    Args:
        weights: shape (batch, positions).
        position: the position that each base belongs to: shape (length,).
    """
    sharing = np.bincount(position)[position].astype(np.float32)
    return tf.gather(weights, position, axis=1) / sharing

"""Losses as a spec means them: missing labels left out, classes weighted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import keras
import tensorflow as tf
from keras import ops

from dlgenomics.build.objects import make_object
from dlgenomics.spec.arguments import Reference

_OVER_THE_LAST_AXIS: Final = ("CategoricalCrossentropy", "KLDivergence", "CosineSimilarity")
"""Losses of a whole row, such as the classes of one example; the others are of each number."""


class MultinomialNLL(keras.losses.Loss):  # type: ignore[misc]
    """How unlikely the counts of a profile are, given its total and the predicted shape.

    The network predicts logits; their softmax over the positions is the shape. Introduced for
    profiles by BPNet (Avsec et al. 2021, Nature Genetics, 10.1038/s41588-021-00782-6).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each profile.

        Args:
            y_true: counts, shape (batch, positions, tracks).
            y_pred: logits, of the same shape.

        Returns:
            Shape (batch, tracks).
        """
        total = ops.sum(y_true, axis=1)
        ways = tf.math.lgamma(total + 1) - ops.sum(tf.math.lgamma(y_true + 1), axis=1)
        return -ways - ops.sum(y_true * ops.log_softmax(y_pred, axis=1), axis=1)


class TargetLoss(keras.losses.Loss):  # type: ignore[misc]
    """The loss of one target, averaged over the labels that are known.

    Args:
        base: the loss of one label, of one row (`_OVER_THE_LAST_AXIS`) or of one profile.
        class_weight: for labels 0 and 1 the weights of both in each column, shape (2, columns); for
            classes the weight of each, shape (1, classes). None weighs all alike.
    """

    def __init__(self, base: keras.losses.Loss,
                 class_weight: Sequence[Sequence[float]] | None = None) -> None:
        super().__init__(name=base.name)
        self.base = base
        self.class_weight = class_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return each example's share: their mean is the mean over all labels known.

        Args:
            y_true: labels, the batch on axis 0; NaN is missing.
            y_pred: of the same shape.

        Returns:
            Shape (batch,).
        """
        known = ops.logical_not(ops.isnan(y_true))
        labels = ops.where(known, y_true, 0.0)
        values, counted = self._each(labels, y_pred, known)
        counted = ops.cast(counted, values.dtype)
        weighted = values * counted * self._weights(labels, values)
        axes = list(range(1, len(weighted.shape)))
        each = ops.sum(weighted, axis=axes) if axes else weighted
        batch = ops.cast(ops.shape(y_true)[0], values.dtype)
        return each * batch / ops.maximum(ops.sum(counted), 1.0)

    def _each(self, labels: Any, y_pred: Any, known: Any) -> tuple[Any, Any]:
        """Return the loss of each label, row or profile, and which of them are known."""
        if isinstance(self.base, MultinomialNLL):
            return self.base.call(labels, y_pred), ops.all(known, axis=1)
        if type(self.base).__name__ in _OVER_THE_LAST_AXIS:
            return self.base.call(labels, y_pred), ops.all(known, axis=-1)
        return self.base.call(labels[..., None], y_pred[..., None]), known

    def _weights(self, labels: Any, values: Any) -> Any:
        if self.class_weight is None:
            return 1.0
        weights = ops.convert_to_tensor(self.class_weight, dtype=values.dtype)
        if len(self.class_weight) == 1:
            return ops.sum(labels * weights[0], axis=-1)
        return labels * weights[1] + (1 - labels) * weights[0]


def make_loss(reference: Reference,
              class_weight: Sequence[Sequence[float]] | None = None) -> TargetLoss:
    """Return the loss that a spec names."""
    if reference.name == MultinomialNLL.__name__:
        return TargetLoss(MultinomialNLL(), class_weight)
    return TargetLoss(make_object(keras.losses, reference), class_weight)

"""How much each class counts in training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError
from dlgenomics.spec.types import Spec

ClassWeights = list[list[float]]
"""Weights of labels 0 and 1 in each column, two rows; or one row with the weight of each class."""


def class_weights(spec: Spec, target: str, labels: NDArray[np.float32]) -> ClassWeights | None:
    """Return the class weights of a target, or None where the spec asks for none.

    ``balanced`` is total / (classes x count): each class then counts alike. It is computed in each
    column on the labels that are known.

    Args:
        spec: says which.
        target: the target's name.
        labels: of the training examples, shape (examples, columns); NaN is missing.

    Raises:
        DataError: a class to be balanced has no training example.
    """
    written = spec.training.class_weight.get(target)
    if written is None:
        return None
    is_choice = spec.task_of(target) == "multiclass_classification"
    names = list(spec.data.targets[target].names) if is_choice else ["0", "1"]
    if isinstance(written, Mapping):
        each = [float(written[name]) for name in names]
        return [each] if is_choice else [[weight] * labels.shape[1] for weight in each]
    known = (~np.isnan(labels)).sum(axis=0)
    positive = np.nansum(labels, axis=0)
    counts = positive[None] if is_choice else np.stack([known - positive, positive])
    if (counts == 0).any():
        raise DataError("class_weight: balanced needs every class among the training examples. "
                        f"Received: {int(positive.min())} positives of {len(labels)} in target "
                        f"{target!r}.", path=spec.name)
    weights: ClassWeights = (known / (len(names) * counts)).tolist()
    return weights

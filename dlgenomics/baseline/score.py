"""A metric of a target's columns; missing labels are left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.train.metrics import measure, measure_classes

Values = NDArray[np.floating[Any]]


def score(metric: str, task: str, truth: Values, predicted: Values) -> float:
    """Return a metric, averaged over the columns in which it is defined.

    Args:
        metric: a name that a spec may use.
        task: the target's task.
        truth: shape (examples, columns); NaN where a label is missing.
        predicted: shape (examples, columns).
    """
    if task == "multiclass_classification":
        known = ~np.isnan(truth).any(axis=1)
        return measure_classes(metric, truth[known], predicted[known])
    each = [_of_column(metric, *pair) for pair in zip(truth.T, predicted.T, strict=True)]
    return float(np.nanmean(each)) if not np.isnan(each).all() else float("nan")


def _of_column(metric: str, truth: Values, predicted: Values) -> float:
    known = ~np.isnan(truth)
    if not known.any():
        return float("nan")
    return measure(metric, truth[known][:, None], predicted[known][:, None])

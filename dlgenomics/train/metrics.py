"""Metrics on whole arrays, exact: no thresholds, no batches.

Arrays are one-dimensional: ``truth`` holds 0 and 1 (or measured values), ``score`` what the model
gave. Where a metric has no value (one class only) it is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.spec.metrics import fdr_of
from dlgenomics.spec.targets import Task

Values = NDArray[np.floating[Any]]


def auroc(truth: Values, score: Values) -> float:
    """Return the area under the ROC curve: P(score of a positive > of a negative), ties half."""
    positives = int((truth == 1).sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    above = _ranks(score)[truth == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def roc_curve(truth: Values, score: Values) -> tuple[Values, Values]:
    """Return false- and true-positive rates at every threshold, from (0, 0) to (1, 1)."""
    false, true = _counts_at_thresholds(truth, score)
    return (np.append(0.0, false / max(false[-1], 1)), np.append(0.0, true / max(true[-1], 1)))


def precision_recall_curve(truth: Values, score: Values) -> tuple[Values, Values]:
    """Return precision and recall at every threshold, from the highest score to the lowest."""
    false, true = _counts_at_thresholds(truth, score)
    return true / (true + false), true / max(true[-1], 1)


def _counts_at_thresholds(truth: Values, score: Values) -> tuple[Values, Values]:
    """Return how many negatives and positives score at least each distinct score, descending."""
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    true = np.cumsum(truth[order] == 1)[last_of_tie].astype(float)
    return last_of_tie + 1 - true, true


def auprc(truth: Values, score: Values) -> float:
    """Return average precision: precision summed over the steps of recall, no interpolation."""
    if not (truth == 1).any():
        return float("nan")
    precision, recall = precision_recall_curve(truth, score)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def recall_at_fdr(truth: Values, score: Values, fdr: float) -> float:
    """Return the greatest recall of any threshold whose false-discovery rate is at most ``fdr``.

    All thresholds are looked at: precision is not monotone, so a search that assumes it is can
    miss the best one.
    """
    if not (truth == 1).any():
        return float("nan")
    precision, recall = precision_recall_curve(truth, score)
    return float(recall[precision >= 1 - fdr].max(initial=0.0))


def accuracy(truth: Values, score: Values) -> float:
    """Return the share of examples on the right side of 0.5."""
    return float(((score > 0.5) == (truth > 0.5)).mean())


def _calls(truth: Values, score: Values) -> tuple[int, int, int, int]:
    """Return true positives, false positives, false negatives, true negatives at 0.5."""
    called, positive = score > 0.5, truth > 0.5
    return (int((called & positive).sum()), int((called & ~positive).sum()),
            int((~called & positive).sum()), int((~called & ~positive).sum()))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def balanced_accuracy(truth: Values, score: Values) -> float:
    """Return the mean of sensitivity and specificity at 0.5."""
    tp, fp, fn, tn = _calls(truth, score)
    return (_share(tp, tp + fn) + _share(tn, tn + fp)) / 2


def precision(truth: Values, score: Values) -> float:
    """Return the share of calls at 0.5 that are right; 0 where nothing is called."""
    tp, fp, _, _ = _calls(truth, score)
    return tp / max(tp + fp, 1)


def recall(truth: Values, score: Values) -> float:
    """Return the share of positives called at 0.5."""
    tp, _, fn, _ = _calls(truth, score)
    return _share(tp, tp + fn)


def f1(truth: Values, score: Values) -> float:
    """Return the harmonic mean of precision and recall at 0.5."""
    tp, fp, fn, _ = _calls(truth, score)
    return _share(2 * tp, 2 * tp + fp + fn)


def mse(truth: Values, score: Values) -> float:
    """Return the mean squared error."""
    return float(((truth - score) ** 2).mean())


def mae(truth: Values, score: Values) -> float:
    """Return the mean absolute error."""
    return float(np.abs(truth - score).mean())


def pearson(truth: Values, score: Values) -> float:
    """Return Pearson's correlation; NaN where either side is constant."""
    if not np.ptp(truth) or not np.ptp(score):
        return float("nan")
    return float(np.corrcoef(truth, score)[0, 1])


def spearman(truth: Values, score: Values) -> float:
    """Return Spearman's rank correlation; ties have their mean rank."""
    return pearson(_ranks(truth), _ranks(score))


def _ranks(values: Values) -> Values:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Values = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return found


def jensen_shannon(truth: Values, score: Values) -> Values:
    """Return the Jensen-Shannon distance (base 2) of each profile.

    Args:
        truth: at least 0, shape (profiles, positions).
        score: of the same shape.

    Returns:
        Shape (profiles,), 0 to 1; NaN where a side has no signal.
    """
    p, q = _shares(truth), _shares(score)
    middle = (p + q) / 2
    return np.sqrt(np.maximum((_entropy_from(p, middle) + _entropy_from(q, middle)) / 2, 0))


def _shares(values: Values) -> Values:
    """Return each row divided by its sum; negative values count as none."""
    values = np.maximum(values, 0)
    totals = values.sum(axis=1, keepdims=True)
    found: Values = np.divide(values, totals, out=np.full_like(values, np.nan), where=totals > 0)
    return found


def _entropy_from(p: Values, q: Values) -> Values:
    """Return the Kullback-Leibler divergence of each row of p from q, in bits."""
    logs = np.log2(np.divide(p, q, out=np.ones_like(p), where=p > 0))
    found: Values = (p * logs).sum(axis=1)
    return found


def profile_pearson(truth: Values, score: Values) -> Values:
    """Return Pearson's correlation along each row; NaN where either side is constant."""
    truth = truth - truth.mean(axis=1, keepdims=True)
    score = score - score.mean(axis=1, keepdims=True)
    scale = np.sqrt((truth ** 2).sum(axis=1) * (score ** 2).sum(axis=1))
    found: Values = np.divide((truth * score).sum(axis=1), scale,
                              out=np.full(len(truth), np.nan), where=scale > 0)
    return found


def softmax(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Return values as shares that add up to 1 along an axis."""
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    found: NDArray[Any] = powers / powers.sum(axis=axis, keepdims=True)
    return found


_METRICS: Final[Mapping[str, Callable[[Values, Values], float]]] = {
    "accuracy": accuracy, "auroc": auroc, "auprc": auprc, "balanced_accuracy": balanced_accuracy,
    "precision": precision, "recall": recall, "f1": f1,
    "mse": mse, "mae": mae, "pearson": pearson, "spearman": spearman,
}

_BY_PROFILE: Final[Mapping[str, Callable[[Values, Values], Values]]] = {
    "profile_pearson": profile_pearson, "jsd": jensen_shannon,
}

_BY_CALL: Final = ("accuracy", "balanced_accuracy", "precision", "recall", "f1")
"""Metrics of calls: with several classes, the class with the highest score is called."""


def measure_columns(metric: str, truth: NDArray[Any], score: NDArray[Any],
                    task: Task) -> NDArray[np.float64]:
    """Return a metric of a spec, one value a column, of the labels that are known.

    Args:
        metric: a name that a spec may use, such as ``auroc`` or ``recall_at_5_fdr``.
        truth: shape (examples, ..., columns); NaN is missing. Positions count as examples.
        score: of the same shape.
        task: what the columns are.

    Returns:
        Shape (columns,); of shape (1,) for accuracy and balanced accuracy of classes.
    """
    truth, score = truth.astype(np.float64), score.astype(np.float64)
    if metric in _BY_PROFILE:
        return _by_profile(metric, truth, score)
    truth, score = truth.reshape(-1, truth.shape[-1]), score.reshape(-1, score.shape[-1])
    if task == "multiclass_classification" and metric in _BY_CALL:
        return _by_class(metric, truth, score)
    rate = fdr_of(metric)
    one = _METRICS[metric] if rate is None else lambda t, s: recall_at_fdr(t, s, rate)
    return np.array([_of_known(one, t, s) for t, s in zip(truth.T, score.T, strict=True)])


def _of_known(one: Callable[[Values, Values], float], truth: Values, score: Values) -> float:
    known = ~np.isnan(truth)
    return one(truth[known], score[known]) if known.any() else float("nan")


def _by_class(metric: str, truth: Values, score: Values) -> NDArray[np.float64]:
    """Return a metric of calls between classes, whose labels are one-hot rows."""
    known = ~np.isnan(truth).any(axis=1)
    truth = truth[known]
    called = np.eye(truth.shape[1])[score[known].argmax(axis=1)]
    if metric == "accuracy":
        return np.array([(truth * called).sum() / len(truth)]) if len(truth) else np.array([np.nan])
    each = np.array([_METRICS["recall" if metric == "balanced_accuracy" else metric](t, c)
                     for t, c in zip(truth.T, called.T, strict=True)])
    if metric == "balanced_accuracy":
        return np.array([np.nanmean(each)]) if not np.isnan(each).all() else np.array([np.nan])
    return each


def _by_profile(metric: str, truth: Values, score: Values) -> NDArray[np.float64]:
    """Return the mean over the profiles of each track; arrays are (examples, positions, tracks)."""
    found = []
    for track in range(truth.shape[-1]):
        known = ~np.isnan(truth[..., track]).any(axis=1)
        each = _BY_PROFILE[metric](truth[known, :, track], score[known, :, track])
        found.append(np.nanmean(each) if not np.isnan(each).all() else np.nan)
    return np.array(found)


def measure(metric: str, truth: NDArray[Any], score: NDArray[Any],
            task: Task = "regression") -> float:
    """Return a metric of a spec, averaged over columns; see `measure_columns`."""
    each = measure_columns(metric, truth, score, task)
    return float(np.nanmean(each)) if not np.isnan(each).all() else float("nan")


def measure_classes(metric: str, truth: NDArray[Any], score: NDArray[Any]) -> float:
    """Return a metric of a multi-class target, whose columns are classes."""
    return measure(metric, truth, score, "multiclass_classification")

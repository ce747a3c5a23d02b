"""The metrics that a spec may ask for, with titles and meanings: one table for all rooms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.targets import Task


@dataclass(frozen=True)
class MetricFact:
    """What is known of a metric.

    Attributes:
        title: its name for people.
        meaning: what it says, in a sentence.
        tasks: the tasks that it makes sense for.
        is_error: whether less is better; otherwise more is, and 1 is best.
    """

    title: str
    meaning: str
    tasks: tuple[Task, ...]
    is_error: bool = False


_CALLS: Final[tuple[Task, ...]] = ("binary_classification", "multilabel_classification")
_CLASSES: Final[tuple[Task, ...]] = (*_CALLS, "multiclass_classification")
_VALUES: Final[tuple[Task, ...]] = ("regression", "profile")
_PROFILES: Final[tuple[Task, ...]] = ("profile",)

METRICS: Final[Mapping[str, MetricFact]] = {
    "auroc": MetricFact(
        "AUROC", "Chance that a random positive scores above a random negative; guessing gives "
        "0.5. With several classes each is set against the rest.", _CLASSES),
    "auprc": MetricFact(
        "AUPRC", "Precision averaged over recall; guessing gives the share of positives.",
        _CLASSES),
    "accuracy": MetricFact("Accuracy", "Share of examples whose call is right.", _CLASSES),
    "balanced_accuracy": MetricFact(
        "Balanced accuracy", "Mean, over the classes, of the share of examples called right; "
        "guessing between two classes gives 0.5.", _CLASSES),
    "precision": MetricFact("Precision", "Share of positive calls that are right.", _CLASSES),
    "recall": MetricFact("Recall", "Share of positives that are called.", _CLASSES),
    "f1": MetricFact("F1", "Harmonic mean of precision and recall.", _CLASSES),
    "mse": MetricFact(
        "Mean squared error", "Mean of squared differences, in squared units of the measurement; "
        "less is better.", _VALUES, is_error=True),
    "mae": MetricFact(
        "Mean absolute error", "Mean of absolute differences, in units of the measurement; less is "
        "better.", _VALUES, is_error=True),
    "pearson": MetricFact(
        "Pearson correlation", "Linear correlation of predicted and measured values; guessing "
        "gives 0.", _VALUES),
    "spearman": MetricFact(
        "Spearman correlation", "Correlation of the ranks of predicted and measured values; "
        "guessing gives 0.", _VALUES),
    "profile_pearson": MetricFact(
        "Profile correlation", "Linear correlation along the positions of each profile, averaged; "
        "a flat guess gives 0.", _PROFILES),
    "jsd": MetricFact(
        "Jensen-Shannon distance", "Distance between the predicted and the measured shape of each "
        "profile, averaged; 0 is the same shape, 1 no overlap; less is better.", _PROFILES,
        is_error=True),
}

RECALL_PATTERN: Final = r"recall_at_([1-9][0-9]?)_fdr"
RECALL_FORM: Final = "recall_at_N_fdr"


def fdr_of(metric: str) -> float | None:
    """Return the false-discovery rate of ``recall_at_5_fdr`` as a share (0.05), else None."""
    found = re.fullmatch(RECALL_PATTERN, metric)
    return int(found[1]) / 100 if found else None


def metric_fact(metric: str) -> MetricFact:
    """Return what is known of a metric that a checked spec names."""
    rate = fdr_of(metric)
    if rate is None:
        return METRICS[metric]
    return MetricFact(
        f"Recall at {100 * rate:.0f} % FDR",
        f"Share of positives found while at most {100 * rate:.0f} % of the calls are false.",
        _CALLS)


def metric_problem(metric: object, task: Task) -> str | None:
    """Return what is wrong with a metric's name for a task, or None."""
    known = [name for name, fact in METRICS.items() if task in fact.tasks]
    known += [RECALL_FORM] if task in _CALLS else []
    if isinstance(metric, str):
        named = METRICS.get(metric)
        if (task in named.tasks) if named else (fdr_of(metric) and task in _CALLS):
            return None
    written = [name.replace("N", "5") for name in known]
    hint = did_you_mean(metric, written) if isinstance(metric, str) else ""
    return f"a metric for {task} must be one of {', '.join(known)}. Received: {metric!r}.{hint}"

"""What each task means for the output layer, the loss and the metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.types import Task


@dataclass(frozen=True)
class TaskRule:
    """The rules of one task.

    Attributes:
        activation: what the output layer gets where none is written.
        activations: what the output layer may have.
        loss: the loss where none is written.
        losses: the losses that make sense.
        metrics: the metrics where none are written.
        known_metrics: the metrics that may be asked for; ``recall_at_*_fdr`` stands for any number.
    """

    activation: str
    activations: tuple[str, ...]
    loss: str
    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    known_metrics: tuple[str, ...]


_BINARY_METRICS: Final = ("accuracy", "auroc", "auprc", "recall_at_*_fdr")

TASKS: Final[Mapping[Task, TaskRule]] = {
    "binary_classification": TaskRule(
        "sigmoid", ("sigmoid",), "BinaryCrossentropy", ("BinaryCrossentropy", "Hinge"),
        ("auroc", "auprc", "accuracy"), _BINARY_METRICS,
    ),
    "multilabel_classification": TaskRule(
        "sigmoid", ("sigmoid",), "BinaryCrossentropy", ("BinaryCrossentropy", "Hinge"),
        ("auroc", "auprc", "accuracy"), _BINARY_METRICS,
    ),
    "multiclass_classification": TaskRule(
        "softmax", ("softmax",), "CategoricalCrossentropy",
        ("CategoricalCrossentropy", "KLDivergence"), ("accuracy",), ("accuracy",),
    ),
    "regression": TaskRule(
        "linear",
        ("linear", "relu", "softplus", "sigmoid", "tanh", "exponential", "squareplus"),
        "MeanSquaredError",
        ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "Poisson",
         "CosineSimilarity"),
        ("mse", "mae", "pearson"), ("mse", "mae", "pearson"),
    ),
}

_RECALL: Final = re.compile(r"recall_at_(\d{1,2})_fdr")


def fdr_of(metric: str) -> float | None:
    """Return the false-discovery rate of ``recall_at_5_fdr`` as a share (0.05), else None."""
    found = _RECALL.fullmatch(metric)
    return int(found[1]) / 100 if found else None


def metric_problem(metric: object, task: Task) -> str | None:
    """Return what is wrong with a metric's name for a task, or None."""
    known = TASKS[task].known_metrics
    if isinstance(metric, str):
        if metric in known and "*" not in metric:
            return None
        if "recall_at_*_fdr" in known and fdr_of(metric):
            return None
    shown = ", ".join(known).replace("*", "N")
    hint = did_you_mean(metric, [*known, "recall_at_5_fdr"]) if isinstance(metric, str) else ""
    return f"a metric for {task} must be one of {shown}. Received: {metric!r}.{hint}"

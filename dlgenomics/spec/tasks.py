"""What each task means for the output layer, the loss and the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
    """

    activation: str
    activations: tuple[str, ...]
    loss: str
    losses: tuple[str, ...]
    metrics: tuple[str, ...]


TASKS: Final[Mapping[Task, TaskRule]] = {
    "binary_classification": TaskRule(
        "sigmoid", ("sigmoid",), "BinaryCrossentropy", ("BinaryCrossentropy", "Hinge"),
        ("auroc", "auprc", "accuracy"),
    ),
    "multilabel_classification": TaskRule(
        "sigmoid", ("sigmoid",), "BinaryCrossentropy", ("BinaryCrossentropy", "Hinge"),
        ("auroc", "auprc", "accuracy"),
    ),
    "multiclass_classification": TaskRule(
        "softmax", ("softmax",), "CategoricalCrossentropy",
        ("CategoricalCrossentropy", "KLDivergence"), ("accuracy",),
    ),
    "regression": TaskRule(
        "linear",
        ("linear", "relu", "softplus", "sigmoid", "tanh", "exponential", "squareplus"),
        "MeanSquaredError",
        ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "Poisson",
         "CosineSimilarity"),
        ("mse", "mae", "pearson"),
    ),
}

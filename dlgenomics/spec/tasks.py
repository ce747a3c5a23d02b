"""What each task means for the output layer, the loss and the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dlgenomics.spec.targets import Task


@dataclass(frozen=True)
class TaskRule:
    """The rules of one task.

    Attributes:
        activation: what the output layer gets where none is written.
        activations: what the output layer may have.
        loss: the loss where none is written; empty where nothing is fitted.
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
        "sigmoid", ("sigmoid",), "BinaryCrossentropy",
        ("BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge"),
        ("auroc", "auprc", "accuracy"),
    ),
    "multilabel_classification": TaskRule(
        "sigmoid", ("sigmoid",), "BinaryCrossentropy",
        ("BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge"),
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
         "CosineSimilarity", "MeanSquaredLogarithmicError"),
        ("mse", "mae", "pearson"),
    ),
    "profile": TaskRule(
        "linear", ("linear", "relu", "softplus", "exponential", "squareplus", "softmax"),
        "MultinomialNLL",
        ("MultinomialNLL", "Poisson", "MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"),
        ("profile_pearson", "jsd"),
    ),
    "language_model": TaskRule("linear", ("linear",), "", (), ()),
}
"""A language model is read, not fitted, so its outputs have no losses."""


def implied_task(kind: str, columns: int, loss: str | None) -> Task | None:
    """Return the task that a target of a multitask spec has where it says none, or None.

    Args:
        kind: the target's kind.
        columns: how many columns it names.
        loss: the Keras name of its loss, where one is written.
    """
    by_kind: dict[str, Task] = {"classes": "multiclass_classification",
                                "bigwig_profile": "profile", "bigwig_counts": "regression",
                                "tokens": "language_model"}
    if kind in by_kind:
        return by_kind[kind]
    if loss in TASKS["binary_classification"].losses:
        return "binary_classification" if columns == 1 else "multilabel_classification"
    tasks: tuple[Task, ...] = ("multiclass_classification", "regression", "profile")
    return next((task for task in tasks if loss in TASKS[task].losses), None)

"""Exact losses and metrics of a network on some examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.examples import Examples
from dlgenomics.data.feed import Feed
from dlgenomics.data.split import Rows
from dlgenomics.progress import Progress
from dlgenomics.spec.types import Spec
from dlgenomics.train.dataset import single
from dlgenomics.train.losses import make_loss
from dlgenomics.train.metrics import measure_columns, softmax

EVALUATION_BATCH: Final = 512
STORED_VALUES: Final = 64_000_000
"""How many predicted numbers of a target a run stores: those of the first examples."""

Metrics = dict[str, dict[str, dict[str, float]]]
"""Values by part of the data (validation, test), target and metric."""

ColumnMetrics = dict[str, dict[str, dict[str, dict[str, float]]]]
"""Values by part of the data, target, column and metric."""


@dataclass(frozen=True)
class Answers:
    """What a network says of some examples, beside what is true of them.

    Attributes:
        scores: predictions by target, the examples on axis 0.
        labels: of the same shapes; NaN is a label that is missing.
    """

    scores: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.float32]]


def answer(model: keras.Model, spec: Spec, examples: Examples, rows: Rows) -> Answers:
    """Predict some examples as they are: neither shuffled nor augmented."""
    feed = Feed(examples, rows, spec.data, EVALUATION_BATCH)
    scores: dict[str, list[Any]] = {name: [] for name in spec.model.outputs}
    labels: dict[str, list[Any]] = {name: [] for name in spec.model.outputs}
    for index in range(len(feed)):
        batch = feed.batch(feed.order(0), 0, index)
        used = {name: batch.inputs[name] for name in spec.model.inputs}
        found = model.predict_on_batch(single(used))
        found = found if isinstance(found, dict) else {spec.model.outputs[0]: found}
        for name in spec.model.outputs:
            scores[name].append(found[name])
            labels[name].append(batch.targets[name])
    return Answers({k: np.concatenate(v) for k, v in scores.items()},
                   {k: np.concatenate(v) for k, v in labels.items()})


def data_losses(spec: Spec, answers: Answers) -> dict[str, float]:
    """Return the loss of each target over all labels known; classes count as they are."""
    return {name: float(make_loss(spec.training.loss[name])(answers.labels[name], scores))
            for name, scores in answers.scores.items()}


def column_metrics(spec: Spec, answers: Answers,
                   target: str) -> dict[str, NDArray[np.float64]]:
    """Return each metric of a target, one value a column (one in all for accuracy of classes)."""
    scores, labels = answers.scores[target], answers.labels[target]
    if spec.training.loss[target].name == "MultinomialNLL":
        scores = softmax(scores, axis=1)
    task = spec.task_of(target)
    return {metric: measure_columns(metric, labels, scores, task)
            for metric in spec.training.metrics[target]}


def mean_known(values: NDArray[np.float64]) -> float:
    """Return the mean of the values that exist, else NaN."""
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


def target_metrics(spec: Spec, answers: Answers, target: str) -> dict[str, float]:
    """Return each metric of a target, averaged over its columns."""
    return {k: mean_known(v) for k, v in column_metrics(spec, answers, target).items()}


def evaluate_parts(
    model: keras.Model, spec: Spec, examples: Examples, progress: Progress
) -> tuple[dict[str, NDArray[Any]], Metrics, ColumnMetrics]:
    """Predict the validation and test sets and measure the predictions.

    Returns:
        The arrays ``part/target`` (predictions) and ``part/target/labels``; the metrics that the
        spec asks for; and the same by column. A part without rows is left out.
    """
    parts = {"validation": examples.parts.validation, "test": examples.parts.test}
    arrays: dict[str, NDArray[Any]] = {}
    metrics: Metrics = {}
    columns: ColumnMetrics = {}
    for done, (part, rows) in enumerate(parts.items()):
        progress("evaluate", done, len(parts))
        if not len(rows):
            continue
        answers = answer(model, spec, examples, rows)
        metrics[part], columns[part] = {}, {}
        for name, scores in answers.scores.items():
            each = column_metrics(spec, answers, name)
            metrics[part][name] = {k: mean_known(v) for k, v in each.items()}
            columns[part][name] = by_column(spec, name, each)
            stored = _stored(scores)
            arrays[f"{part}/{name}"] = scores[:stored]
            arrays[f"{part}/{name}/labels"] = answers.labels[name][:stored]
    progress("evaluate", len(parts), len(parts))
    return arrays, metrics, columns


def by_column(spec: Spec, target: str,
              each: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    """Return metrics by column; those without a value for each column are left out."""
    names = spec.data.targets[target].names
    full = {metric: values for metric, values in each.items() if len(values) == len(names)}
    return {column: {metric: float(values[i]) for metric, values in full.items()}
            for i, column in enumerate(names)}


def _stored(scores: NDArray[Any]) -> int:
    """Return how many of the examples' predictions are stored."""
    return max(1, min(len(scores), STORED_VALUES // max(1, int(np.prod(scores.shape[1:])))))

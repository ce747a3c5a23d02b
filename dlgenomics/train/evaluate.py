"""Exact metrics of a trained model on the parts of the data that were held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.examples import Examples
from dlgenomics.data.feed import TrainingFeed
from dlgenomics.data.split import Rows
from dlgenomics.progress import Progress
from dlgenomics.spec.types import Spec
from dlgenomics.train.dataset import FeedDataset
from dlgenomics.train.metrics import measure, measure_classes

EVALUATION_BATCH: Final = 512

Metrics = dict[str, dict[str, dict[str, float]]]
"""Values by part of the data (validation, test), target and metric."""


def evaluation_set(spec: Spec, examples: Examples, rows: Rows) -> FeedDataset:
    """Return rows in their order, as they are: neither shuffled nor augmented."""
    return FeedDataset(TrainingFeed(examples, rows, spec.data.inputs, EVALUATION_BATCH))


def evaluate_parts(
    model: keras.Model, spec: Spec, examples: Examples, progress: Progress
) -> tuple[dict[str, NDArray[Any]], Metrics]:
    """Predict the validation and test sets and measure the predictions.

    Returns:
        The arrays ``part/target`` (predictions) and ``part/target/labels``, shape (rows, columns);
        and the metrics that the spec asks for. A part without rows is left out.
    """
    parts = {"validation": examples.parts.validation, "test": examples.parts.test}
    arrays: dict[str, NDArray[Any]] = {}
    metrics: Metrics = {}
    for done, (part, rows) in enumerate(parts.items()):
        progress("evaluate", done, len(parts))
        if not len(rows):
            continue
        found = _predicted(model, spec, examples, rows)
        metrics[part] = _measured(spec, examples, rows, found)
        for name, values in found.items():
            arrays[f"{part}/{name}"] = values
            arrays[f"{part}/{name}/labels"] = examples.labels[name][rows]
    progress("evaluate", len(parts), len(parts))
    return arrays, metrics


def _predicted(model: keras.Model, spec: Spec, examples: Examples,
               rows: Rows) -> dict[str, NDArray[np.float32]]:
    found = model.predict(evaluation_set(spec, examples, rows), verbose=0)
    return found if isinstance(found, dict) else {spec.model.outputs[0]: found}


def _measured(spec: Spec, examples: Examples, rows: Rows,
              predicted: Mapping[str, NDArray[np.float32]]) -> dict[str, dict[str, float]]:
    each = measure_classes if spec.task == "multiclass_classification" else measure
    return {
        name: {metric: each(metric, examples.labels[name][rows], predicted[name])
               for metric in spec.training.metrics[name]}
        for name in spec.model.outputs
    }

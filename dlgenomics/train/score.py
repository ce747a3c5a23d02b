"""How good a network is on some labelled examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.examples import Examples
from dlgenomics.data.split import Rows
from dlgenomics.spec.types import Spec
from dlgenomics.train.evaluate import (
    answer,
    by_column,
    column_metrics,
    data_losses,
    mean_known,
)


@dataclass(frozen=True)
class TargetScore:
    """One target.

    Attributes:
        labels: how many are known.
        loss: the spec's, averaged over them; classes count as they are.
        metrics: exact, averaged over columns; NaN where a metric is not defined.
        columns: the same by column.
        known: how many labels are known in each column.
    """

    labels: int
    loss: float
    metrics: Mapping[str, float]
    columns: Mapping[str, Mapping[str, float]]
    known: Mapping[str, int]


@dataclass(frozen=True)
class Score:
    """Some examples.

    Attributes:
        examples: how many there are.
        targets: how each target does.
    """

    examples: int
    targets: Mapping[str, TargetScore]


def score_examples(model: keras.Model, spec: Spec, examples: Examples, rows: Rows) -> Score:
    """Predict some examples as they are and measure the predictions.

    Args:
        model: the network of ``spec`` with its weights.
        spec: says what is measured.
        examples: where the rows come from.
        rows: which; at least one.
    """
    answers = answer(model, spec, examples, rows)
    losses = data_losses(spec, answers)
    found = {}
    for name in spec.model.outputs:
        each = column_metrics(spec, answers, name)
        known = _known(answers.labels[name])
        found[name] = TargetScore(
            labels=int(known.sum()), loss=losses[name],
            metrics={metric: mean_known(values) for metric, values in each.items()},
            columns=by_column(spec, name, each),
            known=dict(zip(spec.data.targets[name].names, known.tolist(), strict=False)),
        )
    return Score(len(rows), found)


def _known(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many labels of each column (the last axis) are known."""
    known: NDArray[np.int64] = (~np.isnan(labels)).reshape(-1, labels.shape[-1]).sum(axis=0)
    return known

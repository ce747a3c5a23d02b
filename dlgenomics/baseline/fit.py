"""Fits k-mer models on the examples that a network is trained on, and measures them alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.baseline.kmers import LARGEST_K, count_kmers
from dlgenomics.baseline.models import Baseline, baselines_for, require_sklearn
from dlgenomics.baseline.record import Metrics, Record
from dlgenomics.data.dna import central_codes
from dlgenomics.data.encoding import Codes
from dlgenomics.data.examples import Examples, labels_of
from dlgenomics.errors import DlgError
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.types import Spec
from dlgenomics.train.metrics import measure

DEFAULT_K: Final = 6
MOST_ROWS: Final = 50_000
"""More training examples than these are sampled: 6-mers of so many take 0.4 GB."""
MOST_COLUMNS: Final = 20
"""Of a target with more columns, so many are fitted, evenly spread."""
_CHUNK: Final = 4096

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Ground:
    """What every baseline of one fit stands on."""

    codes: Codes
    parts: Mapping[str, NDArray[np.int64]]
    sampled: NDArray[np.int64]
    counts: NDArray[np.float32]
    k: int
    both_strands: bool
    seed: int

    def predict(self, models: Sequence[Any], rows: NDArray[np.int64]) -> list[Values]:
        """Return each model's predictions of rows, whose k-mers are counted once for all."""
        found: list[list[Values]] = [[] for _ in models]
        for first in range(0, len(rows), _CHUNK):
            counts = count_kmers(self.codes[rows[first:first + _CHUNK]], self.k,
                                 both_strands=self.both_strands)
            for model, values in zip(models, found, strict=True):
                values.append(_answer(model, counts))
        return [np.concatenate(values) for values in found]


def fit_baselines(spec: Spec, examples: Examples, *, k: int = DEFAULT_K,
                  both_strands: bool = True, progress: Progress = silent) -> Record:
    """Fit k-mer models of each target and measure them on the validation and test sets.

    Args:
        spec: its metrics are measured, its seed is used.
        examples: with the split that the network has.
        k: length of the k-mers, from 1 to 10.
        both_strands: count a k-mer and its reverse complement as one.
        progress: told of each model fitted.

    Raises:
        DlgError: scikit-learn is not installed, ``k`` is out of range, or no target is of a kind
            that counts can predict.
    """
    version = require_sklearn()
    if not 1 <= k <= LARGEST_K:
        raise DlgError(f"k must be from 1 to {LARGEST_K}. Received: {k}.")
    ground = _ground(spec, examples, k, both_strands=both_strands)
    columns = {target: _fitted_columns(len(spec.data.targets[target].names), spec.task_of(target))
               for target in spec.model.outputs if baselines_for(spec.task_of(target))
               and len(spec.data.output_shape(target)) == 1}
    if not columns:
        raise DlgError("baselines are for classes and measured values. Received: "
                       f"{', '.join(spec.task_of(t) for t in spec.model.outputs)}.")
    metrics: dict[str, Metrics] = {}
    total = sum(len(baselines_for(spec.task_of(target))) for target in columns)
    everything = np.arange(len(examples.names))
    for target, chosen in columns.items():
        labels = labels_of(examples, target, everything)
        for name, baseline in baselines_for(spec.task_of(target)).items():
            progress("baselines", sum(map(len, metrics.values())), total)
            of_parts = _measured(ground, baseline, spec, target, labels, chosen)
            for part, values in of_parts.items():
                metrics.setdefault(name, {}).setdefault(part, {})[target] = values
    progress("baselines", total, total)
    return Record(k=k, both_strands=both_strands, seed=spec.training.seed, version=version,
                  examples=len(ground.sampled), training_examples=len(ground.parts["train"]),
                  columns={t: [spec.data.targets[t].names[i] for i in c]
                           for t, c in columns.items()}, metrics=metrics)


def _ground(spec: Spec, examples: Examples, k: int, *, both_strands: bool) -> _Ground:
    if not any(spec.data.inputs[name].kind == "dna" for name in spec.model.inputs):
        raise DlgError("baselines count k-mers, so they need an input of the kind dna. "
                       "Received: none.")
    codes, train, seed = central_codes(examples), examples.parts.train, spec.training.seed
    sampled = train
    if len(train) > MOST_ROWS:
        sampled = np.sort(np.random.default_rng([seed, 7]).choice(train, MOST_ROWS, replace=False))
    parts = {"train": train, "validation": examples.parts.validation, "test": examples.parts.test}
    return _Ground(codes, parts, sampled, count_kmers(codes[sampled], k, both_strands=both_strands),
                   k, both_strands, seed)


def _fitted_columns(count: int, task: str) -> list[int]:
    """Return the columns that are fitted: all, or `MOST_COLUMNS` evenly spread."""
    if count <= MOST_COLUMNS or task == "multiclass_classification":
        return list(range(count))
    return [round(place) for place in np.linspace(0, count - 1, MOST_COLUMNS)]


def _measured(ground: _Ground, baseline: Baseline, spec: Spec, target: str, labels: Values,
              columns: Sequence[int]) -> dict[str, dict[str, float]]:
    """Return the metrics of one baseline of one target, by held-out part."""
    task, metrics = spec.task_of(target), spec.training.metrics[target]
    if task == "multiclass_classification":
        predicted = _fit_classes(ground, baseline, labels)
    else:
        each = [_fit_column(ground, baseline, labels[:, column]) for column in columns]
        predicted = {part: np.stack([one[part] for one in each], axis=1) for part in each[0]}
    return {part: {m: measure(m, labels[ground.parts[part]][:, list(columns)], values, task)
                   for m in metrics} for part, values in predicted.items()}


def _fit_classes(ground: _Ground, baseline: Baseline, labels: Values) -> dict[str, Values]:
    """Return the shares of the classes that the best candidate gives, by held-out part."""
    known = np.asarray(~np.isnan(labels).any(axis=1))
    classes = np.nan_to_num(labels).argmax(axis=1)
    present = np.unique(classes[ground.sampled[known[ground.sampled]]])
    learnable = known & np.isin(classes, present)
    numbers = np.where(learnable, np.searchsorted(present, classes), np.nan)
    predicted = _fit_column(ground, baseline, numbers)
    return {part: _spread(values, present, labels.shape[1]) for part, values in predicted.items()}


def _spread(values: Values, present: NDArray[np.int64], count: int) -> Values:
    """Return shares of all classes from those of the classes that were in training."""
    found = np.zeros((len(values), count))
    found[:, present] = values if values.ndim == 2 else np.stack([1 - values, values], axis=1)
    return found


def _fit_column(ground: _Ground, baseline: Baseline, labels: Values) -> dict[str, Values]:
    """Return the predictions of the best candidate, by held-out part; missing labels are left out.

    Args:
        ground: counts and rows.
        baseline: gives the candidates.
        labels: shape (examples,): classes, or measured values.
    """
    known = ~np.isnan(labels[ground.sampled])
    truth = labels[ground.sampled][known]
    parts = {part: ground.parts[part] for part in ("validation", "test")
             if len(ground.parts[part])}
    if len(np.unique(truth)) < 2:  # nothing to learn: the constant itself
        constant = float(truth[0]) if len(truth) else 0.0
        return {part: np.full(len(rows), constant) for part, rows in parts.items()}
    models = [model.fit(ground.counts[known], truth) for model in baseline.candidates(ground.seed)]
    found = {part: ground.predict(models, rows) for part, rows in parts.items()}
    best = 0
    if len(models) > 1:
        held_out = labels[parts["validation"]]
        best = int(np.argmin([_cost(held_out, values) for values in found["validation"]]))
    return {part: values[best] for part, values in found.items()}


def _answer(model: Any, counts: NDArray[np.float32]) -> Values:
    """Return measured values, the share of the second class, or the shares of several classes."""
    if not hasattr(model, "predict_proba"):
        values: Values = model.predict(counts)
        return values
    shares: Values = model.predict_proba(counts)
    return shares[:, 1] if shares.shape[1] == 2 else shares


def _cost(truth: Values, predicted: Values) -> float:
    """Return the mean squared error; of shares, Brier's score."""
    known = ~np.isnan(truth)
    if predicted.ndim == 2:
        return 1 - float(np.mean(predicted[known, truth[known].astype(int)]))
    return float(np.mean((truth[known] - predicted[known]) ** 2))

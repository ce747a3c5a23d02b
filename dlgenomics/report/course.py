"""How a training went, in the numbers that a judgement needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from dlgenomics.report.outcome import HeldOut, Outcome, Values
from dlgenomics.report.words import metric_name, metric_value
from dlgenomics.train.metrics import measure, measure_classes

LOSSES: Final = ("data_loss", "val_data_loss")
"""Losses without the penalty, of the network as it predicts: like compared with like."""


@dataclass(frozen=True)
class Skill:
    """How much better than guessing: 0 is a guess, 1 is perfect."""

    value: float
    words: str


@dataclass(frozen=True)
class Course:
    """How training went.

    Attributes:
        training, validation: losses by epoch.
        kept: the epoch whose weights were kept, counted from 0.
        limit: the epochs that the spec allows.
        guess: the validation loss of the best constant guess, or None where it is not known.
        weighted: whether training loss weighs classes and so cannot be compared.
        metric: the first metric that is a share: name, training and validation values by epoch.
        skill: on validation examples, for the target that does worst.
    """

    training: Values
    validation: Values
    kept: int
    limit: int
    guess: float | None
    weighted: bool
    metric: tuple[str, Values, Values] | None
    skill: Skill | None

    @cached_property
    def lowest(self) -> int:
        """The epoch of the lowest validation loss, counted from 0."""
        return int(self.validation.argmin())

    @cached_property
    def gain(self) -> float:
        """How far validation loss fell at the best."""
        first = max(self.training[0], self.validation[0])
        start = first if self.guess is None else self.guess
        return float(start - self.validation[self.lowest])

    @property
    def clueless(self) -> bool:
        """Whether the network is hardly better than guessing."""
        return self.skill is not None and not self.skill.value > 0.1


def course_of(outcome: Outcome) -> Course:
    """Return the course of a run that had validation examples."""
    history = {name: np.array(values) for name, values in outcome.history.items()}
    spec = outcome.spec
    validation = {target: part for target, parts in outcome.held_out.items()
                  for part in parts if part.part == "validation"}
    skills = [_skill(outcome.task_of(target), part) for target, part in validation.items()]
    training, held_out = LOSSES if LOSSES[0] in history else ("loss", "val_loss")
    return Course(
        training=history[training],
        validation=history[held_out],
        kept=outcome.kept - 1,
        limit=spec.training.epochs,
        guess=_guess({spec.training.loss[name].name: part for name, part in validation.items()})
        if len(validation) == 1 else None,
        weighted=bool(spec.training.class_weight),
        metric=next(((m, history[m], history[f"val_{m}"]) for m in ("auroc", "accuracy", "auprc")
                     if m in history and f"val_{m}" in history), None),
        skill=min((s for s in skills if s is not None), key=lambda s: s.value, default=None),
    )


def _guess(validation: Mapping[str, HeldOut]) -> float | None:
    """Return what the best constant guess costs, by the name of the only target's loss."""
    loss, part = next(iter(validation.items()))
    labels = part.labels
    if not len(labels) or labels.ndim > 2:
        return None
    if loss == "CategoricalCrossentropy":
        return float(_entropy(part.whole.labels.mean(axis=0)))
    columns = [part.column(i)[0] for i in range(labels.shape[1])]
    known = [column for column in columns if len(column)]
    if loss == "BinaryCrossentropy" and known:
        shares = np.array([column.mean() for column in known])
        return float(_entropy(np.stack([shares, 1 - shares])).mean())
    if loss == "MeanSquaredError" and known:
        return float(np.mean([column.var() for column in known]))
    return None


def _entropy(shares: Values) -> Values:
    """Return the entropy along the first axis, in nats."""
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    found: Values = -(shares * logs).sum(axis=0)
    return found


def _skill(task: str, part: HeldOut) -> Skill | None:
    """Return how much better than a guess a target is predicted, or None where that is unknown."""
    if part.labels.ndim > 2:
        return None
    if task == "multiclass_classification":
        whole = part.whole
        metric, guess = "accuracy", float(whole.labels.mean(axis=0).max()) if len(
            whole.labels) else 1.0
        value = measure_classes(metric, whole.labels, whole.scores) if guess < 1 else guess
    else:
        metric, guess = ("pearson", 0.0) if task == "regression" else ("auroc", 0.5)
        value = _mean_of_columns(metric, part)
    if np.isnan(value) or guess == 1:
        return None
    words = f"{metric_name(metric)} {metric_value(metric, value)}"
    return Skill((value - guess) / (1 - guess), words)


def _mean_of_columns(metric: str, part: HeldOut) -> float:
    """Return a metric's mean over the columns where it is defined; NaN where it nowhere is."""
    found = []
    for i in range(part.labels.shape[1]):
        truth, score = part.column(i)
        value = measure(metric, truth[:, None], score[:, None]) if len(truth) else float("nan")
        if metric == "pearson" and np.isnan(value) and len(truth) and np.ptp(truth):
            value = 0.0  # a constant prediction of labels that differ
        found.append(value)
    return float(np.nanmean(found)) if not np.isnan(found).all() else float("nan")

"""Checks of how a network is to be trained: rate, batches, stopping, loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from dlgenomics.doctor.finding import Finding
from dlgenomics.doctor.subject import Subject
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.optimizers import OPTIMIZERS
from dlgenomics.spec.targets import InputTarget

USUAL_RATES: Final[Mapping[str, tuple[float, float]]] = {
    "SGD": (1e-3, 0.5), "RMSprop": (1e-5, 1e-2), "Adam": (1e-5, 2e-2), "AdamW": (1e-5, 2e-2),
    "Nadam": (1e-5, 2e-2), "Adamax": (1e-5, 2e-2), "Adagrad": (1e-3, 0.5), "Adadelta": (0.1, 2.0),
    "Lion": (1e-6, 1e-3),
}
"""The learning rates within which each optimizer usually works."""


def unusual_learning_rate(subject: Subject) -> Iterator[Finding]:
    """Find a learning rate outside the optimizer's usual range.

    Momentum makes steps longer, up to 1 / (1 - momentum) times, so a rate that is low without it
    may be usual with it.
    """
    optimizer = subject.spec.training.optimizer
    rate = _rate(optimizer.name, optimizer.arguments)
    if rate is None or optimizer.name not in USUAL_RATES:
        return
    low, high = USUAL_RATES[optimizer.name]
    if low * (1 - optimizer.arguments.get("momentum", 0.0)) <= rate <= high:
        return
    written = "" if "learning_rate" in optimizer.arguments else " (Keras's default)"
    yield Finding(
        "warning", f"{optimizer.name} with a learning rate of {rate:g}{written}; usual is "
        f"{low:g} to {high:g}.",
        "With too low a rate the loss hardly falls in the epochs there are." if rate < low else
        "With too high a rate the loss jumps about or becomes infinite.",
        "Choose a rate in that range; steps by factors of 3 or 10 find a good one soon.",
        ("training", "optimizer", optimizer.name, "learning_rate"))


def _rate(name: str, arguments: Mapping[str, Any]) -> float | None:
    """Return the learning rate, of a schedule its first full one; None where it is unknown."""
    default = OPTIMIZERS[name]["learning_rate"].default if name in OPTIMIZERS else None
    rate = arguments.get("learning_rate", default)
    if isinstance(rate, Reference):
        rate = _full_rate(rate)
    return float(rate) if isinstance(rate, int | float) else None


def _full_rate(schedule: Reference) -> Any:
    """Return the rate that a schedule has at its beginning, or once it has warmed up."""
    written = schedule.arguments
    if isinstance(written.get("then"), Reference):
        return _full_rate(written["then"])
    values = written.get("values") or (written.get("initial_learning_rate"),)
    return written.get("then") or written.get("warmup_target") or values[0]


def batch_larger_than_training_set(subject: Subject) -> Iterator[Finding]:
    """Find batches that hold all examples at once."""
    if subject.facts is None:
        return
    batch, examples = subject.spec.training.batch_size, len(subject.facts.parts["train"])
    if batch >= examples:
        yield Finding(
            "warning", f"A batch has {batch:,} examples and the training set {examples:,}.",
            "Each epoch is then a single step: training takes many epochs, and loses the noise of "
            "small batches, which helps to find solutions that carry over.",
            f"Set batch_size to {max(1, min(32, examples // 8)):,} or so.",
            ("training", "batch_size"))


def no_early_stopping(subject: Subject) -> Iterator[Finding]:
    """Find a training that goes on however much it overfits."""
    if any(one.name == "EarlyStopping" for one in subject.spec.training.callbacks):
        return
    yield Finding(
        "warning", f"Nothing stops training before epoch {subject.spec.training.epochs:,}, and the "
        "last weights are kept.",
        "Once a network has learned what carries over, further epochs teach it the training "
        "examples by heart.",
        "Leave training.callbacks out (early stopping is the default), or add "
        "EarlyStopping: {monitor: val_loss, patience: 5}.", ("training", "callbacks"))


def squared_error_for_classes(subject: Subject) -> Iterator[Finding]:
    """Find classes that are trained as if they were measurements."""
    for target, loss in subject.spec.training.loss.items():
        if isinstance(subject.spec.data.targets[target], InputTarget):
            continue  # an input given back is measured as it was, not called
        layer = subject.layers.get(target)
        activation = (layer.arguments.get("activation") if layer else None) or "linear"
        squashed = activation in ("sigmoid", "softmax") and loss.name == "MeanSquaredError"
        classes = _only_zero_and_one(subject, target)
        if subject.task_of(target) != "regression" and not squashed:
            continue
        if classes or (squashed and classes is None):
            yield _loss_finding(target, loss.name, activation, certain=bool(classes))


def _only_zero_and_one(subject: Subject, target: str) -> bool | None:
    """Return whether all labels are 0 or 1; None where no data were given."""
    if subject.facts is None:
        return None
    labels = subject.facts.labels[target]
    return bool(np.isin(labels[~np.isnan(labels)], (0, 1)).all())


def _loss_finding(target: str, loss: str, activation: str, *, certain: bool) -> Finding:
    seen = "whose labels are all 0 or 1" if certain else "which may be classes"
    return Finding(
        "warning" if certain else "hint",
        f"Target {target!r}, {seen}, is trained as a measurement: {loss} behind {activation}.",
        "Where a class is badly wrong, sigmoid and softmax are flat, and the gradient of a squared "
        "error fades just when it is needed; that of a cross-entropy does not.",
        "Use a classification task, which brings cross-entropy and the metrics for classes"
        f"{'' if certain else '; keep it for shares between 0 and 1'}.",
        ("training", "loss"))


def arrays_left_as_they_are(subject: Subject) -> Iterator[Finding]:
    """Find arrays along the sequence that augmentation does not turn round with it."""
    data = subject.spec.data
    flips = [i for i, one in enumerate(data.augment) if one.name == "reverse_complement"]
    arrays = [name for name, one in (*data.inputs.items(), *data.targets.items())
              if one.kind == "array" and len(one.shape) > 1]
    if flips and arrays and data.sequences:
        yield Finding(
            "warning",
            f"reverse_complement turns sequences round, but not the array {arrays[0]!r}.",
            "If the array runs along the sequence, half of the examples get the positions of the "
            "wrong end.",
            "Leave the augmentation out, put both strands into the data, or keep it if no axis of "
            "the array is a position.", ("data", "augment", flips[0]))

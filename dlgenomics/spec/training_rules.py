"""Rules of the training: losses, metrics, weights and what callbacks watch."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.document import Path
from dlgenomics.spec.problems import Problems, must_be, received
from dlgenomics.spec.tasks import TASKS
from dlgenomics.spec.types import Spec, Training


def check_training(spec: Spec, problems: Problems) -> None:
    """Note what is wrong with the training of a spec whose types are right."""
    training, targets = spec.training, spec.data.targets
    for name in targets:
        if not TASKS[spec.task_of(name)].loss:
            continue
        if name not in training.loss or name not in training.metrics:
            key = "loss" if name not in training.loss else "metrics"
            problems.add(("training", key), f"{key} must be given for each target. "
                         f"Received: none for {name!r}.")
    for name, weight in training.loss_weights.items():
        _check_weight(weight, ("training", "loss_weights", name), problems)
    for name in training.class_weight:
        _check_class_weight(spec, name, problems)
    _check_rate(training, problems)
    known = monitored_names(training)
    for i, callback in enumerate(training.callbacks):
        monitor = callback.arguments.get("monitor", "val_loss")
        if callback.name != "TerminateOnNaN" and monitor not in known:
            problems.add(("training", "callbacks", i, callback.name, "monitor"),
                         f"monitor must be one of {', '.join(known)}. Received: {monitor!r}."
                         f"{did_you_mean(monitor, known)}")


def _check_rate(training: Training, problems: Problems) -> None:
    """Check that only one thing changes the learning rate."""
    rate = training.optimizer.arguments.get("learning_rate")
    for i, callback in enumerate(training.callbacks):
        if callback.name == "ReduceLROnPlateau" and isinstance(rate, Reference):
            problems.add(("training", "callbacks", i), "ReduceLROnPlateau needs a learning rate "
                         f"that is a number. Received: the schedule {rate.name}. "
                         "Leave out one of them.")


def _check_class_weight(spec: Spec, name: str, problems: Problems) -> None:
    """Check the class weights of one target; that it is one was checked before."""
    if name not in spec.data.targets:
        return
    path = ("training", "class_weight")
    target, task = spec.data.targets[name], spec.task_of(name)
    if task not in ("binary_classification", "multilabel_classification",
                    "multiclass_classification") or len(spec.data.output_shape(name)) != 1:
        problems.add(path, "class_weight is for targets that are classes, one label an example. "
                     f"Received: {name!r}, {task}. Leave it out.")
        return
    weights = spec.training.class_weight[name]
    if not isinstance(weights, Mapping):
        return
    written = (*path, name) if (*path, name) in problems.document.values else path
    for label, weight in weights.items():
        _check_weight(weight, (*written, label), problems)
    classes = set(target.names) if task == "multiclass_classification" else {"0", "1"}
    if classes and set(weights) != classes:  # those of `columns_from` are not known yet
        shown = " and ".join(f'"{c}"' for c in sorted(classes))
        problems.add(path, f"class_weight must hold the classes {shown}. "
                     f"Received: {received(dict(weights))}.")


def _check_weight(weight: float, path: Path, problems: Problems) -> None:
    if not 0 <= weight < math.inf:
        problems.add(path, must_be("a weight", "a number of at least 0", weight))


def monitored_names(training: Training) -> list[str]:
    """Return the names under which losses and metrics are logged after each epoch."""
    several = len(training.metrics) > 1
    names = ["data_loss"]
    for target, metrics in training.metrics.items():
        names += [f"{target}_loss"] if several else []
        names += [f"{target}_{m}" if several else m for m in metrics]
    return ["val_loss", *(f"val_{n}" for n in names), "loss", "penalty", *names]

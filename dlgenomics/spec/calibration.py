"""Layers that turn a network's scores into probabilities, put before or behind its outputs.

They change nothing while the network is trained, and are fitted on the validation set afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.document import Path
from dlgenomics.spec.problems import Problems, received
from dlgenomics.spec.targets import Task
from dlgenomics.spec.types import Layer, Spec

_PATH: Final[Path] = ("training", "calibrate")

_METHODS: Final[Mapping[Task, tuple[str, ...]]] = {
    "binary_classification": ("platt", "isotonic", "temperature"),
    "multilabel_classification": ("platt", "isotonic", "temperature"),
    "multiclass_classification": ("temperature",),
}
"""The methods that make sense for a task; none for the others."""

_SQUASHING: Final = ("sigmoid", "softmax")


def prepare_calibrate(written: Any, targets: Sequence[str], problems: Problems) -> Any:
    """Return ``training.calibrate`` keyed by target.

    The set that it is fitted on may be written, as ``fit_on: validation``; there is no other.
    """
    if isinstance(written, str):
        if len(targets) != 1:
            problems.add(_PATH, "calibrate is keyed by target where there are several: "
                         f"{', '.join(targets)}. Received: {received(written)}.")
            return {}
        return {targets[0]: written}
    if not isinstance(written, dict):
        return written
    found = dict(written)
    fit_on = found.pop("fit_on", "validation")
    if fit_on != "validation":
        problems.add((*_PATH, "fit_on"), "calibration is fitted on the validation set: on the test "
                     "set it would make the test's own result look better than it is. "
                     f"Received: {received(fit_on)}. Leave fit_on out.")
    for key in [key for key in found if key not in targets]:
        del found[key]
        problems.add((*_PATH, key), f"calibrate is keyed by target: {', '.join(targets)}. "
                     f"Received: {key!r}.{did_you_mean(key, targets)}", at_key=True)
    return found


def insert_calibration(layers: Sequence[Layer], calibrate: Any, tasks: Mapping[str, Task],
                       problems: Problems) -> tuple[Layer, ...]:
    """Put the layers that calibrate in; those of a resolved spec are there already.

    Platt scaling and temperature are a `Scale` between an output's scores and its sigmoid or
    softmax; an isotonic calibration stands behind the output.
    """
    found = tuple(layers)
    for target, method in (calibrate if isinstance(calibrate, dict) else {}).items():
        head = next((layer for layer in found if layer.name == target), None)
        if head is None or target not in tasks or not isinstance(method, str):
            continue  # noted elsewhere
        if _is_refused(target, method, tasks[target], problems):
            continue
        by_name = {layer.name: layer for layer in found}
        if _calibrating(head, by_name) or _is_followed(target, found, problems):
            continue
        parts = _calibrated(head, method, set(by_name), problems)
        found = tuple(part for layer in found for part in (parts if layer is head else (layer,)))
    return found


def _is_refused(target: str, method: str, task: Task, problems: Problems) -> bool:
    methods = _METHODS.get(task, ())
    if not methods:
        problems.add((*_PATH, target), "calibrate is for targets that are classes, whose outputs "
                     f"are probabilities. Received: {target!r}, {task}. Leave it out.")
    elif method not in methods and method in ("platt", "isotonic", "temperature"):
        problems.add((*_PATH, target), f"{task} is calibrated by {' or '.join(methods)}. "
                     f"Received: {method}.")
    return method not in methods


def _calibrating(head: Layer, by_name: Mapping[str, Layer]) -> str | None:
    """Return the layer that calibrates an output, if there is one."""
    if head.kind == "IsotonicCalibration":
        return head.name
    before = by_name.get(head.inputs[0]) if head.inputs else None
    is_one = before is not None and before.kind == "Scale" and (
        before.name.rstrip("_") == _between(head.name))
    return before.name if before is not None and is_one else None


def _is_followed(target: str, layers: Sequence[Layer], problems: Problems) -> bool:
    followers = [layer.name for layer in layers
                 if target in layer.inputs or layer.shares == target]
    if followers:
        problems.add((*_PATH, target), "an output that is calibrated must be an end of the "
                     f"network. Received: {target!r}, which {followers[0]!r} follows.")
    return bool(followers)


def _between(target: str) -> str:
    return f"{target}_calibration"


def _calibrated(head: Layer, method: str, names: set[str],
                problems: Problems) -> tuple[Layer, ...]:
    """Return an output layer and what calibrates it; the last of them bears the target's name."""
    target = head.name
    if method == "isotonic":
        before = _free(f"{target}_uncalibrated", names)
        return (replace(head, name=before),
                Layer("IsotonicCalibration", target, {}, (before,), path=head.path))
    activation = head.arguments.get("activation")
    if activation not in _SQUASHING or head.shares:
        problems.add((*_PATH, target), f"{method} needs an output layer with activation "
                     f"{' or '.join(_SQUASHING)}. Received: {target!r}, {head.kind}. Use "
                     "isotonic.")
        return (head,)
    scale = {} if method == "platt" else {"center": False}
    between = _free(_between(target), names)
    if head.kind == "Activation":
        return (Layer("Scale", between, scale, head.inputs, path=head.path),
                replace(head, inputs=(between,)))
    scores = _free(f"{target}_scores", names)
    return (replace(head, name=scores, arguments={**head.arguments, "activation": "linear"}),
            Layer("Scale", between, scale, (scores,), path=head.path),
            Layer("Activation", target, {"activation": activation}, (between,), path=head.path))


def _free(name: str, names: set[str]) -> str:
    while name in names:
        name += "_"
    return name


def calibrating_layers(spec: Spec) -> dict[str, str]:
    """Return, by target, the layer that calibrates it."""
    by_name = {layer.name: layer for layer in spec.model.layers}
    found = {target: _calibrating(by_name[target], by_name)
             for target in spec.training.calibrate if target in by_name}
    return {target: layer for target, layer in found.items() if layer is not None}


def score_layers(spec: Spec) -> frozenset[str]:
    """Return the outputs and, where they are calibrated, what leads to them from their scores."""
    by_name = {layer.name: layer for layer in spec.model.layers}
    between = set(calibrating_layers(spec).values())
    scores = {by_name[name].inputs[0] for name in between}
    return frozenset({*spec.model.outputs, *between, *scores})

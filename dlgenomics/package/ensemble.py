"""Several packaged models → one that gives the average of their outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.build import assemble_model
from dlgenomics.errors import DlgError, PackageError
from dlgenomics.package.donors import Find, packaged_in, read_donors
from dlgenomics.package.read import load_package
from dlgenomics.package.write import write_package
from dlgenomics.predict.forward import Forward
from dlgenomics.predict.model import Model as LoadedModel
from dlgenomics.spec import parse_spec, spec_to_yaml
from dlgenomics.spec.packaged import Packaged, needed_layers, reading_of, taken_up
from dlgenomics.spec.pretrained import Pretrained
from dlgenomics.spec.transfer import prepare_transfer
from dlgenomics.spec.types import Data, Layer, Model, Spec, Training
from dlgenomics.train.pretrained import find_weights, set_weights
from dlgenomics.train.run import versions

_RTOL: Final = 1e-5
_ATOL: Final = 1e-6
"""How far the average may be from the mean of the members' own outputs."""

_PREDICTED: Final = ("kind", "task", "transform", "bin", "pool", "stranded", "classes")
"""What of a target decides what its numbers mean, besides names and shape."""


def make_ensemble(models: Sequence[str], folder: Path, *, name: str | None = None,
                  find: Find = Path, command: str = "") -> Path:
    """Package the average of several models as one model.

    The members' networks stand side by side in it, their inputs joined and their outputs averaged,
    so it needs none of their packages.

    Args:
        models: at least two, with the same inputs and targets.
        folder: the package's folder.
        name: the new model's name; default: that of the first, with ``-ensemble``.
        find: a model's name → the folder of its package.
        command: what makes it, for the record.

    Returns:
        ``folder``.

    Raises:
        DlgError: the models do not fit together.
        PackageError: a member, or the average, is not what it must be; nothing is written.
    """
    members = {model: packaged_in(find(model)) for model in models}
    _check_members(models, members)
    spec = ensemble_spec(members, name)
    loaded = {model: load_package(find(model)) for model in members}
    network = assemble_model(spec)
    weights, taken = find_weights(network, spec, read_donors(spec, loaded.__getitem__))
    set_weights(network, weights)
    examples = _examples(next(iter(loaded.values())))
    _check_average(Forward(network, list(spec.model.inputs), list(spec.model.outputs)),
                   list(loaded.values()), examples, folder)
    parts = [{"name": members[one.model].spec.name, "sha256": one.sha256} for one in taken]
    return write_package(network, spec, examples, folder, training={"members": parts},
                         versions=versions(), extra={}, command=command or "dlg ensemble")


def ensemble_spec(members: Mapping[str, Packaged], name: str | None = None) -> Spec:
    """Return the spec of the average of several models with the same inputs and targets."""
    first = next(iter(members.values())).spec
    layers: list[Layer] = []
    heads: dict[str, list[str]] = {target: [] for target in first.model.outputs}
    for number, (model, packaged) in enumerate(members.items(), start=1):
        own = packaged.spec.model
        needed = needed_layers(own.layers, own.outputs)
        names = {layer.name: f"member{number}_{layer.name}" for layer in needed}
        names = {**{one: one for one in own.inputs}, **names}
        layers += taken_up(packaged, model, needed, names, frozen=False)
        for target, each in heads.items():
            each.append(names[target])
    layers += [Layer("Average", target, {}, tuple(each)) for target, each in heads.items()]
    specs = [packaged.spec for packaged in members.values()]
    pretrained = prepare_transfer({}, layers)["pretrained"]
    found = first.model_copy(update={
        "name": name or f"{first.name}-ensemble",
        "description": f"The average of {len(specs)} models. {first.description}".strip(),
        "cite": _common(spec.cite for spec in specs),
        "license": " AND ".join(dict.fromkeys(s.license for s in specs if s.license)) or None,
        "data": Data(inputs=first.data.inputs, targets=first.data.targets),
        "model": Model(inputs=first.model.inputs, outputs=tuple(heads), layers=tuple(layers)),
        "training": Training(
            loss=first.training.loss, metrics=first.training.metrics,
            pretrained=tuple(Pretrained.model_validate(one) for one in pretrained)),
    })
    return parse_spec(spec_to_yaml(found), found.name)


def _common(values: Any) -> Any:
    """Return the value that all have, or None."""
    several = set(values)
    return several.pop() if len(several) == 1 else None


def _check_members(models: Sequence[str], members: Mapping[str, Packaged]) -> None:
    """Refuse models that cannot be averaged."""
    if len({packaged.sha256 for packaged in members.values()}) < max(2, len(models)):
        raise DlgError("an ensemble needs at least two models, each once. "
                       f"Received: {', '.join(models) or 'none'}.")
    first, *others = models
    for other in others:
        for what, facts in (("inputs", _inputs), ("targets", _targets)):
            here, there = facts(members[first].spec), facts(members[other].spec)
            if here != there:
                raise DlgError(f"the models of an ensemble must have the same {what}. "
                               f"Received: {_difference(first, here, other, there)}. "
                               "Leave one out.")


def _inputs(spec: Spec) -> dict[str, dict[str, Any]]:
    """Return what decides what a model's inputs are."""
    found = {name: spec.data.inputs[name] for name in spec.model.inputs}
    return {name: {**reading_of(one), "shape": tuple(one.shape),
                   "columns": getattr(one, "columns", ())} for name, one in found.items()}


def _targets(spec: Spec) -> dict[str, dict[str, Any]]:
    """Return what decides what a model's outputs are."""
    return {name: {"shape": spec.data.output_shape(name), "task": spec.task_of(name),
                   "columns": spec.data.targets[name].names,
                   **{key: value for key, value in spec.data.targets[name].model_dump().items()
                      if key in _PREDICTED and key != "task"}}
            for name in spec.model.outputs}


def _difference(first: str, here: Mapping[str, Mapping[str, Any]], other: str,
                there: Mapping[str, Mapping[str, Any]]) -> str:
    if list(here) != list(there):
        return f"{', '.join(here)} of {first!r} and {', '.join(there)} of {other!r}"
    name = next(name for name in here if here[name] != there[name])
    keys = [key for key in here[name] if here[name][key] != there[name].get(key)] or ["kind"]
    shown = [", ".join(f"{key} {facts[name].get(key)}" for key in keys) for facts in (here, there)]
    return f"{name!r} with {shown[0]} in {first!r} and {shown[1]} in {other!r}"


def _examples(model: LoadedModel) -> Mapping[str, NDArray[np.float32]]:
    assert model.stored_test is not None  # noqa: S101 - a package has one
    return model.stored_test.inputs


def _check_average(average: Forward, members: Sequence[LoadedModel],
                   examples: Mapping[str, NDArray[np.float32]], folder: Path) -> None:
    """Refuse a network that does not give the mean of what its members give."""
    found, each = average(examples), [member.forward(examples) for member in members]
    for target, values in found.items():
        expected = np.mean([outputs[target] for outputs in each], axis=0, dtype=np.float64)
        if not np.allclose(values, expected, _RTOL, _ATOL):
            worst = float(np.abs(values - expected).max())
            raise PackageError("an ensemble must give the mean of its members' outputs. Received: "
                               f"a difference of {worst:.3g} in {target!r}. Report this as a "
                               "fault of dlgenomics.", folder=folder)

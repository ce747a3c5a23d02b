"""Weights that layers take from packaged models, and layers that training leaves alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.calibration import calibrating_layers
from dlgenomics.spec.document import Path
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.pretrained import matching
from dlgenomics.spec.problems import Problems
from dlgenomics.spec.types import Layer, Spec


def prepare_transfer(training: Mapping[str, Any], layers: Sequence[Layer]) -> dict[str, Any]:
    """Return ``pretrained`` and ``freeze`` as a training section holds them.

    The layers of `Package` blocks are added to both: from here on they are layers like others.
    """
    pretrained = training.get("pretrained")
    several = pretrained if isinstance(pretrained, list) else (
        [] if pretrained is None else [pretrained])
    entries = [{"from": one} if isinstance(one, str) else one for one in several]
    taken: dict[tuple[str, str], dict[str, str]] = {}
    origins = {layer.name: layer.origin for layer in layers
               if layer.origin and layer.shares is None}
    for name, origin in origins.items():
        taken.setdefault((origin.model, origin.sha256), {})[name] = origin.layer
    entries += [{"from": model, "sha256": sha256, "layers": mapping}
                for (model, sha256), mapping in taken.items()]
    frozen = [name for name, origin in origins.items() if origin.frozen]
    written = training.get("freeze", [])
    freeze = [*written, *frozen] if isinstance(written, list) else written
    return {"pretrained": entries, "freeze": freeze}


def without_folders(spec: Spec) -> Spec:
    """Return the spec with models that are named by their folders named by the last part of it.

    Who reads a package has other folders; the hash says which model is meant.
    """
    entries = tuple(
        entry.model_copy(update={"model": PurePath(entry.model).name})
        if entry.model.startswith((".", "/", "~")) else entry
        for entry in spec.training.pretrained)
    training = spec.training.model_copy(update={"pretrained": entries})
    return spec.model_copy(update={"training": training})


def weighted_layers(layers: Sequence[Layer]) -> list[str]:
    """Return the names of the layers that have weights of their own."""
    return [layer.name for layer in layers
            if layer.shares is None and (layer.wrapped or not RULES[layer.kind].weightless)]


def frozen_layers(spec: Spec) -> frozenset[str]:
    """Return the names of the layers that training leaves as they are."""
    named = matching(weighted_layers(spec.model.layers), spec.training.freeze)
    return frozenset({*named, *calibrating_layers(spec).values()})


def check_transfer(spec: Spec, problems: Problems) -> None:
    """Note names in ``pretrained`` and ``freeze`` that no layer has."""
    names = weighted_layers(spec.model.layers)
    _check_patterns(spec.training.freeze, names, ("training", "freeze"), problems)
    for i, entry in enumerate(spec.training.pretrained):
        path: Path = ("training", "pretrained")
        path = (*path, i) if (*path, i) in problems.document.values else path
        _check_patterns(entry.layers, names, (*path, "layers"), problems)
        _check_patterns(entry.excluded, names, (*path, "except"), problems)
    if spec.search is not None and spec.training.pretrained:
        problems.add(("search",), "a search starts its trials from fresh weights. Received: a spec "
                     "that takes weights from a packaged model. Search without it, then train "
                     "the best spec with it.", at_key=True)
    if names and frozen_layers(spec) >= set(names):
        problems.add(("training", "freeze"), "training must have a layer to train. Received: "
                     "every layer with weights is frozen. Freeze fewer, or add a layer.",
                     at_key=True)
    _check_taken_once(spec, problems)


def _check_patterns(patterns: Sequence[str] | Mapping[str, str], names: Sequence[str], path: Path,
                    problems: Problems) -> None:
    for i, pattern in enumerate(patterns):
        if not matching(names, [pattern]):
            at = (*path, pattern if isinstance(patterns, Mapping) else i)
            problems.add(at, f"{path[-1]} must name layers that have weights of their own, or a "
                         f"pattern of such names. Received: {pattern!r}."
                         f"{did_you_mean(pattern, names)}")


def assigned_layers(spec: Spec) -> list[dict[str, str]]:
    """Return, for each entry of ``pretrained``, the layers that may take weights → those there.

    What an entry names in ``layers`` is its own; one that names none has the rest. Layers that
    calibrate are fitted anew.
    """
    calibrating = calibrating_layers(spec).values()
    names = [n for n in weighted_layers(spec.model.layers) if n not in calibrating]
    entries = spec.training.pretrained
    named = [entry.sources(names) if entry.layers else {} for entry in entries]
    left = [name for name in names if not any(name in mapping for mapping in named)]
    return [mapping if entry.layers else entry.sources(left)
            for entry, mapping in zip(entries, named, strict=True)]


def _check_taken_once(spec: Spec, problems: Problems) -> None:
    """Note a layer that two models are to give weights to."""
    givers: dict[str, str] = {}
    for entry, mapping in zip(spec.training.pretrained, assigned_layers(spec), strict=True):
        for name in mapping:
            if name in givers:
                problems.add(("training", "pretrained"), "a layer takes weights from one model. "
                             f"Received: {name!r} from {givers[name]!r} and {entry.model!r}. "
                             "Name it in the 'layers' of one.", at_key=True)
                return
            givers[name] = entry.model

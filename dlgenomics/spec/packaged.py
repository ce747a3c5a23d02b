"""Packaged models as blocks of another network: their layers, taken up under new names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from dlgenomics.errors import DlgError, SpecError
from dlgenomics.spec.document import Path
from dlgenomics.spec.inputs import Input
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.problems import Problems
from dlgenomics.spec.types import Layer, Origin, Spec

_READING: Final = ("kind", "encoding", "n", "x", "k", "stride", "scale", "fitted", "bin",
                   "transform", "stranded", "missing")
"""What of an input decides what its numbers mean to a network."""

_INPUT: Final[TypeAdapter[Any]] = TypeAdapter(Input)


@dataclass(frozen=True)
class Packaged:
    """The spec of a packaged model and the SHA-256 of its manifest."""

    spec: Spec
    sha256: str


Packages = Callable[[str], Packaged]
"""A model's name → the packaged model; raises a `DlgError` where there is none."""


@dataclass(frozen=True)
class Feed:
    """What an input of a packaged model is fed with, for a check once all inputs are known."""

    path: Path
    model: str
    source: str
    wanted: Input


class PackageShelf:
    """Where the blocks of one document come from, and what they are fed with."""

    def __init__(self, find: Packages | None) -> None:
        self.find = find
        self.feeds: list[Feed] = []

    def take(self, model: str, path: Path, problems: Problems) -> Packaged | None:
        """Return a packaged model, or note why there is none."""
        if self.find is None:
            problems.add(path, "a Package needs the packaged model, which knows its layers. "
                         f"Received: {model!r}, and nowhere to look it up. Read the spec with "
                         "`dlg`, or with packages=.")
            return None
        try:
            return self.find(model)
        except SpecError as error:
            problems.add(path, f"a packaged model must have a valid spec. Received: {model!r}, "
                         f"where {error.problems[0]}")
        except DlgError as error:
            problems.add(path, str(error))
        return None

    def check_feeds(self, inputs: Mapping[str, Any], problems: Problems) -> None:
        """Note inputs that mean something else here than where the packaged model was trained."""
        for feed in self.feeds:
            try:
                given = _INPUT.validate_python(inputs.get(feed.source))
            except ValidationError:
                continue  # a layer, or an input whose own problem is noted elsewhere
            here, there = reading_of(given), reading_of(feed.wanted)
            differing = [key for key in there if here.get(key) != there[key]]
            if differing:
                problems.add(feed.path, f"{feed.model!r} must be fed with what it was trained on, "
                             f"{_shown(there, differing)}. Received: {feed.source!r} with "
                             f"{_shown(here, differing)}. Declare the input as its package does.")


def reading_of(one: Input) -> dict[str, Any]:
    """Return what decides what the numbers of an input mean, besides their shape."""
    found = {key: getattr(one, key) for key in _READING if hasattr(one, key)}
    return {**found, "kind": one.kind}


def _shown(reading: Mapping[str, Any], keys: Sequence[str]) -> str:
    shown = {key: reading.get(key) for key in keys}
    return ", ".join(f"{key} {value if value is not None else 'none'}"
                     for key, value in shown.items())


def needed_layers(layers: Sequence[Layer], outputs: Collection[str]) -> list[Layer]:
    """Return the layers that lead to some outputs, in their order.

    Where a layer is needed only for its weights, the first that shares them takes its place.
    """
    by_name = {layer.name: layer for layer in layers}
    wanted, waiting = set(), list(outputs)
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in wanted:
            wanted.add(name)
            waiting += by_name[name].inputs
    owners: dict[str, str] = {}
    found = []
    for layer in layers:
        if layer.name in wanted:
            weights = layer.shares or layer.name
            owner = owners.setdefault(weights, layer.name)
            found.append(replace(layer, shares=None if owner == layer.name else owner))
    return found


def taken_up(packaged: Packaged, model: str, layers: Sequence[Layer], names: Mapping[str, str],
             path: Path = (), *, frozen: bool) -> list[Layer]:
    """Return layers of a packaged model as layers of another one.

    Args:
        packaged: the model.
        model: what it is called.
        layers: those of its layers that are taken up, see `needed_layers`.
        names: the new names of its layers and inputs.
        path: where they stand in the other model's document.
        frozen: whether training leaves them alone.
    """
    originals = {layer.name: layer.shares for layer in packaged.spec.model.layers}
    found = []
    for layer in layers:
        weights = originals[layer.name] or layer.name
        origin = Origin(model, packaged.sha256, weights, frozen=frozen)
        found.append(replace(
            layer, name=names[layer.name], inputs=tuple(names[name] for name in layer.inputs),
            shares=names[layer.shares] if layer.shares else None, path=path,
            origin=None if layer.shares or RULES[layer.kind].weightless else origin,
        ))
    return found

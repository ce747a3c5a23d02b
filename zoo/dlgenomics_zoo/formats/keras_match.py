"""Which arrays of a weights file belong to which layer of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from dlgenomics_zoo.formats.errors import WeightsError, damaged
from dlgenomics_zoo.formats.keras_document import Architecture
from dlgenomics_zoo.formats.keras_graph import MODELS, LayerPath
from dlgenomics_zoo.formats.keras_weights import StoredArray, StoredWeights

_KERAS1_VARIABLE: Final = re.compile(
    r"_(W|U|b|W_[a-z]|U_[a-z]|b_[a-z]|gamma|beta|running_mean|running_std|alphas?)$")

Arrays = tuple[StoredArray, ...]

Counts = tuple[int, int]
"""How many arrays of a layer training changes, and how many it does not."""


def match(weights: StoredWeights, layers: Mapping[LayerPath, Counts | None],
          *, branches: bool) -> tuple[dict[LayerPath, Arrays], list[str]]:
    """Give each layer its arrays: by name where all names are there, else by order.

    Args:
        weights: the file.
        layers: those with weights, in the order in which Keras saves them, with how many arrays
            each has, where that is known.
        branches: whether the network branches, so that an order proves nothing.

    Returns:
        Arrays by layer, and sentences about guesses.

    Raises:
        WeightsError: layers without arrays or arrays without a layer.
    """
    full = {name: arrays for name, arrays in weights.layers.items() if arrays}
    found = {path: _by_name(path, full) for path in layers}
    used = [id(a) for arrays in found.values() for a in arrays]
    if all(found.values()) and sorted(used) == sorted(map(id, weights.all_arrays)):
        return found, []
    if any(len(path) > 1 for path in layers):
        dealt = _in_groups(layers, full)
        if dealt is not None:
            return dealt, ["The arrays of networks within the network were dealt by their order."]
    elif len(full) == len(layers):
        return _by_order(weights, list(layers), full, branches)
    raise WeightsError(_misfits(found, full), weights.path)


def _by_order(weights: StoredWeights, layers: Sequence[LayerPath], full: Mapping[str, Arrays],
              branches: bool) -> tuple[dict[LayerPath, Arrays], list[str]]:
    if branches and _look_alike(full):
        raise WeightsError(["layers of other names than the network's, which branches, so that "
                            f"their order proves nothing: {', '.join(full)}"], weights.path)
    dealt = dict(zip(layers, full.values(), strict=True))
    return dealt, ["The weights were dealt by their order, because the file names its layers "
                   "otherwise than the network."]


def _look_alike(full: Mapping[str, Arrays]) -> bool:
    """Tell whether two layers have arrays of the same shapes."""
    shapes = [tuple(a.values.shape for a in arrays) for arrays in full.values()]
    return len(set(shapes)) < len(shapes)


def _by_name(path: LayerPath, full: Mapping[str, Arrays]) -> Arrays:
    """Return the arrays of a layer that stands in a group of its own or in its network's."""
    name = path[-1]
    if len(path) == 1 or (path[0] not in full and name in full):
        return full.get(name, ())  # Keras 1 unfolds networks
    groups = [full[path[0]]] if path[0] in full else list(full.values())
    named = [tuple(a for a in group if name in _scopes(a.name)) for group in groups]
    held = [arrays for arrays in named if arrays]
    return held[0] if len(held) == 1 else ()


def _scopes(name: str) -> Iterator[str]:
    *scopes, variable = name.split("/")
    yield from scopes
    variable = variable.removesuffix(":0")
    if found := _KERAS1_VARIABLE.search(variable):
        yield variable[:found.start()]


def _in_groups(layers: Mapping[LayerPath, Counts | None],
               full: Mapping[str, Arrays]) -> dict[LayerPath, Arrays] | None:
    """Deal a group's arrays to the layers of a nested network, those that training changes first.

    Returns:
        Arrays by layer, or None if their number is not that of the network.
    """
    found: dict[LayerPath, Arrays] = {}
    if {path[0] for path in layers} != set(full):
        return None
    for top, arrays in full.items():
        members = {path: counts for path, counts in layers.items() if path[0] == top}
        if len(members) == 1:
            found |= dict.fromkeys(members, arrays)
            continue
        known = {path: counts for path, counts in members.items() if counts is not None}
        total = sum(a + b for a, b in known.values())
        if len(known) < len(members) or total != len(arrays):
            return None
        rest = iter(arrays)
        trained = {path: tuple(islice(rest, first)) for path, (first, _) in known.items()}
        found |= {path: (*trained[path], *islice(rest, last))
                  for path, (_, last) in known.items()}
    return found


def _misfits(found: Mapping[LayerPath, Arrays], full: Mapping[str, Arrays]) -> list[str]:
    used = {id(a) for arrays in found.values() for a in arrays}
    lacking = ["/".join(path) for path, arrays in found.items() if not arrays]
    extra = [a.name for arrays in full.values() for a in arrays if id(a) not in used]
    problems = [f"no arrays for the layer {name!r}" for name in lacking[:10]]
    problems += [f"the array {name!r}, which no layer takes" for name in extra[:10]]
    hidden = max(0, len(lacking) - 10) + max(0, len(extra) - 10)
    return problems + ([f"and {hidden} more"] if hidden else [])


def store_arrays(architecture: Architecture, weights: StoredWeights
                 ) -> dict[LayerPath, Arrays]:
    """Return arrays by layer from a file in Keras 3's form, which counts layers by class.

    Raises:
        DataError: the network does not lead to what the file holds.
    """
    places = _places(architecture.config, architecture.class_name, (), "")
    found: dict[LayerPath, Arrays] = {}
    used: set[str] = set()
    for path, place in places.items():
        names = sorted((n for n in weights.store if n.startswith(f"{place}/")
                        and "seed_generator" not in n), key=_rank)
        used |= set(names)
        if names:
            found[path] = tuple(StoredArray(n, weights.store[n]) for n in names)
    extra = [n for n in weights.store if n not in used and "seed_generator" not in n
             and not n.startswith("optimizer/") and n.startswith("layers/")]
    if extra:
        raise WeightsError([f"the array {n!r}, which no layer takes" for n in extra[:10]],
                           weights.path)
    if not weights.store:
        raise damaged(weights.path, "a weights file of Keras 3", "one without arrays")
    return found


_PARTS: Final = ("vars", "cell", "layer", "forward_layer", "backward_layer", "query_dense",
                 "_query_dense", "key_dense", "_key_dense", "value_dense", "_value_dense",
                 "output_dense", "_output_dense")


def _rank(name: str) -> tuple[Any, ...]:
    pieces = name.split("/")
    return tuple((_PARTS.index(p), 0, p) if p in _PARTS else (0, int(p), "") if p.isdigit()
                 else (len(_PARTS), 0, p) for p in pieces)


def _places(config: Any, class_name: str, prefix: LayerPath, place: str
            ) -> dict[LayerPath, str]:
    """Return where each layer's arrays stand: ``layers/conv1d_1`` for the second Conv1D."""
    found: dict[LayerPath, str] = {}
    counts: dict[str, int] = {}
    for spec in config["layers"]:
        kind = spec["class_name"]
        if class_name == "Sequential" and kind == "InputLayer":
            continue
        base = _snake(kind)
        number = counts[base] = counts.get(base, -1) + 1
        here = f"{place}layers/{base}{f'_{number}' if number else ''}"
        path = (*prefix, str(spec["config"]["name"]))
        if kind in MODELS:
            found |= _places(spec["config"], kind, path, f"{here}/")
        else:
            found[path] = here
    return found


def _snake(name: str) -> str:
    """Return a class name as Keras 3 writes it in its weight files."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()

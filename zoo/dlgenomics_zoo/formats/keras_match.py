"""Which arrays of a weights file belong to which layer of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dlgenomics_zoo.formats.errors import WeightsError, damaged
from dlgenomics_zoo.formats.keras_document import Architecture
from dlgenomics_zoo.formats.keras_graph import MODELS, LayerPath
from dlgenomics_zoo.formats.keras_weights import StoredArray, StoredWeights

_KERAS1_VARIABLE: Final = re.compile(
    r"_(W|U|b|W_[a-z]|U_[a-z]|b_[a-z]|gamma|beta|running_mean|running_std|alphas?)$")
_STATISTICS: Final = ("moving_mean", "moving_variance", "running_mean", "running_std")

Arrays = tuple[StoredArray, ...]


def match(weights: StoredWeights, layers: Sequence[LayerPath],
          shapes_clash: bool) -> tuple[dict[LayerPath, Arrays], list[str]]:
    """Give each layer its arrays: by name where all names are there, else by order.

    Args:
        weights: the file.
        layers: those with weights, in the order in which Keras saves them.
        shapes_clash: whether the network branches, so that an order proves nothing.

    Returns:
        Arrays by layer, and sentences about guesses.

    Raises:
        WeightsError: layers without arrays or arrays without a layer.
    """
    full = {name: arrays for name, arrays in weights.layers.items() if arrays}
    found = {path: _by_name(path, full) for path in layers}
    used = sum(len(arrays) for arrays in found.values())
    if all(found.values()) and used == len(weights.all_arrays):
        return found, []
    if any(len(path) > 1 for path in layers):
        nested = _in_groups(layers, full)
        if nested is not None:
            return nested, ["The arrays of networks within the network were dealt by their order."]
    if len(full) == len(layers) and not any(len(p) > 1 for p in layers):
        return _by_order(weights, layers, full, shapes_clash)
    raise WeightsError(_misfits(found, full, layers), weights.path)


def _by_order(weights: StoredWeights, layers: Sequence[LayerPath], full: Mapping[str, Arrays],
              shapes_clash: bool) -> tuple[dict[LayerPath, Arrays], list[str]]:
    if shapes_clash and _look_alike(full):
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
    if len(path) == 1 and name in full:
        return full[name]
    if len(path) == 1:
        return ()
    if name in full:
        return full[name]  # Keras 1 unfolds networks
    return tuple(a for a in full.get(path[0], ()) if name in _scopes(a.name))


def _scopes(name: str) -> Iterator[str]:
    *scopes, variable = name.split("/")
    yield from scopes
    variable = variable.removesuffix(":0")
    if found := _KERAS1_VARIABLE.search(variable):
        yield variable[:found.start()]


def _in_groups(layers: Sequence[LayerPath],
               full: Mapping[str, Arrays]) -> dict[LayerPath, Arrays] | None:
    """Deal a group's arrays to the layers of a nested network, those of training first.

    Only kernels with biases can be told apart without names, so a group must hold as many pairs
    as its network has layers.
    """
    found: dict[LayerPath, Arrays] = {}
    tops = list(dict.fromkeys(path[0] for path in layers))
    if set(tops) != set(full):
        return None
    for top in tops:
        members = [p for p in layers if p[0] == top]
        if len(members) == 1:
            found[members[0]] = full[top]
            continue
        arrays = full[top]
        trained = [a for a in arrays if a.variable not in _STATISTICS]
        if len(trained) != len(arrays) or len(trained) != 2 * len(members):
            return None
        for place, path in enumerate(members):
            found[path] = tuple(trained[2 * place:2 * place + 2])
    return found


def _misfits(found: Mapping[LayerPath, Arrays], full: Mapping[str, Arrays],
             layers: Sequence[LayerPath]) -> list[str]:
    used = {id(a) for arrays in found.values() for a in arrays}
    lacking = ["/".join(path) for path in layers if not found[path]]
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

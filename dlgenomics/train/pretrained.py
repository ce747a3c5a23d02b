"""Initial weights that layers take from other models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError, HashMismatchError, PackageError
from dlgenomics.spec.pretrained import Pretrained
from dlgenomics.spec.transfer import assigned_layers
from dlgenomics.spec.types import Spec

LayerWeights = Mapping[str, Sequence[NDArray[Any]]]
"""The arrays of each layer, in Keras's order."""


@dataclass(frozen=True)
class Donor:
    """A model that gives weights.

    Attributes:
        location: the folder or address it came from.
        sha256: of its manifest.
        weights: of its layers that have any.
    """

    location: str
    sha256: str
    weights: LayerWeights


@dataclass(frozen=True)
class Taken:
    """What one model gave.

    Attributes:
        model: its name in the spec.
        location, sha256: see `Donor`.
        layers: the layers here that took weights → those there.
        left: the layers here that kept their fresh weights → why.
    """

    model: str
    location: str
    sha256: str
    layers: Mapping[str, str]
    left: Mapping[str, str]


def weights_of(model: keras.Model) -> dict[str, list[NDArray[Any]]]:
    """Return the arrays of each layer that has any."""
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


def set_weights(model: keras.Model, weights: LayerWeights) -> None:
    """Give layers of a model these weights."""
    for name, arrays in weights.items():
        model.get_layer(name).set_weights(list(arrays))


def with_hashes(spec: Spec, donors: Mapping[str, Donor]) -> Spec:
    """Return the spec with the hashes of the models that it starts from.

    Raises:
        DlgError: one of them was not handed over.
        HashMismatchError: one is not that which the spec names.
    """
    entries = []
    for entry in spec.training.pretrained:
        if entry.model not in donors:
            raise DlgError(f"training starts from the weights of {entry.model!r}, which must be "
                           "at hand. Received: none. Train with `dlg train`, or with donors=.")
        donor = donors[entry.model]
        if entry.sha256 not in (None, donor.sha256):
            raise HashMismatchError(
                f"{donor.location}/model.yaml", str(entry.sha256), donor.sha256,
                advice="The model was packaged anew since its hash was written down. Use the "
                "model of that hash, or leave sha256 out of training.pretrained.")
        entries.append(entry.model_copy(update={"sha256": donor.sha256}))
    training = spec.training.model_copy(update={"pretrained": tuple(entries)})
    return spec.model_copy(update={"training": training})


def find_weights(model: keras.Model, spec: Spec,
                 donors: Mapping[str, Donor]) -> tuple[dict[str, list[NDArray[Any]]], list[Taken]]:
    """Return the weights that ``training.pretrained`` asks for, and what each model gave.

    Args:
        model: the network of ``spec`` with fresh weights, which stay as they are.
        spec: says which layers take weights from where.
        donors: the models that give, by name.

    Raises:
        PackageError: a layer that is named is not there, or has another shape; or a model has
            nothing to give.
    """
    own = weights_of(model)
    found = [_taken(entry, mapping, donors[entry.model], own)
             for entry, mapping in zip(spec.training.pretrained, assigned_layers(spec),
                                       strict=True)]
    weights = {here: list(donors[taken.model].weights[there])
               for taken in found for here, there in taken.layers.items()}
    return weights, found


def _taken(entry: Pretrained, mapping: Mapping[str, str], donor: Donor,
           own: LayerWeights) -> Taken:
    """Return what a model can give to the layers that may take weights from it."""
    asked = {here: there for here, there in mapping.items() if here in own}
    missing = {here: there for here, there in asked.items() if there not in donor.weights}
    if entry.layers and missing:
        raise PackageError(f"layers that take weights from {entry.model!r} must have their like "
                           f"there. Received: {', '.join(missing.values())}. It has: "
                           f"{', '.join(donor.weights) or 'none'}.", folder=donor.location)
    layers = {here: there for here, there in asked.items() if here not in missing}
    _check_shapes(entry.model, layers, donor, own)
    if not layers:
        raise PackageError(f"{entry.model!r} must have layers named as layers here. Received: "
                           f"{', '.join(donor.weights) or 'none'} there, {', '.join(own)} here. "
                           "Name layers alike, or map them with layers: {HERE: THERE}.",
                           folder=donor.location)
    left = {name: "no layer of that name there" if name in missing else "not asked for"
            for name in own if name not in layers}
    return Taken(entry.model, donor.location, donor.sha256, layers, left)


def _check_shapes(model: str, layers: Mapping[str, str], donor: Donor, own: LayerWeights) -> None:
    different = {here: f"{here} {_shapes(own[here])} here, {_shapes(donor.weights[there])} there"
                 for here, there in layers.items()
                 if _shapes(own[here]) != _shapes(donor.weights[there])}
    if different:
        raise PackageError(f"layers that take weights from {model!r} must have the shapes that "
                           f"they have there. Received: {'; '.join(different.values())}. Leave "
                           f"them out with except: [{', '.join(different)}].",
                           folder=donor.location)


def _shapes(arrays: Sequence[NDArray[Any]]) -> str:
    return " and ".join(str(array.shape) for array in arrays)


def pack_weights(weights: LayerWeights) -> dict[str, NDArray[Any]]:
    """Return the arrays of layers under names of their own, as an .npz holds them."""
    return {f"{name}/{i}": array for name, arrays in weights.items()
            for i, array in enumerate(arrays)}


def unpack_weights(arrays: Mapping[str, NDArray[Any]]) -> dict[str, list[NDArray[Any]]]:
    """Return what `pack_weights` was given."""
    found: dict[str, list[NDArray[Any]]] = {}
    for key in arrays:
        found.setdefault(key.rpartition("/")[0], []).append(np.asarray(arrays[key]))
    return found

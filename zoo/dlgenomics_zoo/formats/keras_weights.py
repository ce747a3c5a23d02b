"""Keras weight files: arrays by layer, in the order in which the layer's own code keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import h5py

from dlgenomics_zoo.formats.errors import damaged
from dlgenomics_zoo.formats.hdf5 import (
    Array,
    array,
    child,
    open_hdf5,
    text_attribute,
    texts_attribute,
)


@dataclass(frozen=True)
class StoredArray:
    """An array and the name under which it was saved, such as ``conv1d_1/kernel:0``."""

    name: str
    values: Array

    @property
    def variable(self) -> str:
        """The last part of the name without the ``:0`` of TensorFlow."""
        return self.name.rsplit("/", 1)[-1].removesuffix(":0")


@dataclass(frozen=True)
class StoredWeights:
    """The weights of a network as Keras 1 and 2 save them, or Keras 3's `store`.

    Attributes:
        path: the file.
        layers: layer → its arrays, in the order in which the layers were saved.
        version: the Keras that saved it, or None where the file does not say (Keras 1).
        backend: such as ``tensorflow`` or ``theano``, or None.
        config: the architecture as JSON, if the file holds it.
        store: Keras 3's form: place in the file → array, such as ``layers/dense/vars/0``.
    """

    path: Path
    layers: Mapping[str, tuple[StoredArray, ...]]
    version: str | None = None
    backend: str | None = None
    config: str | None = None
    store: Mapping[str, Array] = field(default_factory=dict)

    @property
    def all_arrays(self) -> list[StoredArray]:
        """Every array of every layer."""
        return [a for arrays in self.layers.values() for a in arrays]


def read_keras_weights(path: Path) -> StoredWeights:
    """Read a Keras HDF5 file, with the network in it or without.

    Raises:
        MissingFileError: no such file.
        UnsafeModelError: it refers to other files, or is built to exhaust memory.
        DataError: it is damaged, or no file of Keras.
    """
    with open_hdf5(path) as opened:
        config = text_attribute(opened, "model_config")
        root = child(opened, "model_weights", path) if "model_weights" in opened else opened
        version = text_attribute(opened, "keras_version") or text_attribute(root, "keras_version")
        backend = text_attribute(opened, "backend") or text_attribute(root, "backend")
        if texts_attribute(root, "layer_names") is None and "layers" in root:
            return StoredWeights(path, {}, version, backend, config, _store(root, path))
        return StoredWeights(path, _layers(root, path), version, backend, config)


def _layers(root: h5py.Group, path: Path) -> dict[str, tuple[StoredArray, ...]]:
    names = texts_attribute(root, "layer_names")
    if names is None:
        if "nb_layers" in root.attrs:
            raise damaged(path, "of Keras 1 or later", "weights of Keras 0, which had other "
                          "networks")
        raise damaged(path, "a weights file of Keras", "an HDF5 file without layer_names")
    return {name: _arrays(root, name, path) for name in names}


def _arrays(root: h5py.Group, layer: str, path: Path) -> tuple[StoredArray, ...]:
    group = child(root, layer, path)
    names = texts_attribute(group, "weight_names")
    if names is None:
        if len(group):
            raise damaged(path, "a whole weights file", f"arrays of {layer!r} without their names")
        return ()
    return tuple(StoredArray(name, array(group, name, path)) for name in names)


def _store(root: h5py.Group, path: Path) -> dict[str, Array]:
    """Return every dataset of Keras 3's form by its place."""
    found: dict[str, Array] = {}
    todo = [""]
    while todo:
        place = todo.pop()
        node = child(root, place, path)
        if isinstance(node, h5py.Dataset):
            found[place.strip("/")] = array(root, place, path)
        else:
            todo += [f"{place}/{name}" for name in node]
        if place.count("/") > 60:
            raise damaged(path, "a weights file of Keras", "groups nested too deeply")
    return found

"""Files of other people's models → imported models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgenomics.files import sha256_of
from dlgenomics.spec import parse_spec
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.types import Spec
from dlgenomics_zoo.formats.keras_network import LegacyNetwork, read_keras_network
from dlgenomics_zoo.formats.keras_spec import network_document
from dlgenomics_zoo.imports.imported import Imported


def import_keras(path: Path, weights: Path | None = None, *, name: str,
                 shapes: Mapping[str, Sequence[int]] | None = None,
                 kernel_flip: bool | None = None) -> Imported:
    """Read a Keras model of any age from its files.

    Args:
        path: an architecture, or a whole model.
        weights: the weights of an architecture.
        name: what the model is called from now on.
        shapes: input → its shape without the batch axis, where the file leaves a length open.
        kernel_flip: see `read_keras_network`.

    Raises:
        DataError, UnsafeModelError, UnknownLayersError, WeightsError: see `read_keras_network`.
    """
    network = read_keras_network(path, weights, shapes=shapes, kernel_flip=kernel_flip)
    origin = {"files": file_hashes([p for p in (path, weights) if p is not None]),
              "keras_version": network.keras_version or "not said"}
    spec = document_spec(network_document(network, name), str(path))
    return Imported(spec, network.weights, network.notes, origin)


def file_hashes(paths: Sequence[Path]) -> dict[str, str]:
    """Return the SHA-256 of files by their names."""
    return {path.name: sha256_of(path) for path in paths}


def document_spec(document: Mapping[str, Any], source: str) -> Spec:
    """Return the spec that plain data describe, checked as any other."""
    return parse_spec(dump_yaml(document), source)


def single_input(network: LegacyNetwork) -> tuple[str, tuple[int | None, ...]] | None:
    """Return name and shape of a network's only input, or None if it has several."""
    return next(iter(network.inputs.items())) if len(network.inputs) == 1 else None

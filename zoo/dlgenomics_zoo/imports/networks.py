"""Files of other people's models → imported models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgenomics.errors import DlgError
from dlgenomics.files import sha256_of
from dlgenomics.spec import parse_spec
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.types import Spec
from dlgenomics_zoo.formats.keras_network import LegacyNetwork, read_keras_network
from dlgenomics_zoo.formats.keras_spec import network_document
from dlgenomics_zoo.formats.safetensors import read_safetensors
from dlgenomics_zoo.formats.torch_checkpoint import read_torch
from dlgenomics_zoo.imports.imported import Imported
from dlgenomics_zoo.ports import Port, port_spec, port_weights, read_port


def import_keras(path: Path, weights: Path | None = None, *, name: str,
                 length: int | None = None, kernel_flip: bool | None = None) -> Imported:
    """Read a Keras model of any age from its files.

    Args:
        path: an architecture, or a whole model.
        weights: the weights of an architecture.
        name: what the model is called from now on.
        length: what stands for a length that the network leaves open.
        kernel_flip: see `read_keras_network`.

    Raises:
        DataError, UnsafeModelError, UnknownLayersError, WeightsError: see `read_keras_network`.
        DlgError: a length is needed, or the file holds no weights.
    """
    network = read_network(path, weights, length, str(path), kernel_flip=kernel_flip)
    if not network.weights:
        raise DlgError(f"a model needs weights. Received: {path}, which holds the network alone. "
                       "Name the file of its weights (weights=, --weights FILE).")
    origin = {"files": file_hashes([p for p in (path, weights) if p is not None]),
              "keras_version": network.keras_version or "not said"}
    spec = document_spec(network_document(network, name), str(path))
    return Imported(spec, network.weights, network.notes, origin)


def import_port(path: Path, port_name: str, *, name: str) -> Imported:
    """Read the arrays of a network that a port declares.

    Args:
        path: a PyTorch checkpoint of any age, or a safetensors file.
        port_name: such as ``basset``; see `dlgenomics_zoo.ports`.
        name: what the model is called from now on.

    Raises:
        DataError, UnsafeModelError: no such port, or the file is damaged or a program.
        WeightsError: arrays are missing or left over.
    """
    port = read_port(port_name)
    reader = read_safetensors if path.suffix == ".safetensors" else read_torch
    checkpoint = reader(path)
    document = {**port_document(port), "name": name}
    return Imported(document_spec(document, str(path)), port_weights(port, checkpoint),
                    checkpoint.notes, {"files": file_hashes([path]), "port": port_name})


def port_document(port: Port, columns: Sequence[str] = ()) -> dict[str, Any]:
    """Return the spec of a port as plain data, with the layout that the source's users know.

    Raises:
        DataError: another number of columns than the network has outputs.
    """
    document = port_spec(port, columns).to_data()
    if port.layout is None:
        return document
    (given,) = document["data"]["inputs"].values()
    given["layout"] = {"alphabet_axis": port.layout.alphabet_axis,
                       "dummy_axis": port.layout.dummy_axis, "alphabet": port.layout.alphabet}
    return document


def read_network(path: Path, weights: Path | None, length: int | None, what: str, *,
                 kernel_flip: bool | None = None) -> LegacyNetwork:
    """Read a network, with a length for what it leaves open.

    Args:
        path: an architecture, or a whole model.
        weights: the weights of an architecture.
        length: the length.
        what: whose network it is, for messages.
        kernel_flip: see `read_keras_network`.

    Raises:
        DlgError: a length is needed and none is given.
    """
    network = read_keras_network(path, weights, kernel_flip=kernel_flip)
    open_ones = {name: shape for name, shape in network.inputs.items() if None in shape}
    if not open_ones:
        return network
    if length is None:
        raise DlgError("a network for sequences of any length needs one to be chosen. Received: "
                       f"none for {what!r}. Give the length (length=500, or --length 500).")
    shapes = {name: [length if size is None else size for size in shape]
              for name, shape in open_ones.items()}
    return read_keras_network(path, weights, kernel_flip=kernel_flip, shapes=shapes)


def file_hashes(paths: Sequence[Path]) -> dict[str, str]:
    """Return the SHA-256 of files by their names."""
    return {path.name: sha256_of(path) for path in paths}


def document_spec(document: Mapping[str, Any], source: str) -> Spec:
    """Return the spec that plain data describe, checked as any other."""
    return parse_spec(dump_yaml(document), source)

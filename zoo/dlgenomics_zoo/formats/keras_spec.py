"""An old network → the document of a spec, ready to be given the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics.spec.tasks import TASKS
from dlgenomics_zoo.formats.keras_network import LegacyNetwork

_CLASSIFIERS: Final = {
    "softmax": "multiclass_classification", "sigmoid": "multilabel_classification",
}
_CHECKED: Final = ("Dense", "Activation", "Conv1D", "Conv2D")
"""Layers whose activation a task rules on when they are outputs."""


def network_document(network: LegacyNetwork, name: str) -> dict[str, Any]:
    """Return a spec as plain data whose inputs and targets are arrays of the network's own shapes.

    Args:
        network: what `read_keras_network` gave.
        name: the model's.

    Raises:
        DataError: an input or output has a length that varies; give ``shapes=`` when reading.
    """
    layers = [dict(entry) for entry in network.layers]
    outputs = dict(network.outputs)
    if task_of(network) == "regression":
        outputs = {_plain_head(layers, key): shape for key, shape in outputs.items()}
    return {
        "spec": 1, "name": name, "task": task_of(network),
        "data": {
            "inputs": {key: {"kind": "array", "shape": _fixed(key, shape, network)}
                       for key, shape in network.inputs.items()},
            "targets": {key: {"kind": "array", "shape": _fixed(key, shape, network)}
                        for key, shape in outputs.items()},
        },
        "model": {"layers": layers, "outputs": list(outputs)},
    }


def task_of(network: LegacyNetwork) -> str:
    """Return the task that fits the activations of all outputs, else regression."""
    heads = {_head(network.layers, name) for name in network.outputs}
    (only,) = heads if len(heads) == 1 else (("", ""),)
    return _CLASSIFIERS.get(only[1], "regression") if only[0] in _CHECKED else "regression"


def _head(layers: Sequence[Mapping[str, Any]], name: str) -> tuple[str, str]:
    """Return an output layer's kind and activation."""
    ((kind, body),) = next(e for e in layers for b in e.values() if b["name"] == name).items()
    return str(kind), str(body.get("activation", ""))


def _plain_head(layers: list[dict[str, Any]], name: str) -> str:
    """Return an output that regression allows: behind an odd activation stands an Identity."""
    kind, activation = _head(layers, name)
    odd = kind in ("Average", "Shared") or (
        kind in _CHECKED and activation not in TASKS["regression"].activations)
    if not odd:
        return name
    layers.append({"Identity": {"from": name, "name": f"{name}_output"}})
    return f"{name}_output"


def _fixed(name: str, shape: tuple[int | None, ...], network: LegacyNetwork) -> list[int]:
    if None in shape:
        raise DataError(f"every length of a spec is fixed. Received: {name} with {shape}. Read the "
                        "network with shapes={input: shape}.", path=network.source["path"])
    return [n for n in shape if n is not None]

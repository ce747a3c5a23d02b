"""Writes tiny files in the layouts of old Keras, by hand, and builds what the reader makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Named = Sequence[tuple[str, Any]]
Rng = np.random.Generator
CONV = {"filters": 5, "kernel_size": [3], "strides": [1], "padding": "valid", "use_bias": True}
KERAS1_CONV = {"nb_filter": 5, "filter_length": 3, "subsample_length": 1, "border_mode": "valid",
               "bias": True, "activation": "linear", "init": "glorot_uniform",
               "W_regularizer": None, "input_dim": 4, "input_length": None}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def conv1d(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | float = 0.0) -> np.ndarray:
    """Slide a kernel (width, in, out) along x (batch, length, in), without padding."""
    width = kernel.shape[0]
    windows = np.stack([x[:, i:i + width] for i in range(x.shape[1] - width + 1)], axis=1)
    return np.einsum("blwi,wio->blo", windows, kernel) + bias


def arrays(rng: Rng, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    return [rng.normal(size=s).astype("float32") for s in shapes]


def layer(class_name: str, name: str, inbound: Any = None, **config: Any) -> dict[str, Any]:
    """A layer as a Sequential lists it, or with ``inbound`` as a Model does."""
    found: dict[str, Any] = {"class_name": class_name, "config": {"name": name, **config}}
    if inbound is not None:
        found |= {"name": name, "inbound_nodes": inbound}
    return found


def follows(*names: str, keywords: bool = True) -> list[list[list[Any]]]:
    """One call of a layer on the first outputs of others, as Keras 2 (or 1) writes it."""
    return [[[n, 0, 0, {}] if keywords else [n, 0, 0] for n in names]]


def write_json(path: Path, class_name: str, config: Any, version: str | None = "2.1.5",
               backend: str | None = "tensorflow") -> Path:
    """Write an architecture."""
    root = {"class_name": class_name, "config": config}
    root |= {"keras_version": version} if version else {}
    path.write_text(json.dumps(root | ({"backend": backend} if backend else {})))
    return path


def model_config(inputs: Sequence[str], outputs: Sequence[str],
                 layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The config of a Model."""
    return {"name": "model_1", "layers": list(layers),
            "input_layers": [[n, 0, 0] for n in inputs],
            "output_layers": [[n, 0, 0] for n in outputs]}


def write_h5(path: Path, layers: Mapping[str, Named], *, version: str | None = None,
             backend: str | None = None, config: str | None = None, split: int = 0,
             text: bool = False) -> Path:
    """Write weights; with ``config`` they lie in the group of a whole model.

    Args:
        path: the file.
        layers: layer → (name, array) in order.
        version, backend: attributes.
        config: the architecture's JSON.
        split: write ``layer_names`` in pieces of that many.
        text: attributes are texts rather than bytes.
    """
    def names(values: Sequence[str]) -> Any:
        return np.array(list(values), dtype=h5py.string_dtype() if text else None) if text else (
            np.array([v.encode() for v in values]) if values else np.array([], dtype="S1"))

    with h5py.File(path, "w") as opened:
        root = opened
        if config is not None:
            opened.attrs["model_config"] = config if text else config.encode()
            root = opened.create_group("model_weights")
        for key, value in (("keras_version", version), ("backend", backend)):
            if value is not None:
                (opened if config is not None else root).attrs[key] = (
                    value if text else value.encode())
        if split:
            pieces = [list(layers)[i:i + split] for i in range(0, len(layers), split)]
            for number, piece in enumerate(pieces):
                root.attrs[f"layer_names{number}"] = names(piece)
        else:
            root.attrs["layer_names"] = names(list(layers))
        for layer_name, arrays in layers.items():
            group = root.create_group(layer_name)
            group.attrs["weight_names"] = names([n for n, _ in arrays])
            for name, array in arrays:
                group.create_dataset(name, data=np.asarray(array, dtype="float32"))
    return path


def build(network: Any) -> Any:
    """Build what the reader made of a file, with its weights, as the spec that it becomes."""
    from dlgenomics.build import assemble_model
    from dlgenomics.spec import parse_spec
    from dlgenomics.spec.dump import dump_yaml
    from dlgenomics_zoo.formats.keras_spec import network_document
    from dlgenomics_zoo.formats.load_weights import load_weights

    model = assemble_model(parse_spec(dump_yaml(network_document(network, "old"))))
    if network.weights:
        load_weights(model, network.weights)
    return model


def run(network: Any, *arrays: np.ndarray) -> Any:
    """Build and apply a network; several outputs come as a list."""
    model = build(network)
    given = arrays[0] if len(arrays) == 1 else dict(zip(network.inputs, arrays, strict=True))
    found = model(given, training=False)
    if isinstance(found, dict):
        return [np.asarray(found[name]) for name in network.outputs]
    return np.asarray(found)

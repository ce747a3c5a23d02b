"""Tiny models of other people, as the bytes of files, for the loopback hub."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from old_keras import follows, layer, model_config, write_h5

from hub_store import Files

CARD = b"---\nlicense: mit\ntags:\n- genomics\n---\n# A model\n"


def keras_h5(seed: int = 0, length: int = 6, units: int = 2) -> tuple[bytes, np.ndarray, np.ndarray]:
    """A whole Keras 2 model: a one-hot sequence, flattened, and one dense layer; with its arrays."""
    rng = np.random.default_rng(seed)
    kernel, bias = rng.normal(size=(4 * length, units)), rng.normal(size=units)
    config = model_config(["seq"], ["out"], [
        layer("InputLayer", "seq", [], batch_input_shape=[None, length, 4], dtype="float32"),
        layer("Flatten", "flat", follows("seq")),
        layer("Dense", "out", follows("flat"), units=units, activation="linear", use_bias=True)])
    return (_h5(config, {"seq": [], "flat": [], "out": [("out/kernel:0", kernel), ("out/bias:0", bias)]}),
            kernel.astype(np.float32), bias.astype(np.float32))


def _h5(config: dict[str, Any], weights: Mapping[str, Any]) -> bytes:
    root = json.dumps({"class_name": "Model", "config": config, "keras_version": "2.4.0",
                       "backend": "tensorflow"})
    with tempfile.TemporaryDirectory() as folder:
        path = write_h5(Path(folder) / "m.h5", weights, version="2.4.0", backend="tensorflow", config=root)
        return path.read_bytes()


def profile_h5(seed: int, filters: int, length: int = 20, positions: int = 12) -> tuple[bytes, Any]:
    """A model like a part of ChromBPNet, and what it computes: profile logits and a log count."""
    rng = np.random.default_rng(seed)
    conv, conv_bias = rng.normal(size=(5, 4, filters)), rng.normal(size=filters)
    head, head_bias = rng.normal(size=(5, filters, 1)), rng.normal(size=1)
    count, count_bias = rng.normal(size=(filters, 1)), rng.normal(size=1)
    shared = {"strides": [1], "padding": "valid", "use_bias": True, "dilation_rate": [1]}
    config = model_config(["sequence"], ["profile", "logcount"], [
        layer("InputLayer", "sequence", [], batch_input_shape=[None, length, 4], dtype="float32"),
        layer("Conv1D", "stem", follows("sequence"), filters=filters, kernel_size=[5], activation="relu", **shared),
        layer("Conv1D", "prof", follows("stem"), filters=1, kernel_size=[5], activation="linear", **shared),
        layer("Flatten", "profile", follows("prof")),
        layer("GlobalAveragePooling1D", "gap", follows("stem")),
        layer("Dense", "logcount", follows("gap"), units=1, activation="linear", use_bias=True)])
    weights = {"sequence": [], "stem": [("stem/kernel:0", conv), ("stem/bias:0", conv_bias)],
               "prof": [("prof/kernel:0", head), ("prof/bias:0", head_bias)], "profile": [], "gap": [],
               "logcount": [("logcount/kernel:0", count), ("logcount/bias:0", count_bias)]}
    assert length - 8 == positions

    def slide(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
        windows = np.stack([x[:, i:i + 5] for i in range(x.shape[1] - 4)], axis=1)
        return np.einsum("blwi,wio->blo", windows, kernel) + bias

    def reference(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = np.maximum(slide(x, conv, conv_bias), 0)
        return slide(hidden, head, head_bias)[..., 0], hidden.mean(axis=1) @ count + count_bias

    return _h5(config, weights), reference


def safetensors(arrays: Mapping[str, np.ndarray]) -> bytes:
    """A safetensors file of float32 arrays."""
    head, at, blocks = {}, 0, []
    for name, array in arrays.items():
        block = array.astype("<f4").tobytes()
        head[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + len(block)]}
        at += len(block)
        blocks.append(block)
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(blocks)


def evil_pickle(marker: Path) -> bytes:
    """A pickle that makes a file when it is unpickled."""
    class Evil:
        def __reduce__(self) -> Any:
            return (open, (str(marker), "w"))

    return pickle.dumps(Evil())


def tar_of(files: Files, **members: tarfile.TarInfo) -> bytes:
    """A tar archive; more members as they are given."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in members.values():
            archive.addfile(info)
    return made.getvalue()

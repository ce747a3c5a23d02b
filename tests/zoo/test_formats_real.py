"""The example models of Kipoi and its Basset layout, with the numbers stored beside them.

The files lie in ``kipoi/`` beside the folder that DLG_TEST_DATA names.
"""

from __future__ import annotations

import copy
import dataclasses
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from old_keras import build, run

from dlgenomics_zoo.formats.keras_network import LegacyNetwork, read_keras_network
from dlgenomics_zoo.formats.torch_checkpoint import read_torch

pytestmark = pytest.mark.real


@pytest.fixture
def kipoi() -> Path:
    data = os.environ.get("DLG_TEST_DATA")
    folder = Path(data).resolve().parent / "kipoi" if data else None
    if folder is None or not (folder / "examples").is_dir():
        pytest.skip("there is no kipoi/examples beside the folder that DLG_TEST_DATA names")
    return folder


def _example(kipoi: Path, name: str, arch: str, weights: str | None) -> LegacyNetwork:
    folder = kipoi / "examples" / name / "model_files"
    return read_keras_network(folder / arch, folder / weights if weights else None)


def test_gradients_of_tal1(kipoi: Path) -> None:
    import keras
    import tensorflow as tf

    model = build(_example(kipoi, "tal1_model", "arch.json", "weights.hdf5"))
    with h5py.File(kipoi / "examples" / "tal1_model" / "example_files" / "grads.hdf5") as opened:
        x, expected = opened["inputs"][()].astype("float32"), opened["grads"][()]
    score = keras.Model(model.inputs, model.get_layer("dense_1").output)
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = tf.reduce_sum(score(given, training=False))
    found = np.asarray(tape.gradient(total, given))
    assert np.abs(found - expected).max() < 1e-5


def test_extended_coda_of_keras1_and_keras2_are_twins(kipoi: Path, rng: Any) -> None:
    x = rng.uniform(0, 2, (2, 25025, 1)).astype("float32")
    first = run(_example(kipoi, "extended_coda", "model.json", "weights.h5"), x)
    second = run(_example(kipoi, "extended_coda", "keras2/model.h5", None), x)
    third = run(_example(kipoi, "extended_coda", "keras2/model.json", "keras2/weights.h5"), x)
    assert first.shape == (2, 25025, 1)
    assert first.std() > 0
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


@pytest.mark.parametrize("name", ["iris_model_template", "upgradedkeras"])
def test_small_tables(kipoi: Path, rng: Any, name: str) -> None:
    network = _example(kipoi, name, "model.json", "weights.h5")
    x = rng.normal(size=(5, 4)).astype("float32")
    ((kernel, bias),) = network.weights.values()
    np.testing.assert_allclose(run(network, x), x @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("name", ["rbp", "non_bedinput_model", "var_seqlen_model"])
def test_splines_of_rbp(kipoi: Path, rng: Any, name: str) -> None:
    network = _example(kipoi, name, "model.json", "weights.h5")
    sequence = rng.uniform(0, 1, (3, 101, 4)).astype("float32")
    distance = rng.uniform(0, 1, (3, 1, 10)).astype("float32")
    kernel, bias = network.weights["conv1"]
    windows = np.stack([sequence[:, i:i + 9] for i in range(93)], axis=1)
    hidden = np.maximum(np.einsum("blwi,wio->blo", windows, kernel) + bias, 0)
    pooled = hidden[:, :92].reshape(3, 23, 4, 10).mean(axis=2).reshape(3, -1)
    (spline,) = network.weights["spline_t_6"]
    joined = np.concatenate([pooled, (distance * spline.T).sum(axis=-1)], axis=1)
    dense, offset = network.weights["dense_6"]
    np.testing.assert_allclose(run(network, sequence, distance), joined @ dense + offset, atol=1e-4)


def test_stored_predictions_of_the_pytorch_example(kipoi: Path) -> None:
    folder = kipoi / "examples" / "pyt"
    arrays = read_torch(folder / "model_files" / "only_weights.pth").arrays
    for name, equal in (("expected", True), ("wrong", False)):
        with h5py.File(folder / f"{name}.pred.h5") as opened:
            x, expected = opened["inputs"][()], opened["preds"][()]
        hidden = np.maximum(x.reshape(len(x), -1) @ arrays["1.weight"].T + arrays["1.bias"], 0)
        found = 1 / (1 + np.exp(-(hidden @ arrays["3.weight"].T + arrays["3.bias"])))
        assert bool(np.abs(found - expected).max() < 1e-6) is equal


@pytest.mark.parametrize("form", ["legacy", "zip"])
def test_basset_against_pytorch(kipoi: Path, form: str) -> None:
    from dlgenomics.build import assemble_model
    from dlgenomics_zoo.formats.load_weights import load_weights
    from dlgenomics_zoo.ports import port_spec, port_weights, read_port

    port = read_port("basset")
    if form == "zip":  # the same graph with few filters
        document = copy.deepcopy(dict(port.document))
        sizes = {300: 24, 200: 16, 1000: 40, 164: 10}
        for entry in document["model"]["layers"]:
            arguments = next(iter(entry.values())) if isinstance(entry, dict) else {}
            for key in {"filters", "units"} & set(arguments if isinstance(arguments, dict) else ()):
                arguments[key] = sizes[arguments[key]]
        port = dataclasses.replace(port, document=document, targets=10)
    checkpoint = read_torch(kipoi / "basset" / f"random_{form}.pth")
    assert checkpoint.format == f"torch-{form}"
    model = assemble_model(port_spec(port))
    load_weights(model, port_weights(port, checkpoint))
    stored = np.load(kipoi / "basset" / "io.npz")
    channels_last = port.layout.undo(stored["x"])
    np.testing.assert_array_equal(channels_last, stored["x"][..., 0].transpose(0, 2, 1))
    found = np.asarray(model(channels_last, training=False))
    assert np.abs(found - stored[f"y_{form}"]).max() < 1e-5

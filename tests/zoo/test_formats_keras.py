"""Old Keras files in each layout, written by hand, give the numbers that they were made for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from old_keras import (
    CONV,
    KERAS1_CONV,
    Rng,
    arrays,
    conv1d,
    follows,
    layer,
    model_config,
    run,
    sigmoid,
    write_h5,
    write_json,
)

from dlgenomics_zoo.formats.errors import WeightsError
from dlgenomics_zoo.formats.keras_network import read_keras_network


@pytest.mark.parametrize("wrapped", [False, True])
def test_sequential_as_a_list_and_as_a_dict(tmp_path: Path, rng: Rng, dna: np.ndarray,
                                            wrapped: bool) -> None:
    kernel, bias, dense, offset = arrays(rng, (3, 4, 5), (5,), (5, 2), (2,))
    layers = [layer("Conv1D", "conv", batch_input_shape=[None, 12, 4], activation="relu", **CONV),
              layer("GlobalMaxPooling1D", "pool"),
              layer("Dense", "out", units=2, activation="sigmoid", use_bias=True)]
    arch = write_json(tmp_path / "a.json", "Sequential",
                      {"name": "s", "layers": layers} if wrapped else layers)
    weights = write_h5(tmp_path / "w.h5", {
        "conv": [("conv/kernel:0", kernel), ("conv/bias:0", bias)], "pool": [],
        "out": [("out/kernel:0", dense), ("out/bias:0", offset)]}, version="2.1.5")
    hidden = np.maximum(conv1d(dna, kernel, bias), 0).max(axis=1)
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, dna), sigmoid(hidden @ dense + offset), atol=1e-6)
    assert network.keras_version == "2.1.5"
    assert network.inputs == {"conv_input": (12, 4)}


@pytest.mark.parametrize("class_name", ["Model", "Functional"])
@pytest.mark.parametrize("text", [False, True])
def test_a_whole_model_with_bytes_or_text_and_a_strange_training_config(
    tmp_path: Path, rng: Rng, class_name: str, text: bool
) -> None:
    kernel, bias = arrays(rng, (4, 3), (3,))
    config = model_config(["x"], ["d"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4], dtype="float32", sparse=False,
              ragged=False),
        layer("Dense", "d", follows("x"), units=3, activation="tanh", use_bias=True,
              dtype={"class_name": "Policy", "config": {"name": "float32"}},
              kernel_initializer={"class_name": "GlorotUniform", "config": {"dtype": "float32"}}),
    ])
    path = write_h5(tmp_path / "m.h5", {"x": [], "d": [("d/kernel:0", kernel), ("d/bias:0", bias)]},
                    version="2.4.0", backend="tensorflow", text=text,
                    config=json.dumps({"class_name": class_name, "config": config}))
    x = rng.normal(size=(2, 4)).astype("float32")
    np.testing.assert_allclose(run(read_keras_network(path), x), np.tanh(x @ kernel + bias),
                               atol=1e-6)


@pytest.mark.parametrize("layout", ["1.2", "1.0"])
def test_keras1_conv1d_in_both_kernel_layouts(tmp_path: Path, rng: Rng, dna: np.ndarray,
                                              layout: str) -> None:
    kernel, bias = arrays(rng, (3, 4, 5), (5,))
    stored = kernel[:, None] if layout == "1.2" else kernel.transpose(2, 1, 0)[..., None]
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4], **KERAS1_CONV)],
        version=None, backend=None)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c_W:0", stored), ("c_b:0", bias)]})
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, dna), conv1d(dna, kernel, bias), atol=1e-5)
    assert network.keras_version is None


def test_a_kernel_of_neither_layout_is_refused(tmp_path: Path, rng: Rng) -> None:
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4], **KERAS1_CONV)], None, None)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c_W:0", np.zeros((7, 2, 4, 5))),
                                                 ("c_b:0", np.zeros(5))]})
    with pytest.raises(WeightsError, match=r"neither layout of Keras 1 for 5 filters of 3"):
        read_keras_network(arch, weights)


@pytest.mark.parametrize(("names", "reversed_"), [(":0", False), ("", True)])
def test_the_theano_guess_follows_the_names_and_is_told(
    tmp_path: Path, rng: Rng, dna: np.ndarray, names: str, reversed_: bool
) -> None:
    (kernel,) = arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4], **KERAS1_CONV)], None, None)
    weights = write_h5(tmp_path / "w.h5", {"c": [(f"c_W{names}", kernel[:, None]),
                                                 (f"c_b{names}", np.zeros(5))]})
    plain, flipped = conv1d(dna, kernel), conv1d(dna, kernel[::-1])
    guessed = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(guessed, dna), flipped if reversed_ else plain, atol=1e-5)
    assert any("a guess" in note and "kernel_flip" in note for note in guessed.notes)
    for asked, expected in ((True, flipped), (False, plain)):
        chosen = read_keras_network(arch, weights, kernel_flip=asked)
        np.testing.assert_allclose(run(chosen, dna), expected, atol=1e-5)
        assert any("as asked" in note for note in chosen.notes)
    assert np.abs(plain - flipped).max() > 0.1


@pytest.mark.parametrize(("backend", "reversed_"), [("theano", True), ("tensorflow", False)])
def test_keras2_says_its_backend(tmp_path: Path, rng: Rng, dna: np.ndarray, backend: str,
                                 reversed_: bool) -> None:
    (kernel,) = arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Conv1D", "c", batch_input_shape=[None, 12, 4], **CONV)], backend=backend)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c/kernel:0", kernel), ("c/bias:0", np.zeros(5))]},
                       version="2.1.5", backend=backend)
    network = read_keras_network(arch, weights)
    expected = conv1d(dna, kernel[::-1] if reversed_ else kernel)
    np.testing.assert_allclose(run(network, dna), expected, atol=1e-5)
    assert any("Theano" in n for n in network.notes) is reversed_


def _theano_conv2d(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide (out, in, rows, columns) over (batch, in, rows, columns): correlation."""
    rows, columns = kernel.shape[2:]
    out = np.zeros((len(x), len(kernel), x.shape[2] - rows + 1, x.shape[3] - columns + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i:i + rows, j:j + columns]
            out[:, :, i, j] = np.einsum("bcij,ocij->bo", window, kernel)
    return out


def test_theano_dim_ordering_keeps_the_rows_of_dense(tmp_path: Path, rng: Rng) -> None:
    kernel, dense = arrays(rng, (6, 4, 1, 3), (6 * 5, 2))
    window = {"border_mode": "valid", "dim_ordering": "th"}
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution2D", "c", batch_input_shape=[None, 4, 1, 12], nb_filter=6, nb_row=1,
              nb_col=3, subsample=[1, 1], activation="relu", bias=True, **window),
        layer("BatchNormalization", "bn", mode=0, axis=1, epsilon=1e-3, momentum=0.99),
        layer("Dropout", "drop", p=0.3),
        layer("MaxPooling2D", "pool", pool_size=[1, 2], strides=[1, 2], **window),
        layer("Flatten", "flat"),
        layer("Dense", "d", output_dim=2, bias=True, activation="linear", input_dim=None)],
        version="1.2.2", backend=None)
    gamma, beta, mean = arrays(rng, (6,), (6,), (6,))
    variance = rng.uniform(0.5, 2, 6).astype("float32")
    weights = write_h5(tmp_path / "w.h5", {
        "c": [("c_W:0", kernel), ("c_b:0", np.full(6, 0.25))],
        "bn": [("bn_gamma:0", gamma), ("bn_beta:0", beta), ("bn_running_mean:0", mean),
               ("bn_running_std:0", variance)],
        "drop": [], "pool": [], "flat": [],
        "d": [("d_W:0", dense), ("d_b:0", np.zeros(2))]})
    x = rng.normal(size=(3, 4, 1, 12)).astype("float32")
    hidden = np.maximum(_theano_conv2d(x, kernel) + 0.25, 0)
    by_channel = [a[None, :, None, None] for a in (gamma, beta, mean, variance)]
    hidden = by_channel[0] * (hidden - by_channel[2]) / np.sqrt(by_channel[3] + 1e-3) + by_channel[1]
    pooled = hidden.reshape(3, 6, 1, 5, 2).max(axis=-1)
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, x), pooled.reshape(3, -1) @ dense, atol=1e-4)

"""Old Keras files in each layout, written by hand, give the numbers that they were made for."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import build, follows, layer, model_config, run, write_h5, write_json

from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.errors import UnknownLayersError, WeightsError
from dlgenomics_zoo.formats.keras_network import read_keras_network

Rng = np.random.Generator


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _conv1d(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | float = 0.0) -> np.ndarray:
    """Slide a kernel (width, in, out) along x (batch, length, in), without padding."""
    width = kernel.shape[0]
    windows = np.stack([x[:, i:i + width] for i in range(x.shape[1] - width + 1)], axis=1)
    return np.einsum("blwi,wio->blo", windows, kernel) + bias


@pytest.fixture
def dna(rng: Rng) -> np.ndarray:
    return np.eye(4, dtype="float32")[rng.integers(0, 4, (3, 12))]


def _arrays(rng: Rng, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    return [rng.normal(size=s).astype("float32") for s in shapes]


CONV = {"filters": 5, "kernel_size": [3], "strides": [1], "padding": "valid", "use_bias": True}


@pytest.mark.parametrize("wrapped", [False, True])
def test_sequential_as_a_list_and_as_a_dict(tmp_path: Path, rng: Rng, dna: np.ndarray,
                                            wrapped: bool) -> None:
    kernel, bias, dense, offset = _arrays(rng, (3, 4, 5), (5,), (5, 2), (2,))
    layers = [layer("Conv1D", "conv", batch_input_shape=[None, 12, 4], activation="relu", **CONV),
              layer("GlobalMaxPooling1D", "pool"),
              layer("Dense", "out", units=2, activation="sigmoid", use_bias=True)]
    arch = write_json(tmp_path / "a.json", "Sequential",
                      {"name": "s", "layers": layers} if wrapped else layers)
    weights = write_h5(tmp_path / "w.h5", {
        "conv": [("conv/kernel:0", kernel), ("conv/bias:0", bias)], "pool": [],
        "out": [("out/kernel:0", dense), ("out/bias:0", offset)]}, version="2.1.5")
    hidden = np.maximum(_conv1d(dna, kernel, bias), 0).max(axis=1)
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, dna), _sigmoid(hidden @ dense + offset), atol=1e-6)
    assert network.keras_version == "2.1.5"
    assert network.inputs == {"conv_input": (12, 4)}


@pytest.mark.parametrize("class_name", ["Model", "Functional"])
@pytest.mark.parametrize("text", [False, True])
def test_a_whole_model_with_bytes_or_text_and_a_strange_training_config(
    tmp_path: Path, rng: Rng, class_name: str, text: bool
) -> None:
    kernel, bias = _arrays(rng, (4, 3), (3,))
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


KERAS1_CONV = {"nb_filter": 5, "filter_length": 3, "subsample_length": 1, "border_mode": "valid",
               "bias": True, "activation": "linear", "init": "glorot_uniform",
               "W_regularizer": None, "input_dim": 4, "input_length": None}


@pytest.mark.parametrize("layout", ["1.2", "1.0"])
def test_keras1_conv1d_in_both_kernel_layouts(tmp_path: Path, rng: Rng, dna: np.ndarray,
                                              layout: str) -> None:
    kernel, bias = _arrays(rng, (3, 4, 5), (5,))
    stored = kernel[:, None] if layout == "1.2" else kernel.transpose(2, 1, 0)[..., None]
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4], **KERAS1_CONV)],
        version=None, backend=None)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c_W:0", stored), ("c_b:0", bias)]})
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, dna), _conv1d(dna, kernel, bias), atol=1e-5)
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
    (kernel,) = _arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4], **KERAS1_CONV)], None, None)
    weights = write_h5(tmp_path / "w.h5", {"c": [(f"c_W{names}", kernel[:, None]),
                                                 (f"c_b{names}", np.zeros(5))]})
    plain, flipped = _conv1d(dna, kernel), _conv1d(dna, kernel[::-1])
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
    (kernel,) = _arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Conv1D", "c", batch_input_shape=[None, 12, 4], **CONV)], backend=backend)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c/kernel:0", kernel), ("c/bias:0", np.zeros(5))]},
                       version="2.1.5", backend=backend)
    network = read_keras_network(arch, weights)
    expected = _conv1d(dna, kernel[::-1] if reversed_ else kernel)
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
    kernel, dense = _arrays(rng, (6, 4, 1, 3), (6 * 5, 2))
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
    gamma, beta, mean = _arrays(rng, (6,), (6,), (6,))
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


def _lstm(x: np.ndarray, gates: dict[str, np.ndarray], squash: Any) -> np.ndarray:
    units = gates["U_i"].shape[0]
    h = c = np.zeros((len(x), units))
    for step in range(x.shape[1]):
        z = {g: x[:, step] @ gates[f"W_{g}"] + h @ gates[f"U_{g}"] + gates[f"b_{g}"] for g in "icfo"}
        c = squash(z["f"]) * c + squash(z["i"]) * np.tanh(z["c"])
        h = squash(z["o"]) * np.tanh(c)
    return h


def _old_hard_sigmoid(x: Any) -> Any:
    return np.clip(0.2 * x + 0.5, 0, 1)


def _gate_arrays(rng: Rng, names: str, channels: int, units: int) -> dict[str, np.ndarray]:
    return {f"{letter}_{gate}": rng.normal(scale=1.5, size=shape).astype("float32")
            for gate in names for letter, shape in (("W", (channels, units)),
                                                    ("U", (units, units)), ("b", (units,)))}


KERAS1_RNN = {"output_dim": 3, "init": "glorot_uniform", "inner_init": "orthogonal",
              "activation": "tanh", "inner_activation": "hard_sigmoid", "dropout_W": 0.2,
              "dropout_U": 0.1, "return_sequences": False, "go_backwards": False,
              "stateful": False, "unroll": False, "consume_less": "cpu", "input_dim": 4,
              "input_length": None, "W_regularizer": None}


def test_lstm_of_twelve_arrays(tmp_path: Path, rng: Rng, dna: np.ndarray) -> None:
    gates = _gate_arrays(rng, "icfo", 4, 3)
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("LSTM", "l", batch_input_shape=[None, 12, 4], forget_bias_init="one", **KERAS1_RNN)],
        None, None)
    weights = write_h5(tmp_path / "w.h5", {"l": [(f"l_{k}:0", v) for k, v in gates.items()]})
    network = read_keras_network(arch, weights)
    expected = _lstm(dna, gates, _old_hard_sigmoid)
    np.testing.assert_allclose(run(network, dna), expected, atol=1e-5)
    assert any("hard_sigmoid" in note for note in network.notes)
    swapped = {**gates, "W_c": gates["W_f"], "W_f": gates["W_c"]}
    assert np.abs(_lstm(dna, swapped, _old_hard_sigmoid) - expected).max() > 0.01


def test_gru_of_nine_arrays(tmp_path: Path, rng: Rng, dna: np.ndarray) -> None:
    gates = _gate_arrays(rng, "zrh", 4, 3)
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("GRU", "g", batch_input_shape=[None, 12, 4], **KERAS1_RNN)], None, None)
    weights = write_h5(tmp_path / "w.h5", {"g": [(f"g_{k}:0", v) for k, v in gates.items()]})
    h = np.zeros((3, 3))
    for step in range(12):
        x = dna[:, step]
        z, r = (_old_hard_sigmoid(x @ gates[f"W_{g}"] + h @ gates[f"U_{g}"] + gates[f"b_{g}"])
                for g in "zr")
        new = np.tanh(x @ gates["W_h"] + (r * h) @ gates["U_h"] + gates["b_h"])
        h = z * h + (1 - z) * new
    np.testing.assert_allclose(run(read_keras_network(arch, weights), dna), h, atol=1e-5)


@pytest.mark.parametrize("version", [None, "2.1.5"])
def test_bidirectional_lstm(tmp_path: Path, rng: Rng, dna: np.ndarray, version: str | None) -> None:
    both = [_gate_arrays(rng, "icfo", 4, 3) for _ in range(2)]
    if version is None:
        inner = layer("LSTM", "l", **KERAS1_RNN, forget_bias_init="one")
        stored = [(f"{way}_l_{k}:0", v) for way, gates in zip(("forward", "backward"), both,
                                                              strict=True)
                  for k, v in gates.items()]
    else:
        inner = layer("LSTM", "l", units=3, activation="tanh", recurrent_activation="hard_sigmoid",
                      use_bias=True, unit_forget_bias=True, return_sequences=False,
                      return_state=False, go_backwards=False, stateful=False, unroll=False,
                      implementation=1, dropout=0.0, recurrent_dropout=0.0)
        stored = [(f"b/{way}/{what}:0", np.concatenate([gates[f"{letter}_{g}"] for g in "ifco"], -1))
                  for way, gates in zip(("forward_l", "backward_l"), both, strict=True)
                  for letter, what in (("W", "kernel"), ("U", "recurrent_kernel"), ("b", "bias"))]
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Bidirectional", "b", batch_input_shape=[None, 12, 4], merge_mode="concat",
              layer=inner)], version, None)
    weights = write_h5(tmp_path / "w.h5", {"b": stored}, version=version)
    expected = np.concatenate([_lstm(dna, both[0], _old_hard_sigmoid),
                               _lstm(dna[:, ::-1], both[1], _old_hard_sigmoid)], axis=-1)
    np.testing.assert_allclose(run(read_keras_network(arch, weights), dna), expected, atol=1e-5)


@pytest.mark.parametrize(("version", "expected"), [
    ("1.2.2", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1]), ("2.9.0", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1]),
    ("3.3.3", [0, 1 / 6, 1 / 3, 0.5, 2 / 3, 5 / 6, 1])])
def test_hard_sigmoid_keeps_its_numerics(tmp_path: Path, version: str,
                                         expected: list[float]) -> None:
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Activation", "a", batch_input_shape=[None, 7], activation="hard_sigmoid")], version)
    x = np.arange(-3, 4, dtype="float32")[None]
    np.testing.assert_allclose(run(read_keras_network(arch), x)[0], expected, atol=1e-6)


def test_a_gru_without_reset_after_has_it_off(tmp_path: Path) -> None:
    config = {"units": 3, "activation": "tanh", "recurrent_activation": "sigmoid"}
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("GRU", "g", batch_input_shape=[None, 5, 4], **config)], "2.2.4")
    ((found,),) = [entry.values() for entry in read_keras_network(arch).layers]
    assert found["reset_after"] is False


def test_batch_normalization_without_scale_and_with_a_listed_axis(tmp_path: Path,
                                                                  rng: Rng) -> None:
    beta, mean = _arrays(rng, (4,), (4,))
    variance = rng.uniform(0.5, 2, 4).astype("float32")
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("BatchNormalization", "bn", batch_input_shape=[None, 6, 4], axis=[2], momentum=0.9,
              epsilon=0.01, center=True, scale=False)], "2.7.0")
    weights = write_h5(tmp_path / "w.h5", {"bn": [
        ("bn/beta:0", beta), ("bn/moving_mean:0", mean), ("bn/moving_variance:0", variance)]},
        version="2.7.0")
    x = rng.normal(size=(2, 6, 4)).astype("float32")
    np.testing.assert_allclose(run(read_keras_network(arch, weights), x),
                               (x - mean) / np.sqrt(variance + 0.01) + beta, atol=1e-5)


@pytest.mark.parametrize("split", [0, 1])
def test_names_decide_between_equal_branches(tmp_path: Path, rng: Rng, split: int) -> None:
    left, right = _arrays(rng, (4, 2), (4, 2))
    bias = np.zeros(2)
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["m"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("Dense", "a", follows("x"), units=2, activation="linear"),
        layer("Dense", "b", follows("x"), units=2, activation="linear"),
        layer("Subtract", "m", follows("a", "b"))]))
    weights = write_h5(tmp_path / "w.h5", {
        "b": [("b/kernel:0", right), ("b/bias:0", bias)], "x": [], "m": [],
        "a": [("a/kernel:0", left), ("a/bias:0", bias)]}, version="2.1.5", split=split)
    x = rng.normal(size=(2, 4)).astype("float32")
    np.testing.assert_allclose(run(read_keras_network(arch, weights), x), x @ (left - right),
                               atol=1e-5)


def test_other_names_are_dealt_by_order_only_along_a_chain(tmp_path: Path, rng: Rng) -> None:
    first, second = _arrays(rng, (4, 4), (4, 4))
    stored = {"d1": [("k", first), ("b", np.zeros(4))], "d2": [("k", second), ("b", np.zeros(4))]}
    weights = write_h5(tmp_path / "w.h5", stored, version="2.1.5")
    chain = write_json(tmp_path / "a.json", "Sequential", [
        layer("Dense", "a", batch_input_shape=[None, 4], units=4, activation="linear"),
        layer("Dense", "b", units=4, activation="linear")])
    network = read_keras_network(chain, weights)
    x = rng.normal(size=(2, 4)).astype("float32")
    np.testing.assert_allclose(run(network, x), x @ first @ second, atol=1e-5)
    assert any("order" in note for note in network.notes)
    branched = write_json(tmp_path / "b.json", "Model", model_config(["x"], ["m"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("Dense", "a", follows("x"), units=4, activation="linear"),
        layer("Dense", "b", follows("x"), units=4, activation="linear"),
        layer("Add", "m", follows("a", "b"))]))
    with pytest.raises(WeightsError, match="order proves nothing"):
        read_keras_network(branched, weights)


def test_a_shared_stack_of_keras1_and_a_merge(tmp_path: Path, rng: Rng, dna: np.ndarray) -> None:
    """One layer on a sequence and on its other strand, averaged, as in FactorNet."""
    (kernel,) = _arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Model", model_config(["f", "r"], ["m"], [
        layer("InputLayer", "f", [], batch_input_shape=[None, 12, 4]),
        layer("InputLayer", "r", [], batch_input_shape=[None, 12, 4]),
        layer("Convolution1D", "c", [[["f", 0, 0]], [["r", 0, 0]]],
              batch_input_shape=[None, None, 4], **KERAS1_CONV),
        layer("GlobalMaxPooling1D", "p", [[["c", 0, 0]], [["c", 1, 0]]]),
        layer("Merge", "m", [[["p", 0, 0], ["p", 1, 0]]], mode="ave", mode_type="raw",
              concat_axis=-1, dot_axes=-1)]), None, None)
    weights = write_h5(tmp_path / "w.h5", {"f": [], "r": [], "p": [], "m": [], "c": [
        ("c_W:0", kernel[:, None]), ("c_b:0", np.zeros(5))]})
    other = dna[:, ::-1, ::-1]
    expected = (_conv1d(dna, kernel).max(1) + _conv1d(other, kernel).max(1)) / 2
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, dna, other), expected, atol=1e-5)
    assert len(network.weights) == 1


def test_a_merge_that_stands_first_in_a_sequential(tmp_path: Path, rng: Rng) -> None:
    one, two, out = _arrays(rng, (4, 3), (5, 3), (6, 1))
    dense = {"output_dim": 3, "activation": "linear", "bias": True}
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Merge", "m", mode="concat", mode_type="raw", concat_axis=1, layers=[
            {"class_name": "Sequential", "config": [
                layer("Dense", "a", batch_input_shape=[None, 4], **dense)]},
            {"class_name": "Sequential", "config": [
                layer("Dense", "b", batch_input_shape=[None, 5], **dense)]}]),
        layer("Dense", "d", output_dim=1, activation="sigmoid")], "1.0.5", None)
    zero3, zero1 = np.zeros(3), np.zeros(1)
    weights = write_h5(tmp_path / "w.h5", {
        "a": [("a_W", one), ("a_b", zero3)], "b": [("b_W", two), ("b_b", zero3)],
        "d": [("d_W", out), ("d_b", zero1)]})
    x, y = rng.normal(size=(2, 4)).astype("float32"), rng.normal(size=(2, 5)).astype("float32")
    expected = _sigmoid(np.concatenate([x @ one, y @ two], -1) @ out)
    np.testing.assert_allclose(run(read_keras_network(arch, weights), x, y), expected, atol=1e-5)


@pytest.mark.parametrize("call", [0, 1])
def test_a_network_within_a_network_called_twice(tmp_path: Path, rng: Rng, call: int) -> None:
    """Keras counts the making of a nested network as its call 0, newer ones do not."""
    kernel, bias, gamma, beta, mean = _arrays(rng, (4, 3), (3,), (3,), (3,), (3,))
    variance = rng.uniform(0.5, 2, 3).astype("float32")
    inner = model_config(["i"], ["bn"], [
        layer("InputLayer", "i", [], batch_input_shape=[None, 4]),
        layer("Dense", "d", follows("i"), units=3, activation="relu"),
        layer("BatchNormalization", "bn", follows("d"), axis=1, momentum=0.9, epsilon=0.001,
              center=True, scale=True)])
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x", "y"], ["m"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("InputLayer", "y", [], batch_input_shape=[None, 4]),
        {"class_name": "Model", "name": "inner", "config": {**inner, "name": "inner"},
         "inbound_nodes": [[["x", 0, 0, {}]], [["y", 0, 0, {}]]]},
        layer("Concatenate", "m", [[["inner", call, 0, {}], ["inner", call + 1, 0, {}]]], axis=-1)]))
    weights = write_h5(tmp_path / "w.h5", {"x": [], "y": [], "m": [], "inner": [
        ("d/kernel:0", kernel), ("d/bias:0", bias), ("bn/gamma:0", gamma), ("bn/beta:0", beta),
        ("bn/moving_mean:0", mean), ("bn/moving_variance:0", variance)]}, version="2.1.5")
    x, y = _arrays(rng, (2, 4), (2, 4))

    def applied(z: np.ndarray) -> np.ndarray:
        hidden = np.maximum(z @ kernel + bias, 0)
        return gamma * (hidden - mean) / np.sqrt(variance + 0.001) + beta

    np.testing.assert_allclose(run(read_keras_network(arch, weights), x, y),
                               np.concatenate([applied(x), applied(y)], -1), atol=1e-5)


def test_several_outputs_keep_their_order(tmp_path: Path, rng: Rng) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["b", "a"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("Activation", "a", follows("x"), activation="tanh"),
        layer("Activation", "b", follows("x"), activation="relu")]))
    x = rng.normal(size=(2, 4)).astype("float32")
    relu, tanh = run(read_keras_network(arch), x)
    np.testing.assert_allclose(relu, np.maximum(x, 0))
    np.testing.assert_allclose(tanh, np.tanh(x), atol=1e-6)


@pytest.mark.parametrize(("class_name", "config", "shape", "function"), [
    ("LeakyReLU", {"alpha": 0.2}, (5,), lambda x: np.where(x > 0, x, 0.2 * x)),
    ("LeakyReLU", {}, (5,), lambda x: np.where(x > 0, x, 0.3 * x)),
    ("LeakyReLU", {"alpha": {"class_name": "__numpy__", "value": 0.5}}, (5,),
     lambda x: np.where(x > 0, x, 0.5 * x)),
    ("ThresholdedReLU", {"theta": 0.4}, (5,), lambda x: np.where(x > 0.4, x, 0)),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.0}, (5,),
     lambda x: np.minimum(np.where(x > 0, x, 0.1 * x), 1)),
    ("ZeroPadding1D", {"padding": [1, 2]}, (3, 2), lambda x: np.pad(x, ((0, 0), (1, 2), (0, 0)))),
    ("Cropping1D", {"cropping": [0, 1]}, (3, 2), lambda x: x[:, :-1]),
    ("UpSampling1D", {"length": 2}, (3, 2), lambda x: x.repeat(2, axis=1)),
    ("RepeatVector", {"n": 3}, (2,), lambda x: np.repeat(x[:, None], 3, axis=1)),
    ("Permute", {"dims": [2, 1]}, (3, 2), lambda x: x.transpose(0, 2, 1)),
    ("Reshape", {"target_shape": [6]}, (3, 2), lambda x: x.reshape(len(x), 6)),
    ("Flatten", {"data_format": "channels_first"}, (3, 2),
     lambda x: x.transpose(0, 2, 1).reshape(len(x), 6)),
    ("AveragePooling1D", {"pool_size": [2], "strides": [2], "padding": "same"}, (3, 1),
     lambda x: np.stack([x[:, :2].mean(1), x[:, 2]], axis=1)),
    ("MaxPooling1D", {"pool_length": 2, "stride": None, "border_mode": "valid"}, (4, 2),
     lambda x: x.reshape(len(x), 2, 2, 2).max(axis=2)),
    ("GlobalSumPooling1D", {}, (3, 2), lambda x: x.sum(axis=1)),
    ("GlobalAveragePooling1D", {"data_format": "channels_first"}, (3, 2),
     lambda x: x.mean(axis=2)),
    ("GELU", {}, (5,), lambda x: x / (1 + np.exp(-1.702 * x))),
    ("StochasticShift", {"shift_max": 3, "symmetric": True, "pad": "uniform"}, (3, 4),
     lambda x: x),
])
def test_layers_without_weights(tmp_path: Path, rng: Rng, class_name: str, config: dict[str, Any],
                                shape: tuple[int, ...], function: Any) -> None:
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Activation", "first", batch_input_shape=[None, *shape], activation="linear"),
        layer(class_name, "second", **config)], "2.2.4")
    x = rng.normal(size=(3, *shape)).astype("float32")
    np.testing.assert_allclose(run(read_keras_network(arch), x), function(x), atol=1e-6)


@pytest.mark.parametrize(("mode", "function"), [
    ("half", lambda x: np.pad(x, ((0, 0), (1, 1), (0, 0)))),
    ("full", lambda x: np.pad(x, ((0, 0), (2, 2), (0, 0))))])
def test_paddings_of_theano(tmp_path: Path, rng: Rng, dna: np.ndarray, mode: str,
                            function: Any) -> None:
    (kernel,) = _arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4],
              **{**KERAS1_CONV, "border_mode": mode})], None, None)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c_W:0", kernel[:, None]),
                                                 ("c_b:0", np.zeros(5))]})
    np.testing.assert_allclose(run(read_keras_network(arch, weights), dna),
                               _conv1d(function(dna), kernel), atol=1e-5)


@pytest.mark.parametrize(("class_name", "config", "came"), [
    ("LSTM", {"units": 3, "time_major": True}, "time_major=True"),
    ("LSTM", {"units": 3, "stateful": True}, "stateful=True"),
    ("CuDNNLSTM", {"units": 3}, "graphics cards"),
    ("BatchNormalization", {"mode": 2}, "mode 2"),
    ("Merge", {"mode": "cos"}, "mode 'cos'"),
    ("Merge", {"mode": "f", "mode_type": "lambda"}, "lambda"),
    ("UpSampling2D", {"size": [2, 2], "interpolation": "bilinear"}, "bilinear"),
    ("Conv1D", {**CONV, "twist": 3}, "the setting twist=3"),
    ("Conv1D", {**CONV, "activation": "mine"}, "activation 'mine'"),
    ("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, "mask_zero=True"),
    ("LocallyConnected1D", {"filters": 3, "kernel_size": [3]}, "unknown class"),
    ("Highway", {}, "unknown class"),
    ("ZeroPadding2D", {"padding": [[0, 1], [0, 0]]}, "differs by side"),
])
def test_what_has_no_counterpart_is_named(tmp_path: Path, class_name: str, config: dict[str, Any],
                                          came: str) -> None:
    shape = [None, 6, 6, 4] if "2D" in class_name else [None, 6, 4]
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Dropout", "first", batch_input_shape=shape, rate=0.1),
        layer(class_name, "odd", **config)], "2.1.5")
    with pytest.raises(UnknownLayersError, match="odd") as caught:
        read_keras_network(arch)
    assert came in str(caught.value)


def test_every_unknown_layer_is_listed_at_once_and_can_be_replaced(tmp_path: Path,
                                                                   rng: Rng) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["c"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 3, 4]),
        layer("Mystery", "a", follows("x")), layer("Enigma", "b", follows("x")),
        layer("Add", "c", follows("a", "b"))]))
    with pytest.raises(UnknownLayersError) as caught:
        read_keras_network(arch)
    assert len(caught.value.layers) == 2
    assert "Mystery" in str(caught.value)
    assert "Enigma" in str(caught.value)
    network = read_keras_network(arch, replacements={
        "a": "ReverseComplement", "b": {"Rescaling": {"scale": 2.0}}})
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(run(network, x), x[:, ::-1, ::-1] + 2 * x, atol=1e-6)
    assert sum("as asked" in n for n in network.notes) == 2


def test_names_that_keras3_forbids(tmp_path: Path, rng: Rng) -> None:
    (kernel,) = _arrays(rng, (4, 2))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Dense", "tower/dense-1", batch_input_shape=[None, 4], units=2,
              activation="linear"),
        layer("Activation", "1st", activation="relu")])
    weights = write_h5(tmp_path / "w.h5", {
        "tower/dense-1": [("kernel:0", kernel), ("bias:0", np.zeros(2))], "1st": []},
        version="2.1.5")
    network = read_keras_network(arch, weights)
    assert list(network.weights) == ["tower_dense_1"]
    assert build(network).count_params() == 10


def test_yaml_of_keras1_with_tuples_and_anchors(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("""\
class_name: Sequential
config:
- class_name: Dense
  config:
    name: d
    batch_input_shape: &id001 !!python/tuple [null, 4]
    output_dim: 2
    activation: linear
    bias: true
- class_name: Reshape
  config: {name: r, target_shape: !!python/tuple [2, 1]}
keras_version: 1.2.2
""")
    network = read_keras_network(path)
    assert network.inputs == {"d_input": (4,)}
    assert network.keras_version == "1.2.2"


@pytest.mark.parametrize(("content", "came"), [
    ('{"class_name": "Sequential", "config": [}', "broken JSON"),
    ('{"layers": [{"name": "Dense"}]}', "Keras 0"),
    ('{"config": {}}', "without a class_name"),
    ('{"class_name": "Model", "config": {"layers": [], "input_layers": [["x",0,0]], '
     '"output_layers": []}}', "do not fit together"),
    ('{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 3}}]}',
     "no shape for the input"),
])
def test_broken_architectures(tmp_path: Path, content: str, came: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DataError, match=came):
        read_keras_network(path)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["a"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("Activation", "a", follows("b"), activation="relu"),
        layer("Activation", "b", follows("a"), activation="relu")]))
    with pytest.raises(DataError, match="circle"):
        read_keras_network(arch)


def _dense_file(tmp_path: Path) -> Path:
    return write_json(tmp_path / "a.json", "Sequential", [
        layer("Dense", "a", batch_input_shape=[None, 4], units=2, activation="relu"),
        layer("Dense", "b", units=3, activation="linear")])


def _weights(tmp_path: Path, **changes: Any) -> Path:
    layers = {"a": [("a/kernel:0", np.ones((4, 2))), ("a/bias:0", np.ones(2))],
              "b": [("b/kernel:0", np.ones((2, 3))), ("b/bias:0", np.ones(3))]}
    return write_h5(tmp_path / "w.h5", {**layers, **changes}, version="2.1.5")


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    arch = _dense_file(tmp_path)
    with pytest.raises(WeightsError, match=r"'c/kernel:0', which no layer takes"):
        read_keras_network(arch, _weights(tmp_path, c=[("c/kernel:0", np.ones(3))]))
    with pytest.raises(WeightsError, match="no arrays for the layer 'b'"):
        read_keras_network(arch, _weights(tmp_path, b=[]))
    few = read_keras_network(arch, _weights(tmp_path, b=[("b/kernel:0", np.ones((2, 3)))]))
    with pytest.raises(WeightsError, match=r"b needs 2 arrays \(kernel, bias\), not 1"):
        build(few)
    wrong = _weights(tmp_path, b=[("b/kernel:0", np.ones((3, 2))), ("b/bias:0", np.ones(3))])
    with pytest.raises(WeightsError, match=r"b/kernel needs shape \(2, 3\), not \(3, 2\)"):
        build(read_keras_network(arch, wrong))


def test_nothing_is_set_if_anything_misfits(tmp_path: Path) -> None:
    from dlgenomics_zoo.formats.load_weights import load_weights

    network = read_keras_network(_dense_file(tmp_path), _weights(tmp_path))
    model = build(network)
    before = [np.asarray(w) for w in model.weights]
    bad = {name: [np.zeros_like(a) for a in arrays] for name, arrays in network.weights.items()}
    bad["b"] = bad["b"][:1]
    bad["ghost"] = [np.zeros(2)]
    with pytest.raises(WeightsError) as caught:
        load_weights(model, bad)
    assert len(caught.value.problems) == 2
    for one, other in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))


def test_weights_alone_ask_for_the_network(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Give the architecture"):
        read_keras_network(_weights(tmp_path))


def test_open_lengths_are_given_when_reading(tmp_path: Path, rng: Rng, dna: np.ndarray) -> None:
    (kernel,) = _arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Conv1D", "c", batch_input_shape=[None, None, 4], **CONV),
        layer("GlobalMaxPooling1D", "p")])
    weights = write_h5(tmp_path / "w.h5", {"c": [("c/kernel:0", kernel),
                                                 ("c/bias:0", np.zeros(5))], "p": []},
                       version="2.1.5")
    with pytest.raises(DataError, match="shapes="):
        build(read_keras_network(arch, weights))
    network = read_keras_network(arch, weights, shapes={"c_input": (12, 4)})
    np.testing.assert_allclose(run(network, dna), _conv1d(dna, kernel).max(1), atol=1e-5)
    for shapes in ({"c_input": (12, 5)}, {"c_input": (4,)}, {"x": (12, 4)}):
        with pytest.raises(DataError, match="leave open"):
            read_keras_network(arch, weights, shapes=shapes)


def test_an_output_that_no_task_allows_stands_before_an_identity(tmp_path: Path) -> None:
    from dlgenomics_zoo.formats.keras_spec import network_document, task_of

    for activation, task, output in (("selu", "regression", "d_output"),
                                     ("linear", "regression", "d"),
                                     ("sigmoid", "multilabel_classification", "d"),
                                     ("softmax", "multiclass_classification", "d")):
        network = read_keras_network(write_json(tmp_path / "a.json", "Sequential", [
            layer("Dense", "d", batch_input_shape=[None, 4], units=2, activation=activation)]))
        assert task_of(network) == task
        assert network_document(network, "x")["model"]["outputs"] == [output]
        build(network)


def test_layers_of_basenji_that_act_in_training_only(tmp_path: Path, rng: Rng) -> None:
    """scBasset's custom layers: two outputs of the first, joined again at the end."""
    (kernel,) = _arrays(rng, (4, 2))
    arch = write_json(tmp_path / "a.json", "Functional", model_config(["x"], ["s"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 6, 4]),
        layer("StochasticReverseComplement", "r", follows("x")),
        layer("GELU", "g", [[["r", 0, 0, {}]]]),
        layer("Dense", "d", follows("g"), units=2, activation="linear"),
        layer("SwitchReverse", "s", [[["d", 0, 0, {}], ["r", 0, 1, {}]]])]), "2.6.0")
    weights = write_h5(tmp_path / "w.h5", {"d": [("d/kernel:0", kernel), ("d/bias:0", np.zeros(2))]},
                       version="2.6.0")
    x = rng.normal(size=(2, 6, 4)).astype("float32")
    hidden = x / (1 + np.exp(-1.702 * x))
    np.testing.assert_allclose(run(read_keras_network(arch, weights), x), hidden @ kernel, atol=1e-5)


def test_framepools_slices_have_three_outputs(tmp_path: Path, rng: Rng) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["a"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 9, 2]),
        layer("FrameSliceLayer", "f", follows("x")),
        layer("Subtract", "a", [[["f", 0, 2, {}], ["f", 0, 0, {}]]])]), "2.2.4")
    x = rng.normal(size=(2, 9, 2)).astype("float32")
    backward = x[:, ::-1]
    np.testing.assert_allclose(run(read_keras_network(arch), x), backward[:, 2::3] - backward[:, ::3])


def test_layers_of_concise(tmp_path: Path, rng: Rng, dna: np.ndarray) -> None:
    kernel, curve = _arrays(rng, (3, 4, 5), (10, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("ConvDNA", "c", batch_input_shape=[None, 12, 4], seq_length=12, **CONV),
        layer("SplineWeight1D", "s", n_bases=10, spline_degree=3, share_splines=False,
              l2_smooth=0.1, l2=0.0, use_bias=False, bias_initializer="zeros"),
        layer("GlobalSumPooling1D", "p")], "2.1.6")
    weights = write_h5(tmp_path / "w.h5", {
        "c": [("c/kernel:0", kernel), ("c/bias:0", np.zeros(5))],
        "s": [("s/kernel:0", curve)], "p": []}, version="2.1.6")
    network = read_keras_network(arch, weights)
    assert [next(iter(e)) for e in network.layers] == [
        "Conv1D", "SplineWeight1D", "GlobalAveragePooling1D", "Rescaling"]
    found = run(network, dna)
    flat = {**network.weights, "s": [np.zeros((10, 5), "f4")]}
    plain = run(dataclasses.replace(network, weights=flat), dna)
    np.testing.assert_allclose(plain, _conv1d(dna, kernel).sum(1), atol=1e-4)
    assert np.abs(found - plain).max() > 0.1


@pytest.mark.parametrize("version", [None, "2.2.4"])
def test_embeddings_and_dots(tmp_path: Path, rng: Rng, version: str | None) -> None:
    table, other = _arrays(rng, (5, 3), (4, 3))
    arch = write_json(tmp_path / "a.json", "Model", model_config(["i", "x"], ["t"], [
        layer("InputLayer", "i", [], batch_input_shape=[None, 6]),
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("Embedding", "e", follows("i"), input_dim=5, output_dim=3, input_length=6,
              mask_zero=False),
        layer("GlobalAveragePooling1D", "p", follows("e")),
        layer("Dense", "d", follows("x"), activation="linear",
              **({"units": 3} if version else {"output_dim": 3})),
        layer("Dot", "t", follows("p", "d"), axes=-1, normalize=False)]), version, "tensorflow")
    weights = write_h5(tmp_path / "w.h5", {
        "e": [("e_W:0", table)], "d": [("d_W:0", other), ("d_b:0", np.zeros(3))]}, version=version)
    codes = rng.integers(0, 5, (2, 6)).astype("float32")
    x = rng.normal(size=(2, 4)).astype("float32")
    mean = table[codes.astype(int)].mean(axis=1)
    np.testing.assert_allclose(run(read_keras_network(arch, weights), codes, x),
                               (mean * (x @ other)).sum(-1, keepdims=True), atol=1e-5)

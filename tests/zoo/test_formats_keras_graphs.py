"""Graphs of old Keras: branches, shared and nested networks, merges, several outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from old_keras import (
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


def test_batch_normalization_without_scale_and_with_a_listed_axis(tmp_path: Path,
                                                                  rng: Rng) -> None:
    beta, mean = arrays(rng, (4,), (4,))
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
    left, right = arrays(rng, (4, 2), (4, 2))
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
    first, second = arrays(rng, (4, 4), (4, 4))
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
    (kernel,) = arrays(rng, (3, 4, 5))
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
    expected = (conv1d(dna, kernel).max(1) + conv1d(other, kernel).max(1)) / 2
    network = read_keras_network(arch, weights)
    np.testing.assert_allclose(run(network, dna, other), expected, atol=1e-5)
    assert len(network.weights) == 1


def test_a_merge_that_stands_first_in_a_sequential(tmp_path: Path, rng: Rng) -> None:
    one, two, out = arrays(rng, (4, 3), (5, 3), (6, 1))
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
    expected = sigmoid(np.concatenate([x @ one, y @ two], -1) @ out)
    np.testing.assert_allclose(run(read_keras_network(arch, weights), x, y), expected, atol=1e-5)


@pytest.mark.parametrize("call", [0, 1])
def test_a_network_within_a_network_called_twice(tmp_path: Path, rng: Rng, call: int) -> None:
    """Keras counts the making of a nested network as its call 0, newer ones do not."""
    kernel, bias, gamma, beta, mean = arrays(rng, (4, 3), (3,), (3,), (3,), (3,))
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
    x, y = arrays(rng, (2, 4), (2, 4))

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

"""Layers of old Keras give the numbers of their definitions, or are refused by name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import (
    CONV,
    KERAS1_CONV,
    Rng,
    arrays,
    build,
    conv1d,
    follows,
    layer,
    model_config,
    run,
    write_h5,
    write_json,
)

from dlgenomics_zoo.formats.errors import UnknownLayersError
from dlgenomics_zoo.formats.keras_network import read_keras_network


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
    (kernel,) = arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Convolution1D", "c", batch_input_shape=[None, 12, 4],
              **{**KERAS1_CONV, "border_mode": mode})], None, None)
    weights = write_h5(tmp_path / "w.h5", {"c": [("c_W:0", kernel[:, None]),
                                                 ("c_b:0", np.zeros(5))]})
    np.testing.assert_allclose(run(read_keras_network(arch, weights), dna),
                               conv1d(function(dna), kernel), atol=1e-5)


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
    (kernel,) = arrays(rng, (4, 2))
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
    kernel, curve = arrays(rng, (3, 4, 5), (10, 5))
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
    np.testing.assert_allclose(plain, conv1d(dna, kernel).sum(1), atol=1e-4)
    assert np.abs(found - plain).max() > 0.1


@pytest.mark.parametrize("version", [None, "2.2.4"])
def test_embeddings_and_dots(tmp_path: Path, rng: Rng, version: str | None) -> None:
    table, other = arrays(rng, (5, 3), (4, 3))
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

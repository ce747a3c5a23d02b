"""Recurrent layers of old Keras: their order of arrays, and what Keras changed in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import (
    Rng,
    layer,
    run,
    write_h5,
    write_json,
)

from dlgenomics_zoo.formats.keras_network import read_keras_network


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

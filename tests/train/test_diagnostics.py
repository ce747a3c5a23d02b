"""Gradient norms and dead units, against numbers worked out by hand and by NumPy."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from dlgenomics.errors import DataError
from dlgenomics.train.diagnostics import Diagnostics
from dlgenomics.train.layer_table import LayerState, read_layer_states, write_layer_states


def _dense_model() -> keras.Model:
    """Two ReLU units, of which the second never fires; then a linear sum with weights 1 and 2."""
    inputs = keras.Input((2,), name="x")
    hidden = keras.layers.Dense(2, activation="relu", name="hidden")(inputs)
    output = keras.layers.Dense(1, use_bias=False, name="output")(hidden)
    model = keras.Model(inputs, output)
    model.get_layer("hidden").set_weights([np.eye(2), np.array([0.0, -10.0])])
    model.get_layer("output").set_weights([np.array([[1.0], [2.0]])])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    return model


X = np.array([[1.0, 2.0], [3.0, 1.0]], np.float32)
Y = np.array([[0.0], [1.0]], np.float32)


def test_values_worked_out_by_hand(tmp_path: Path) -> None:
    # Predictions are 1 and 3, errors 1 and 2; the gradient of their mean square by a prediction is
    # the error itself, as there are two examples.
    path = tmp_path / "diagnostics.csv"
    _dense_model().fit(X, Y, epochs=1, verbose=0, callbacks=[Diagnostics(path, X, Y)])
    by_place = {(s.epoch, s.layer): s for s in read_layer_states(path)}
    assert set(by_place) == {(e, name) for e in (0, 1) for name in ("hidden", "output")}
    for epoch in (0, 1):
        # output: d/dw1 = 1*1 + 2*3 = 7; the dead unit gives 0.
        assert by_place[epoch, "output"].gradient_norm == pytest.approx(7)
        # hidden unit 1: d/dw = 1*(1, 2) + 2*(3, 1) = (7, 4), d/db = 3.
        assert by_place[epoch, "hidden"].gradient_norm == pytest.approx(np.sqrt(49 + 16 + 9))
        assert by_place[epoch, "hidden"].dead_units == 0.5
        assert by_place[epoch, "output"].dead_units is None


def _small_model() -> keras.Model:
    keras.utils.set_random_seed(4)
    inputs = {"dna": keras.Input((12, 4), name="dna"), "age": keras.Input((1,), name="age")}
    x = keras.layers.Conv1D(5, 3, name="conv", kernel_regularizer="l2")(inputs["dna"])
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.Dropout(0.5, name="dropout")(x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(3, activation="relu"), name="each")(x)
    x = keras.layers.GlobalMaxPooling1D(name="pool")(x)
    x = keras.layers.Concatenate(name="join")([x, inputs["age"]])
    left = keras.layers.Dense(1, activation="sigmoid", name="left")(x)
    right = keras.layers.Dense(2, name="right")(keras.layers.LeakyReLU(name="leaky")(x))
    model = keras.Model(inputs, {"left": left, "right": right})
    model.compile(optimizer="adam", loss={"left": "binary_crossentropy", "right": "mse"})
    return model


@pytest.fixture
def several() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    x = {"dna": random.random((16, 12, 4), np.float32), "age": random.random((16, 1), np.float32)}
    y = {"left": random.integers(0, 2, (16, 1)).astype("float32"),
         "right": random.random((16, 2), np.float32)}
    return x, y


def test_layers_of_a_graph_with_several_inputs_and_outputs(tmp_path: Path, several) -> None:
    x, y = several
    path = tmp_path / "diagnostics.csv"
    _small_model().fit(x, y, epochs=2, verbose=0, callbacks=[Diagnostics(path, x, y)])
    states = read_layer_states(path)
    assert [s.epoch for s in states] == sorted(s.epoch for s in states)
    assert {s.epoch for s in states} == {0, 1, 2}
    assert [s.layer for s in states if s.epoch == 0] == [
        "conv", "norm", "relu", "each", "left", "right"]
    by_layer = {s.layer: s for s in states if s.epoch == 2}
    assert by_layer["relu"].gradient_norm is None
    assert by_layer["relu"].dead_units is not None
    assert by_layer["each"].dead_units is not None
    assert by_layer["conv"].gradient_norm > 0
    assert by_layer["conv"].dead_units is None


def test_dead_units_as_predicted_activations_show_them(tmp_path: Path, several) -> None:
    x, y = several
    model = _small_model()
    model.get_layer("norm").set_weights([
        np.ones(5), np.array([0, -100, 0, -100, -100.0]), np.zeros(5), np.ones(5)])
    path = tmp_path / "diagnostics.csv"
    measured = Diagnostics(path, x, y)
    measured.set_model(model)
    measured.on_epoch_begin(0)
    shown = keras.Model(model.input, model.get_layer("relu").output).predict(x, verbose=0)
    expected = (shown.reshape(-1, 5) == 0).all(axis=0).mean()
    found = {s.layer: s.dead_units for s in read_layer_states(path)}
    assert found["relu"] == pytest.approx(expected)
    assert expected >= 0.6


def test_training_is_the_same_with_and_without(tmp_path: Path, several) -> None:
    x, y = several
    plain, watched = _small_model(), _small_model()
    logs = plain.fit(x, y, epochs=3, verbose=0, shuffle=False).history
    seen = watched.fit(x, y, epochs=3, verbose=0, shuffle=False,
                       callbacks=[Diagnostics(tmp_path / "d.csv", x, y)]).history
    assert seen == logs
    for one, other in zip(plain.variables, watched.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_a_resumed_run_writes_the_same_table(tmp_path: Path, several) -> None:
    x, y = several
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    _small_model().fit(x, y, epochs=3, verbose=0, shuffle=False,
                       callbacks=[Diagnostics(whole, x, y)])
    model = _small_model()
    model.fit(x, y, epochs=2, verbose=0, shuffle=False, callbacks=[Diagnostics(parts, x, y)])
    # The run was killed after it had measured epoch 3 but before its checkpoint was written.
    write_layer_states(parts, [*read_layer_states(parts), LayerState(3, "conv", 1e9, None)])
    model.fit(x, y, epochs=3, initial_epoch=2, verbose=0, shuffle=False,
              callbacks=[Diagnostics(parts, x, y)])
    assert parts.read_bytes() == whole.read_bytes()


def test_a_missing_epoch_is_measured_on_resuming(tmp_path: Path) -> None:
    path = tmp_path / "diagnostics.csv"
    _dense_model().fit(X, Y, epochs=2, initial_epoch=1, verbose=0,
                       callbacks=[Diagnostics(path, X, Y)])
    assert {s.epoch for s in read_layer_states(path)} == {1, 2}


def test_frozen_layers_have_no_gradient(tmp_path: Path) -> None:
    model = _dense_model()
    model.get_layer("hidden").trainable = False
    model.compile(optimizer="sgd", loss="mse")
    path = tmp_path / "diagnostics.csv"
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[Diagnostics(path, X, Y)])
    found = {s.layer: s for s in read_layer_states(path)}
    assert (found["hidden"].gradient_norm, found["hidden"].dead_units) == (None, 0.5)


def test_the_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    states = [LayerState(0, "a, \"b\"", 0.1 + 0.2, None), LayerState(1, "c", None, 1 / 3)]
    write_layer_states(tmp_path / "d.csv", states)
    assert read_layer_states(tmp_path / "d.csv") == states


@pytest.mark.parametrize(("text", "message"), [
    ("", "must have the columns epoch, layer, gradient_norm, dead_units. Received: nothing"),
    ("a,b\n", "Received: a, b"),
    ("epoch,layer,gradient_norm,dead_units\nx,y,1,2\n", ":2: a line of diagnostics must hold"),
    ("epoch,layer,gradient_norm,dead_units\n1,y,1\n", "Received: 1,y,1"),
])
def test_another_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_layer_states(path)
    assert message in str(caught.value)

"""XOR: what it takes, and what zero initialisation does to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from taught import LINEAR, column, dense_kernel, examples, gradients, make_model, run_steps

from dlgenomics.train.metrics import measure

XOR_X = examples((0, 0), (0, 1), (1, 0), (1, 1))
XOR_Y = column(0, 1, 1, 0)
HIDDEN = "- Flatten\n- Dense: {units: 8, activation: %s%s}\n- Dense: {units: 1%s}"


def _correct(model: Any) -> int:
    return int(4 * measure("accuracy", XOR_Y, model(XOR_X).numpy()))


def test_xor_by_the_textbook_weights() -> None:
    model = make_model("- Flatten\n- Dense: {units: 2, activation: relu}\n- Dense: {units: 1}")
    model.set_weights([dense_kernel((1, 1), (1, 1)), np.array([0, -1]), np.array([[1], [-2]]),
                       np.zeros(1)])
    assert model(XOR_X).numpy()[:, 0].tolist() == [0, 1, 1, 0]


def test_the_best_linear_model_of_xor_is_one_half() -> None:
    model = make_model(LINEAR)
    model.set_weights([np.zeros((4, 1)), np.array([0.5])])
    # The loss is convex, so that no gradient means no better weights.
    assert not any(g.any() for g in gradients(model, XOR_X, XOR_Y))
    assert measure("mse", XOR_Y, model(XOR_X).numpy()) == 0.25


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_xor_is_not_learnt_without_a_hidden_layer(seed: int) -> None:
    linear = make_model(LINEAR, f"seed: {seed}, optimizer: {{SGD: {{learning_rate: 0.3}}}}")
    assert measure("mse", XOR_Y, linear(XOR_X).numpy()) > 0.26
    run_steps(linear, XOR_X, XOR_Y, 400)
    assert linear(XOR_X).numpy()[:, 0] == pytest.approx([0.5] * 4, abs=1e-4)
    assert measure("mse", XOR_Y, linear(XOR_X).numpy()) == pytest.approx(0.25, abs=1e-6)


XOR_TRAINING = "seed: %d, metrics: [accuracy], optimizer: {Adam: {learning_rate: 0.05}}"
BINARY = {"task": "binary_classification"}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_xor_is_learnt_with_a_hidden_layer(seed: int) -> None:
    model = make_model(HIDDEN % ("relu", "", ""), XOR_TRAINING % seed, **BINARY)
    assert _correct(model) < 4
    run_steps(model, XOR_X, XOR_Y, 200)
    assert _correct(model) == 4


# Zero initialisation

ZEROS = ", kernel_initializer: zeros"


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_zero_initialisation_does_not_learn_and_the_default_does(activation: str) -> None:
    zero = make_model(HIDDEN % (activation, ZEROS, ZEROS), XOR_TRAINING % 1, **BINARY)
    auto = make_model(HIDDEN % (activation, "", ""), XOR_TRAINING % 1, **BINARY)
    for model in (zero, auto):
        run_steps(model, XOR_X, XOR_Y, 400)
    hidden = zero.get_weights()[0]
    assert (hidden == hidden[:, :1]).all()
    assert _correct(zero) == 2
    assert measure("auroc", XOR_Y, zero(XOR_X).numpy()) == 0.5
    assert _correct(auto) == 4


def test_hidden_units_that_start_alike_stay_alike_though_they_move() -> None:
    # One example a step: the steps do not cancel, so the weights leave zero, all the same way.
    model = make_model(HIDDEN % ("sigmoid", ZEROS, ZEROS), XOR_TRAINING % 1, **BINARY)
    run_steps(model, XOR_X, XOR_Y, 400, batch=1)
    hidden, bias, output, _ = model.get_weights()
    assert np.abs(hidden[:2]).min() > 0.01
    assert (hidden == hidden[:, :1]).all()
    assert (bias == bias[0]).all()
    assert (output == output[0]).all()
    assert _correct(model) < 4  # eight equal units are one unit, which XOR is too much for

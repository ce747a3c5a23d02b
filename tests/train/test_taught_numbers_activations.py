"""Activations and their derivatives.

Where the course's digits are not what comes out:

- The largest derivatives on the grid, .24996804329213695 (sigmoid) and .9994888235456689 (tanh),
  are central differences over 1e-6, which are good to 5e-11. The derivatives are
  .24996804330333148 and .9994888235457433.
- tanh(x) = 2σ(2x) - 1 holds to 3.4e-16 with numpy's functions, to 4.5e-16 with TensorFlow's: two
  units in the last place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from taught import EPSILON, NEURON, examples, make_model


def _activation(name: str) -> Any:
    """Return what a spec's layer computes under the name of an activation."""
    return make_model(NEURON % (name, "false")).get_layer("y").activation


def _derivative(name: str, at: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    x = tf.constant(at, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = _activation(name)(x)
    found: np.ndarray = tape.gradient(y, x).numpy()
    return found


@dataclass(frozen=True)
class Slope:
    """The largest derivative of an activation: at 0; on the grid as printed, and as it is."""

    name: str
    at_zero: float
    printed: float
    exact: float


@pytest.mark.parametrize("slope", [
    Slope("sigmoid", 0.25, 0.24996804329213695, 0.24996804330333148),
    Slope("tanh", 1.0, 0.9994888235456689, 0.9994888235457433),
], ids=lambda slope: slope.name)
def test_largest_derivative(slope: Slope) -> None:
    grid = np.linspace(-4.5, 4.5, 200)
    assert 0 not in grid
    found = _derivative(slope.name, grid).max()
    assert found == pytest.approx(slope.exact, abs=2 * EPSILON)
    assert found == pytest.approx(slope.printed, abs=5e-11)
    assert _derivative(slope.name, np.zeros(1)).item() == slope.at_zero
    assert _derivative(slope.name, np.append(grid, 0)).argmax() == len(grid)


def test_tanh_and_sigmoid_are_each_other_rescaled() -> None:
    import tensorflow as tf

    x = tf.constant(np.linspace(-4.5, 4.5, 200), tf.float64)
    tanh, sigmoid = _activation("tanh"), _activation("sigmoid")
    assert np.abs(tanh(x) - (2 * sigmoid(2 * x) - 1)).max() <= 2 * EPSILON
    assert np.abs(sigmoid(x) - (1 + tanh(x / 2)) / 2).max() <= 2 * EPSILON


@pytest.mark.parametrize(("depth", "expected"), [
    (5, 9.765625e-4), (10, 9.5367431640625e-07), (20, 9.094947017729282e-13),
])
def test_a_gradient_through_sigmoids_vanishes_by_a_quarter_each(
    depth: int, expected: float
) -> None:
    import tensorflow as tf

    # Every neuron gets .5 and takes .5 away, so that each stands where sigmoid is steepest.
    layer = ("- Dense: {units: 1, activation: sigmoid, kernel_initializer: Ones, "
             "bias_initializer: {Constant: {value: -0.5}}}\n")
    model = make_model("- Flatten\n" + layer * depth)
    x = tf.constant(examples((0.5,)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    assert y.numpy().item() == 0.5
    assert tape.gradient(y, x).numpy()[0, 0, 0] == expected  # powers of two: exact

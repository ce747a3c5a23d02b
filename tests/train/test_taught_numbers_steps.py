"""Steps of optimizers, penalties, initial weights."""

from __future__ import annotations

import numpy as np
import pytest
from taught import column, dense_kernel, examples, make_model

CONSTANT_PULL = "- Flatten\n- Dense: {units: 1, use_bias: false, kernel_initializer: zeros}"


def _steps(optimizer: str, gradient: float, count: int) -> list[float]:
    """Return how far each step moves a weight whose gradient is always the same."""
    # The absolute error of a linear neuron far above its target pulls by the input.
    model = make_model(CONSTANT_PULL,
                   f"loss: mean_absolute_error, optimizer: {{SGD: {{{optimizer}}}}}")
    x, y = examples((gradient,)), column(-1000)
    weights = [0.0]
    for _ in range(count):
        model.train_on_batch(x, y)
        weights.append(float(model.get_weights()[0][0, 0]))
    return np.diff(weights).tolist()


def test_momentum_gathers_speed_up_to_ten_times() -> None:
    steps = _steps("learning_rate: 0.01, momentum: 0.9", 1, 200)
    assert steps[:3] == pytest.approx([-0.01, -0.019, -0.0271], abs=1e-8)
    assert steps[-1] == pytest.approx(-0.1, abs=2e-6)  # float32 near -19


def test_a_small_gradient_needs_seventy_thousand_steps() -> None:
    (step,) = _steps("learning_rate: 1.0", 0.00001, 1)
    assert round((-0.2 - 0.5) / step) == 70_000


@pytest.mark.parametrize(("l1", "l2", "expected"), [(1, 0, 7), (0, 1, 25), (0.5, 0.5, 16)])
def test_elastic_net_penalty(l1: float, l2: float, expected: float) -> None:
    # a |w|₁ + (1 - a) |w|₂² with a = .5 is Keras's L1L2 with l1 = a and l2 = 1 - a.
    model = make_model("- Flatten\n- Dense: {units: 1, use_bias: false, "
                   f"kernel_regularizer: {{L1L2: {{l1: {l1}, l2: {l2}}}}}}}")
    model.set_weights([dense_kernel((3,), (-4,))])
    assert [loss.numpy() for loss in model.losses] == [expected]
    # On data that the network fits exactly, the loss is the penalty.
    fitted = model.evaluate(examples((0, 0)), column(0), verbose=0, return_dict=True)
    assert fitted["loss"] == expected


def _first_kernel(activation: str, initializer: str = "") -> np.ndarray:
    """Return the kernel of 15 filters of width 10 on DNA: fan in 40, fan out 150."""
    model = make_model(f"- Conv1D: {{filters: 15, kernel_size: 10, activation: {activation}"
                   f"{initializer}}}\n- GlobalMaxPooling1D\n- Dense: {{units: 1}}", length=20)
    kernel: np.ndarray = model.layers[1].kernel.numpy().astype(np.float64)
    assert kernel.shape == (10, 4, 15)
    return kernel


# Of a normal distribution cut at two standard deviations, which Keras's initializers divide by.
CUT_NORMAL = 0.87962566103423978


@pytest.mark.parametrize(("activation", "standard", "expected"), [
    ("relu", "{TruncatedNormal: {stddev: 1}}", 0.22360679774997896 / CUT_NORMAL),
    ("tanh", "{RandomUniform: {minval: -1, maxval: 1}}", 0.17770466332772772),
])
def test_the_initializer_chosen_has_the_scale_of_he_or_glorot(
    activation: str, standard: str, expected: float
) -> None:
    # The same seed draws the same numbers, so that each weight is the standard one, scaled.
    chosen = _first_kernel(activation)
    drawn = _first_kernel(activation, f", kernel_initializer: {standard}")
    assert np.sqrt((chosen**2).sum() / (drawn**2).sum()) == pytest.approx(expected, rel=1e-6)
    assert chosen == pytest.approx(expected * drawn, abs=1e-6)

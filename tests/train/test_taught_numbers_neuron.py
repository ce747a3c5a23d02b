"""One neuron, by hand: forwards, backwards, two steps; slow learning.

The course's error is (y - ŷ)²/2 and Keras's is (y - ŷ)², so a gradient here is twice the course's
and its rate half the course's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from taught import (
    FLOAT32,
    NEURON,
    column,
    dense_kernel,
    examples,
    gradients,
    make_model,
    output_gradient,
    run_steps,
)

NEURON_X = examples((0.50, 0.51))
NEURON_Y = column(0.10)


def _neuron(activation: str = "sigmoid", *, bias: bool = False) -> Any:
    model = make_model(NEURON % (activation, str(bias).lower()),
                   "loss: mean_squared_error, optimizer: {SGD: {learning_rate: 0.5}}")
    kernel = dense_kernel((0.35,), (0.40,))
    model.set_weights([kernel, np.zeros(1)] if bias else [kernel])
    return model


def test_one_neuron_forwards_and_backwards() -> None:
    assert _neuron("linear")(NEURON_X).numpy().item() == pytest.approx(0.379, abs=FLOAT32)
    # The gradient for a bias of 0 is delta, the gradient for z.
    model = _neuron(bias=True)
    assert model(NEURON_X).numpy().item() == pytest.approx(0.5936318924705234, abs=FLOAT32)
    loss = model.evaluate(NEURON_X, NEURON_Y, verbose=0, return_dict=True)["loss"]
    assert loss / 2 == pytest.approx(0.1218362226320152, abs=FLOAT32)
    error = output_gradient(model, NEURON_X, NEURON_Y).item() / 2
    kernel, delta = (g.squeeze() / 2 for g in gradients(model, NEURON_X, NEURON_Y))
    assert error == pytest.approx(0.4936318924705234, abs=FLOAT32)
    assert delta == pytest.approx(0.11908033623496807, abs=FLOAT32)
    assert delta / error == pytest.approx(0.24123306871238834, abs=FLOAT32)
    assert kernel == pytest.approx([0.059540168117484034, 0.060730971479833716, 0, 0], abs=FLOAT32)


def test_one_neuron_takes_two_steps() -> None:
    model = _neuron()
    model.train_on_batch(NEURON_X, NEURON_Y)
    assert model.get_weights()[0][:, 0] == pytest.approx(
        [0.29045983188251595, 0.3392690285201663, 0, 0], abs=FLOAT32)
    assert model(NEURON_X).numpy().item() == pytest.approx(0.5788994404318023, abs=FLOAT32)
    loss = model.evaluate(NEURON_X, NEURON_Y, verbose=0, return_dict=True)["loss"]
    assert loss / 2 == pytest.approx(0.11467233702294669, abs=FLOAT32)
    assert 0.1218362226320152 - loss / 2 == pytest.approx(0.00716, abs=5e-6)
    between = _neuron("linear")
    between.set_weights(model.get_weights())
    assert between(NEURON_X).numpy().item() == pytest.approx(0.3182571204865428, abs=FLOAT32)
    model.train_on_batch(NEURON_X, NEURON_Y)
    assert model.get_weights()[0][:, 0] == pytest.approx(
        [0.23208800547802372, 0.2797297655875842, 0, 0], abs=FLOAT32)


# Slow learning


@dataclass(frozen=True)
class Slow:
    """A sigmoid neuron with x = 1, y = 0: where it begins, its gradients, where 300 steps lead."""

    start: tuple[float, float]
    output: float
    quadratic_gradient: float
    quadratic_end: float
    entropy_end: float


SLOW = [
    Slow((0.6, 0.9), 0.8175744761936437, 0.12193833242754278, 0.09395569486364724,
         0.011638208968903711),
    Slow((2, 2), 0.9820137900379085, 0.017345021070840114, 0.2028484242677765,
         0.012008741510817504),
]
SLOW_X = examples((1.0,))
SLOW_Y = column(0.0)


def _slow(case: Slow, *, squared: bool) -> Any:
    # The rate is .15; half of it for Keras's squared error, whose gradient is twice the course's.
    loss, rate, task = (("mean_squared_error", 0.075, "regression") if squared else
                        ("binary_crossentropy", 0.15, "binary_classification"))
    model = make_model(NEURON % ("sigmoid", "true"),
                   f"loss: {loss}, optimizer: {{SGD: {{learning_rate: {rate}}}}}, "
                   f"metrics: [{'mse' if squared else 'accuracy'}]", task=task)
    model.set_weights([dense_kernel((case.start[0],)), np.array(case.start[1:])])
    return model


@pytest.mark.parametrize("case", SLOW, ids=lambda case: str(case.start))
def test_squared_error_of_a_sigmoid_has_the_smaller_gradient(case: Slow) -> None:
    squared, entropy = _slow(case, squared=True), _slow(case, squared=False)
    assert squared(SLOW_X).numpy().item() == pytest.approx(case.output, abs=FLOAT32)
    slow, fast = (gradients(model, SLOW_X, SLOW_Y)[1].item() for model in (squared, entropy))
    assert slow / 2 == pytest.approx(case.quadratic_gradient, abs=FLOAT32)
    assert fast == pytest.approx(case.output, abs=FLOAT32)
    if case.start == (2, 2):
        assert fast / (slow / 2) == pytest.approx(56.616465672033, rel=1e-5)


@pytest.mark.parametrize("case", SLOW, ids=lambda case: str(case.start))
def test_squared_error_of_a_sigmoid_learns_slowly(case: Slow) -> None:
    squared, entropy = _slow(case, squared=True), _slow(case, squared=False)
    for model in (squared, entropy):
        run_steps(model, SLOW_X, SLOW_Y, 300)
    assert squared(SLOW_X).numpy().item() == pytest.approx(case.quadratic_end, abs=FLOAT32)
    assert entropy(SLOW_X).numpy().item() == pytest.approx(case.entropy_end, abs=FLOAT32)

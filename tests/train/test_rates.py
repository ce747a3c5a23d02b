"""Learning rates against formulas written out here, and optimizers against a step by hand."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest

from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.optimizers import OPTIMIZERS
from dlgenomics.train.rates import make_optimizer, make_rate


def rate(name: str, batches: int = 100, factor: float = 1.0, **arguments: Any) -> Any:
    made = make_rate(Reference(name, arguments), batches, factor)
    return lambda step: float(made(step))


def test_deepcpg_multiplies_by_975_thousandths_after_each_epoch() -> None:
    found = rate("ExponentialDecay", initial_learning_rate=1e-4, decay_rate=0.975, decay_epochs=1.0,
                 staircase=True)
    for epoch in range(30):
        for step in (0, 50, 99):
            assert found(100 * epoch + step) == pytest.approx(1e-4 * 0.975 ** epoch)


def test_schedules_count_epochs() -> None:
    linear = rate("PolynomialDecay", initial_learning_rate=0.1, end_learning_rate=0.05,
                  decay_epochs=10.0)
    assert [linear(s) for s in (0, 500, 1000, 2000)] == pytest.approx([0.1, 0.075, 0.05, 0.05])
    cosine = rate("CosineDecay", initial_learning_rate=0.2, decay_epochs=4.0)
    assert [cosine(s) for s in (0, 100, 200, 400)] == pytest.approx(
        [0.2, 0.1 * (1 + math.cos(math.pi / 4)), 0.1, 0], abs=1e-8)
    inverse = rate("InverseTimeDecay", initial_learning_rate=1.0, decay_epochs=2.0, decay_rate=3.0)
    assert inverse(100) == pytest.approx(1 / (1 + 3 * 0.5))
    pieces = rate("PiecewiseConstantDecay", boundary_epochs=(1.0, 2.5), values=(0.3, 0.2, 0.1))
    assert [pieces(s) for s in (0, 100, 101, 250, 251)] == pytest.approx([0.3, 0.3, 0.2, 0.2, 0.1])
    restarts = rate("CosineDecayRestarts", initial_learning_rate=0.2, first_decay_epochs=1.0)
    assert [restarts(s) for s in (0, 50, 100, 200)] == pytest.approx([0.2, 0.1, 0.2, 0.1], abs=1e-6)
    assert rate("ExponentialDecay", 1000, initial_learning_rate=1.0, decay_rate=0.5,
                decay_epochs=1e-9)(1) == 0.5  # at least a step


def test_warm_up_stands_before_a_number_and_before_any_schedule() -> None:
    flat = rate("Warmup", epochs=2.0, then=0.4)
    assert [flat(s) for s in (0, 50, 199, 200, 900)] == pytest.approx([0, 0.1, 0.398, 0.4, 0.4])
    then = Reference("ExponentialDecay", {"initial_learning_rate": 0.4, "decay_rate": 0.5,
                                          "decay_epochs": 1.0})
    falling = rate("Warmup", steps=10, start=0.2, then=then)
    assert [falling(s) for s in (0, 5, 10, 110)] == pytest.approx([0.2, 0.3, 0.4, 0.2])


def test_a_larger_batch_multiplies_all_rates() -> None:
    assert make_rate(0.1, 100, 4.0) == 0.4
    for name, arguments in (
            ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7}),
            ("Warmup", {"steps": 5, "start": 0.01, "then": 0.3})):
        for step in (0, 3, 6, 9):
            assert rate(name, factor=4.0, **arguments)(step) == pytest.approx(
                4 * rate(name, **arguments)(step))


def test_schedules_count_batches_also_where_gradients_are_accumulated() -> None:
    schedule = Reference("ExponentialDecay", {"initial_learning_rate": 1.0, "decay_rate": 0.5,
                                              "decay_epochs": 1.0})
    made = make_optimizer(Reference("SGD", {"learning_rate": schedule,
                                            "gradient_accumulation_steps": 4}), batches=20)
    weight = keras.Variable(0.0)
    made.build([weight])
    for _ in range(20):
        made.apply([np.float32(0)], [weight])
    assert float(made.learning_rate) == pytest.approx(0.5)


def stepped(name: str, gradients: list[list[float]], **arguments: Any) -> list[list[float]]:
    """Return the weights, beginning at (1, -2), after each of some updates."""
    made = make_optimizer(Reference(name, arguments), batches=1)
    weight = keras.Variable(np.array([1.0, -2.0], np.float32))
    found = []
    for gradient in gradients:
        made.apply([np.array(gradient, np.float32)], [weight])
        found.append(weight.numpy().tolist())
    return found


def test_momentum_of_the_course() -> None:
    # Momentum .9, rate .01, gradient 1: changes of -.01, -.019, -.0271.
    found = stepped("SGD", [[1, 0]] * 3, learning_rate=0.01, momentum=0.9)
    assert np.diff([1, *(w[0] for w in found)]) == pytest.approx([-0.01, -0.019, -0.0271], rel=1e-5)


def test_nesterov_looks_ahead() -> None:
    # v = .9 v - .01 g; the change is .9 v - .01 g with the new v.
    found = stepped("SGD", [[1, 0]] * 2, learning_rate=0.01, momentum=0.9, nesterov=True)
    assert np.diff([1, *(w[0] for w in found)]) == pytest.approx(
        [-0.9 * 0.01 - 0.01, -0.9 * 0.019 - 0.01], rel=1e-5)


@pytest.mark.parametrize(("clip", "expected"), [
    ({}, [3, 4]), ({"clipnorm": 1.0}, [0.6, 0.8]), ({"clipvalue": 3.5}, [3, 3.5]),
    ({"global_clipnorm": 2.5}, [1.5, 2]), ({"clipnorm": 10.0}, [3, 4]),
])
def test_gradients_are_clipped(clip: dict[str, float], expected: list[float]) -> None:
    (found,) = stepped("SGD", [[3, 4]], learning_rate=1.0, **clip)
    assert found == pytest.approx([1 - expected[0], -2 - expected[1]])


def test_gradients_are_accumulated_to_their_mean() -> None:
    found = stepped("SGD", [[1, 0], [3, 2]], learning_rate=0.5, gradient_accumulation_steps=2)
    assert found == [[1, -2], [0, -2.5]]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_a_loss_and_continues_exactly(name: str) -> None:
    def model() -> keras.Model:
        keras.utils.set_random_seed(1)
        made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"),
                                 keras.layers.Dense(1)])
        rate = 1.0 if name in ("Adadelta", "Ftrl") else 0.02
        made.compile(make_optimizer(Reference(name, {"learning_rate": rate}), batches=1), "mse")
        made.optimizer.build(made.trainable_variables)
        return made

    rng = np.random.default_rng(2)
    x = rng.normal(size=(32, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], np.float32) + 1
    first = model()
    before = first.evaluate(x, y, verbose=0)
    for _ in range(5):
        first.train_on_batch(x, y)
    state = [v.numpy() for v in (*first.variables, *first.optimizer.variables)]
    for _ in range(5):
        first.train_on_batch(x, y)
    assert first.evaluate(x, y, verbose=0) < before
    second = model()
    for variable, value in zip((*second.variables, *second.optimizer.variables), state, strict=True):
        variable.assign(value)
    for _ in range(5):
        second.train_on_batch(x, y)
    for a, b in zip(first.weights, second.weights, strict=True):
        assert np.array_equal(a, b)

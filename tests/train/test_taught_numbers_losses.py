"""The heads, losses and metrics of the course, to its digits."""

from __future__ import annotations

import numpy as np
import pytest
from taught import EPSILON, FLOAT32, NEURON, dense_kernel, examples, make_model

from dlgenomics.train.metrics import measure

SOFTMAX = """
- Flatten
- Dense: {units: 3, use_bias: false, kernel_initializer: Identity}
"""


@pytest.mark.parametrize(("z", "p"), [
    ((1.47, -0.39, 0.22), (0.693396, 0.107943, 0.198661)),
    ((5, 6, 4), (0.244728, 0.665241, 0.090031)),
    ((0.9, 0.8, 1.1), (0.319873, 0.289433, 0.390694)),
    ((-2, 2, -3), (0.017868, 0.975559, 0.006573)),
])
def test_the_head_of_classes_is_softmax(z: tuple[float, ...], p: tuple[float, ...]) -> None:
    found = make_model(SOFTMAX, task="multiclass_classification", columns=3)(examples(z)).numpy()[0]
    assert found == pytest.approx(p, abs=5e-7 + 1e-7)  # six printed digits, and float32
    assert found.sum() == pytest.approx(1, abs=FLOAT32)


def test_softmax_rounded_to_two_digits_does_not_add_to_one() -> None:
    model = make_model(SOFTMAX, task="multiclass_classification", columns=3)
    found = model(examples((-2, 2, -3))).numpy()[0].astype(float)
    assert np.round(found, 2).sum() == pytest.approx(1.01)


def test_cross_entropy_is_minus_the_logarithm_of_the_true_class() -> None:
    # softmax(log p) = p, so that the head gives the table's probabilities.
    model = make_model(SOFTMAX, task="multiclass_classification", columns=3)
    x = examples(*[tuple(np.log([0.7, 0.22, 0.08]))] * 3)
    y = np.eye(3, dtype=np.float32)
    each = [model.evaluate(x[i:i + 1], y[i:i + 1], verbose=0, return_dict=True)["loss"]
            for i in range(3)]
    assert each == pytest.approx(
        [0.35667494393873245, 1.5141277326297755, 2.5257286443082556], abs=FLOAT32)
    together = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    assert together == pytest.approx(1.4655104402922545, abs=FLOAT32)


TRUTH = np.array([1.0, 0, 1])
SCORE = np.array([0.1, 0.8, 0.6])


def test_squared_and_absolute_error_as_metrics() -> None:
    assert measure("mse", TRUTH[:, None], SCORE[:, None]) == pytest.approx(
        0.5366666666666667, abs=EPSILON)
    assert measure("mae", TRUTH[:, None], SCORE[:, None]) == pytest.approx(0.7, abs=EPSILON)


@pytest.mark.parametrize(("task", "loss", "expected"), [
    ("regression", "mean_squared_error", 0.5366666666666667),
    ("regression", "mean_absolute_error", 0.7),
    ("binary_classification", "binary_crossentropy", 1.4742828763980456),
])
def test_the_same_scores_under_each_loss(task: str, loss: str, expected: float) -> None:
    model = make_model(NEURON % ("sigmoid", "false"), f"loss: {loss}", task=task)
    model.set_weights([dense_kernel((1.0,))])
    x = examples(*[(float(np.log(s / (1 - s))),) for s in SCORE])
    found = model.evaluate(x, TRUTH[:, None], verbose=0, return_dict=True)["loss"]
    assert found == pytest.approx(expected, abs=FLOAT32)

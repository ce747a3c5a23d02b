"""Calibration against scikit-learn and SciPy, which were not used to write it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from dlgenomics.train.calibrate import calibration_errors
from dlgenomics.train.calibrators import (
    fit_isotonic,
    fit_platt,
    fit_temperature,
    sigmoid,
    to_knots,
)


def scored(rng: np.random.Generator, count: int = 500,
           slope: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Return overconfident scores: the truth is drawn from a flatter sigmoid."""
    scores = rng.normal(0.5, 3.0, count)
    return scores, (rng.random(count) < sigmoid(slope * scores - 0.7)).astype(float)


@pytest.mark.parametrize("seed", range(4))
def test_platt_is_that_of_scikit_learn(seed: int) -> None:
    scores, labels = scored(np.random.default_rng(seed))
    slope, offset = fit_platt(scores, labels)
    theirs = _sigmoid_calibration(scores, labels)  # sigmoid(-(a x + b))
    assert (slope, offset) == pytest.approx((-theirs[0], -theirs[1]), abs=2e-3)


def test_platt_is_the_minimum_of_the_smoothed_loss(rng: np.random.Generator) -> None:
    scores, labels = scored(rng)
    ones, zeros = labels.sum(), (1 - labels).sum()
    wanted = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))

    def loss(x: np.ndarray) -> float:
        z = x[0] * scores + x[1]
        return float((np.logaddexp(0, z) - wanted * z).sum())

    best = minimize(loss, [1.0, 0.0], method="BFGS", options={"gtol": 1e-9})
    assert fit_platt(scores, labels) == pytest.approx(tuple(best.x), abs=1e-5)


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e4])
def test_platt_is_finite_for_separable_scores(scale: float) -> None:
    scores = np.array([-2.0, -1.0, 1.0, 2.0]) * scale
    slope, offset = fit_platt(scores, np.array([0.0, 0.0, 1.0, 1.0]))
    assert np.isfinite([slope, offset]).all()
    chances = sigmoid(slope * scores + offset)
    assert ((chances > 0.5) == (scores > 0)).all()
    # Smoothed labels are (2 + 1) / (2 + 2) at most; and the unit of scores makes no difference.
    assert 0.5 < chances[2] < 0.75 < chances[3] < 0.9
    unscaled = fit_platt(scores / scale, np.array([0.0, 0.0, 1.0, 1.0]))
    assert slope * scale == pytest.approx(unscaled[0], rel=1e-4)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_temperature_is_the_minimum_for_one_column(true: float, rng: np.random.Generator) -> None:
    scores = rng.normal(0, 2, 4000) * true
    labels = (rng.random(4000) < sigmoid(scores / true)).astype(float)
    best = minimize(lambda x: (np.logaddexp(0, scores / x[0]) - labels * scores / x[0]).sum(),
                    [1.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    found = fit_temperature(scores, labels)
    assert found == pytest.approx(best.x[0], rel=1e-5)
    assert found == pytest.approx(true, rel=0.15)


def test_temperature_is_the_minimum_for_classes(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 1000)
    labels = np.eye(3)[truth]
    scores = (labels + rng.normal(0, 1, (1000, 3))) * 4
    best = minimize(lambda x: -(log_softmax(scores / x[0], axis=1) * labels).sum(), [1.0],
                    method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    assert fit_temperature(scores, labels) == pytest.approx(best.x[0], rel=1e-5)


def test_temperature_stays_within_bounds(rng: np.random.Generator) -> None:
    separable = np.array([-1.0, 1.0])
    assert fit_temperature(separable, np.array([0.0, 1.0])) == pytest.approx(0.01)
    assert fit_temperature(separable, np.array([1.0, 0.0])) == pytest.approx(100.0)


@pytest.mark.parametrize("seed", range(6))
def test_isotonic_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = scored(rng, count=int(rng.integers(2, 400)))
    chances = sigmoid(scores).round(2 + seed % 3)  # with ties
    places, values = fit_isotonic(chances, labels)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(chances, labels)
    at = np.concatenate([chances, rng.random(200), [0.0, 1.0]])
    np.testing.assert_allclose(np.interp(at, places, values), theirs.predict(at), atol=1e-12)


def test_isotonic_pools_by_hand() -> None:
    # 0 then a fall 1, 0, 0 (pooled to 1/3) then 1.
    places, values = fit_isotonic(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([0, 1, 0, 0, 1.0]))
    np.testing.assert_allclose(places, [0.1, 0.2, 0.4, 0.5])
    np.testing.assert_allclose(values, [0, 1 / 3, 1 / 3, 1])


def test_knots_are_filled_up_or_thinned_out_but_keep_both_ends() -> None:
    places, values = np.arange(5.0), np.arange(5.0) / 4
    for count in (2, 3, 5, 8):
        found = to_knots(places, values, count)
        assert [len(one) for one in found] == [count, count]
        assert (found[0][0], found[0][-1]) == (0.0, 4.0)
        assert (np.diff(found[1]) >= 0).all()


def test_the_layer_draws_the_line() -> None:
    from dlgenomics.build.layers import IsotonicCalibration

    rng = np.random.default_rng(3)
    scores, labels = scored(rng, 200)
    chances = sigmoid(scores)
    places, values = fit_isotonic(chances, labels)
    layer = IsotonicCalibration(knots=64)
    layer.build((None, 2))
    padded = [one.astype(np.float32) for one in to_knots(places, values, 64)]
    layer.set_weights([np.stack([one, np.zeros(64)]) for one in padded])
    at = np.concatenate([chances, [0.0, 1.0], rng.random(50)]).astype(np.float32)
    found = np.asarray(layer(np.stack([at, at], axis=1)))
    np.testing.assert_allclose(found[:, 0], np.interp(at, *padded), atol=3e-6)
    np.testing.assert_array_equal(found[:, 1], at)  # a column that was not fitted


def test_errors_of_columns_leave_missing_labels_out() -> None:
    chances = np.array([[0.95, 0.1], [0.85, 0.2], [0.15, 0.3], [0.25, 0.4]])
    labels = np.array([[1, np.nan], [1, np.nan], [0, np.nan], [1, np.nan]])
    found = calibration_errors(chances, labels, "multilabel_classification")
    # Bins of one each: (0.05 + 0.15 + 0.15 + 0.75) / 4.
    assert found["ece"] == pytest.approx(0.275)
    assert found["brier"] == pytest.approx(brier_score_loss(labels[:, 0], chances[:, 0]))
    assert np.isnan(calibration_errors(chances, labels * np.nan, "binary_classification")["ece"])


def test_errors_of_classes_look_at_the_class_that_is_called() -> None:
    chances = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    labels = np.eye(3)[[0, 2, 2]]
    found = calibration_errors(chances, labels, "multiclass_classification")
    assert found["ece"] == pytest.approx((0.3 + 0.8 + 0.6) / 3)
    by_hand = [0.3**2 + 0.2**2 + 0.1**2, 0.1**2 + 0.8**2 + 0.9**2, 0.3**2 + 0.3**2 + 0.6**2]
    assert found["brier"] == pytest.approx(np.mean(by_hand))

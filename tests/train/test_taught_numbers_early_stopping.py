"""The course's early-stopping curve, and the epoch that is given back.

The two training errors of the example, .9003558 and .8313702, are those of epochs 249 (the best)
and 499 (the last); after the first epoch the training error is 4.0020584.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import SGDRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from taught import LINEAR, examples, make_model, make_spec

from dlgenomics.train.metrics import measure

LENGTH = 23
"""Positions whose 4 channels hold the 90 powers, and two zeros."""


@dataclass(frozen=True)
class Curve:
    """scikit-learn's 500 epochs: errors of training and validation, and the weights after each."""

    x: np.ndarray
    y: np.ndarray
    train: list[float]
    validation: list[float]
    weights: list[list[np.ndarray]]


@pytest.fixture(scope="module")
def curve() -> Curve:
    np.random.seed(42)  # the course's own recipe
    x = 6 * np.random.rand(100, 1) - 3
    y = (0.5 * x**2 + x + 2 + np.random.randn(100, 1))[:, 0]
    powers = make_pipeline(PolynomialFeatures(90, include_bias=False), StandardScaler())
    train, validation = powers.fit_transform(x[:50]), powers.transform(x[50:])
    linear = SGDRegressor(penalty=None, eta0=0.002, random_state=42)
    errors: tuple[list[float], list[float]] = ([], [])
    weights = []
    for _ in range(500):
        linear.partial_fit(train, y[:50])
        for error, rows, truth in zip(errors, (train, validation), (y[:50], y[50:]), strict=True):
            error.append(measure("mse", truth[:, None], linear.predict(rows)[:, None]) ** 0.5)
        weights.append([np.append(linear.coef_, [0, 0])[:, None], linear.intercept_.copy()])
    return Curve(examples(*validation, length=LENGTH), y[50:, None], *errors, weights)


def _replay(curve: Curve, callback: Any) -> Any:
    """Let a callback see the curve as training would show it; return the network it leaves."""
    model = make_model(LINEAR, length=LENGTH)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, error in enumerate(curve.validation):
        model.set_weights(curve.weights[epoch])
        callback.on_epoch_end(epoch, {"loss": curve.train[epoch], "val_loss": error})
        if model.stop_training:
            break
    callback.on_train_end()
    return model


def test_the_early_stopping_curve(curve: Curve) -> None:
    assert int(np.argmin(curve.validation)) == 249
    assert curve.validation[249] == pytest.approx(1.4099344710854789, rel=1e-9)
    assert curve.validation[-1] == pytest.approx(2.71659087474946, rel=1e-9)
    assert curve.train[249] == pytest.approx(0.9003558098557813, rel=1e-9)
    assert curve.train[-1] == pytest.approx(0.8313702902460323, rel=1e-9)
    assert curve.train[0] == pytest.approx(4.0020584, rel=1e-7)


@pytest.mark.parametrize(("patience", "stop"), [(5, 254), (10, 259), (20, 269), (251, 0)])
def test_early_stopping_stops_and_gives_back_the_best_epoch(
    curve: Curve, patience: int, stop: int
) -> None:
    from dlgenomics.train.compile import make_callback

    # Epochs count from 0. With a patience of 251 all 500 pass, and the best is given back too.
    spec = make_spec(LINEAR, length=LENGTH, training=(
        f"callbacks: [EarlyStopping: {{monitor: val_loss, patience: {patience}}}]"))
    callback = make_callback(spec.training.callbacks[0])
    model = _replay(curve, callback)
    assert callback.stopped_epoch == stop
    assert callback.best_epoch == 249
    kept = model.get_weights()
    assert all(np.array_equal(a, b.astype(np.float32))
               for a, b in zip(kept, curve.weights[249], strict=True))
    again = measure("mse", curve.y, model(curve.x).numpy()) ** 0.5
    assert again == pytest.approx(1.4099344710854789, rel=1e-5)  # float32

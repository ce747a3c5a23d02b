"""Losses with missing labels and weights, against NumPy, scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import multinomial, poisson
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error
from sklearn.utils.class_weight import compute_class_weight

from dlgenomics.errors import DataError
from dlgenomics.spec import parse_spec
from dlgenomics.spec.arguments import Reference
from dlgenomics.train.losses import TargetLoss, make_loss
from dlgenomics.train.weights import class_weights
from tiny import TINY_SPEC

BCE = Reference("BinaryCrossentropy")
CCE = Reference("CategoricalCrossentropy")


def of(loss: TargetLoss, truth: np.ndarray, found: np.ndarray, weights: object = None) -> float:
    return float(loss(truth.astype("float32"), found.astype("float32"), weights))


@pytest.fixture
def labels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Labels of 40 examples in 3 columns, about a third missing, and predictions."""
    truth = rng.integers(0, 2, (40, 3)).astype(float)
    truth[rng.random((40, 3)) < 0.3] = np.nan
    return truth, rng.uniform(0.05, 0.95, (40, 3))


def test_masked_cross_entropy_is_the_mean_over_known_labels(labels) -> None:
    truth, found = labels
    known = ~np.isnan(truth)
    expected = log_loss(truth[known], found[known])
    assert of(make_loss(BCE), truth, found) == pytest.approx(expected, rel=1e-6)
    by_hand = -np.where(truth[known] == 1, np.log(found[known]), np.log(1 - found[known]))
    assert expected == pytest.approx(by_hand.mean())


def test_a_label_weighs_as_much_in_a_row_of_many_as_in_a_row_of_one() -> None:
    truth = np.array([[1.0, 0.0], [1.0, np.nan]])
    found = np.array([[0.5, 0.5], [0.9, 0.1]])
    expected = -(2 * np.log(0.5) + np.log(0.9)) / 3
    assert of(make_loss(BCE), truth, found) == pytest.approx(expected)


@pytest.mark.parametrize(("name", "oracle"), [
    ("MeanSquaredError", mean_squared_error), ("MeanAbsoluteError", mean_absolute_error),
    ("Poisson", lambda y, p: (p - y * np.log(p)).mean()),
    ("Huber", lambda y, p: np.where(abs(y - p) < 1, (y - p) ** 2 / 2, abs(y - p) - 0.5).mean()),
    ("LogCosh", lambda y, p: np.log(np.cosh(p - y)).mean()),
    ("Hinge", lambda y, p: np.maximum(1 - np.where(y > 0, y, -1) * p, 0).mean()),
    ("MeanSquaredLogarithmicError", lambda y, p: ((np.log1p(p) - np.log1p(y)) ** 2).mean()),
])
def test_losses_of_single_numbers(name, oracle, labels, rng) -> None:
    truth, found = labels
    truth = truth if name == "Hinge" else 4 * truth * rng.random(truth.shape)
    found = 3 * found
    known = ~np.isnan(truth)
    assert of(make_loss(Reference(name)), truth, found) == pytest.approx(
        oracle(truth[known], found[known]), rel=1e-5)


def test_poissons_likelihood_is_that_of_scipy_up_to_a_constant() -> None:
    counts, rate = np.array([[3.0], [0.0]]), np.array([[2.0], [1.5]])
    other = np.array([[2.5], [0.5]])
    loss = make_loss(Reference("Poisson"))
    assert of(loss, counts, rate) - of(loss, counts, other) == pytest.approx(
        -(poisson.logpmf(counts, rate) - poisson.logpmf(counts, other)).mean(), rel=1e-5)


def test_class_weights_count_by_column(labels) -> None:
    truth, found = labels
    weights = [[1.0, 2.0, 0.5], [3.0, 1.0, 4.0]]  # of label 0, of label 1, in each column
    each = np.where(truth == 1, -np.log(found), -np.log(1 - found))
    scale = np.where(truth == 1, np.array(weights[1]), np.array(weights[0]))
    known = ~np.isnan(truth)
    assert of(make_loss(BCE, weights), truth, found) == pytest.approx(
        (each * scale)[known].sum() / known.sum(), rel=1e-6)


def test_classes_are_rows_and_a_row_may_be_missing(rng: np.random.Generator) -> None:
    classes = rng.integers(0, 4, 30)
    truth = np.eye(4)[classes]
    found = rng.dirichlet(np.ones(4), 30)
    assert of(make_loss(CCE), truth, found) == pytest.approx(
        log_loss(classes, found, labels=range(4)), rel=1e-5)
    truth[::3] = np.nan
    kept = np.arange(30) % 3 != 0
    assert of(make_loss(CCE), truth, found) == pytest.approx(
        log_loss(classes[kept], found[kept], labels=range(4)), rel=1e-5)
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    by_hand = (-np.log(found[np.arange(30), classes]) * weights[classes])[kept].mean()
    assert of(make_loss(CCE, [weights.tolist()]), truth, found) == pytest.approx(by_hand, rel=1e-5)


def test_profiles_have_the_likelihood_of_scipy(rng: np.random.Generator) -> None:
    counts = rng.poisson(3, (6, 20, 2)).astype(float)
    logits = rng.normal(size=(6, 20, 2))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    each = np.array([[multinomial.logpmf(counts[i, :, t], counts[i, :, t].sum(), shares[i, :, t])
                      for t in range(2)] for i in range(6)])
    loss = make_loss(Reference("MultinomialNLL"))
    assert of(loss, counts, logits) == pytest.approx(-each.mean(), rel=1e-5)
    counts[2, 5, 1] = np.nan  # a hole makes one profile unknown
    each[2, 1] = np.nan
    assert of(loss, counts, logits) == pytest.approx(-np.nanmean(each), rel=1e-5)


def test_examples_weigh_what_they_are_given(labels) -> None:
    truth, found = (np.nan_to_num(one) for one in labels)
    weights = np.linspace(0, 2, 40)
    each = np.where(truth == 1, -np.log(found), -np.log(1 - found)).mean(axis=1)
    assert of(make_loss(BCE), truth, found, weights.astype("float32")) == pytest.approx(
        (each * weights).mean(), rel=1e-5)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy",
                                  "MeanSquaredError", "MultinomialNLL"])
def test_without_any_label_loss_and_gradient_are_zero(name: str) -> None:
    found = tf.constant(np.full((2, 3, 1) if name == "MultinomialNLL" else (2, 3), 0.3, "float32"))
    truth = tf.fill(found.shape, np.float32("nan"))
    with tf.GradientTape() as tape:
        tape.watch(found)
        loss = make_loss(Reference(name))(truth, found)
    assert float(loss) == 0
    assert not np.any(tape.gradient(loss, found))


def test_gradients_of_missing_labels_are_zero_and_of_others_finite(labels) -> None:
    truth, found = (tf.constant(one.astype("float32")) for one in labels)
    with tf.GradientTape() as tape:
        tape.watch(found)
        loss = make_loss(BCE)(truth, found)
    gradient = tape.gradient(loss, found).numpy()
    known = ~np.isnan(labels[0])
    assert np.isfinite(gradient).all()
    assert not gradient[~known].any()
    y, p = labels[0][known], labels[1][known]
    assert gradient[known] == pytest.approx((p - y) / (p * (1 - p)) / known.sum(), rel=1e-4)


def _spec(weights: str, task: str = "multilabel_classification") -> object:
    return parse_spec(TINY_SPEC.replace("binary_classification", task)
                      .replace("{column: bound}", "{columns: [a, b, c]}")
                      .replace(", stratify: bound", "").replace("units: 1", "units: 3")
                      .replace("  seed: 3", f"  seed: 3\n  class_weight: {weights}"))


def test_balanced_weights_are_those_of_scikit_learn(labels) -> None:
    found = np.array(class_weights(_spec("balanced"), "bound", labels[0].astype("float32")))
    for column, truth in enumerate(labels[0].T):
        known = truth[~np.isnan(truth)]
        assert found[:, column] == pytest.approx(
            compute_class_weight("balanced", classes=np.array([0, 1]), y=known))
    classes = np.array([0, 0, 0, 1, 2, 2])
    (weights,) = class_weights(_spec("balanced", "multiclass_classification"), "bound",
                               np.eye(3, dtype="float32")[classes])
    assert weights == pytest.approx(
        compute_class_weight("balanced", classes=np.arange(3), y=classes))


def test_written_weights_and_classes_that_are_not_there() -> None:
    truth = np.array([[0, 1, 1], [0, 0, 1]], np.float32)
    assert class_weights(_spec('{"0": 1.0, "1": 5.0}'), "bound", truth) == [
        [1.0, 1.0, 1.0], [5.0, 5.0, 5.0]]
    names = _spec("{a: 1.0, b: 2.0, c: 3.0}", "multiclass_classification")
    assert class_weights(names, "bound", truth) == [[1.0, 2.0, 3.0]]
    with pytest.raises(DataError, match="needs every class"):
        class_weights(_spec("balanced"), "bound", truth)


TWO = """\
spec: 1
name: test/two
task: multitask
data:
  inputs: {dna: {kind: dna, length: 4}}
  targets:
    zeta: {columns: [a, b], missing: mask, task: multilabel_classification}
    alpha: {column: value, task: regression}
model:
  layers:
    - Flatten: {name: flat}
    - Dense: {from: flat, units: 2, name: zeta, kernel_regularizer: {L2: {l2: 0.1}}}
    - Dense: {from: flat, units: 1, name: alpha}
  outputs: [zeta, alpha]
training:
  loss_weights: {zeta: 2.0, alpha: 0.25}
  class_weight: {zeta: {"0": 1.0, "1": 3.0}}
"""


def test_losses_of_several_targets_are_added_with_their_weights(rng: np.random.Generator) -> None:
    """Names sort the other way round than they are declared, so that an order would show."""
    from dlgenomics.build import build_model
    from dlgenomics.train.compile import compile_model

    spec = parse_spec(TWO)
    model = build_model(spec)
    x = rng.normal(size=(8, 4, 4)).astype("float32")
    truth = {"zeta": rng.integers(0, 2, (8, 2)).astype("float32"),
             "alpha": rng.normal(size=(8, 1)).astype("float32")}
    truth["zeta"][0, 1] = np.nan
    compile_model(model, spec, 1, {
        "zeta": class_weights(spec, "zeta", truth["zeta"])})
    found = model.predict(x, verbose=0)
    y, p = truth["zeta"], found["zeta"]
    known = ~np.isnan(y)
    each = np.where(y == 1, -3 * np.log(p), -np.log(1 - p))[known]
    kernel = model.get_layer("zeta").kernel.numpy()
    expected = (2 * each.mean() + 0.25 * ((truth["alpha"] - found["alpha"]) ** 2).mean()
                + 0.1 * (kernel ** 2).sum())
    measured = model.evaluate(x, truth, verbose=0, return_dict=True)
    assert measured["loss"] == pytest.approx(expected, rel=1e-5)

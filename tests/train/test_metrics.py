"""Exact metrics against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from dlgenomics.train import metrics


@st.composite
def labelled_scores(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    size = draw(st.integers(2, 60))
    truth = np.array([1, 0, *draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))])
    levels = draw(st.integers(1, 12))
    scores = draw(st.lists(st.integers(0, levels), min_size=size + 2, max_size=size + 2))
    return truth.astype(float), np.array(scores) / levels


@given(labelled_scores())
def test_auroc_and_auprc_equal_scikit_learn_with_ties(data: tuple[np.ndarray, np.ndarray]) -> None:
    truth, score = data
    assert metrics.auroc(truth, score) == pytest.approx(sk.roc_auc_score(truth, score))
    assert metrics.auprc(truth, score) == pytest.approx(sk.average_precision_score(truth, score))


@given(labelled_scores(), st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_recall_at_fdr_is_the_best_of_all_thresholds(
    data: tuple[np.ndarray, np.ndarray], fdr: float
) -> None:
    truth, score = data
    best = 0.0
    for threshold in np.unique(score):
        called = score >= threshold
        if truth[called].mean() >= 1 - fdr:
            best = max(best, truth[called].sum() / truth.sum())
    assert metrics.recall_at_fdr(truth, score, fdr) == pytest.approx(best)


@given(labelled_scores())
def test_calls_at_one_half_equal_scikit_learn(data: tuple[np.ndarray, np.ndarray]) -> None:
    truth, score = data
    called = score > 0.5
    one = {"zero_division": 0}
    assert metrics.balanced_accuracy(truth, score) == pytest.approx(
        sk.balanced_accuracy_score(truth, called))
    assert metrics.precision(truth, score) == pytest.approx(
        sk.precision_score(truth, called, **one))
    assert metrics.recall(truth, score) == pytest.approx(sk.recall_score(truth, called, **one))
    assert metrics.f1(truth, score) == pytest.approx(sk.f1_score(truth, called, **one))


@given(labelled_scores())
def test_rank_correlation_equals_scipy_with_ties(data: tuple[np.ndarray, np.ndarray]) -> None:
    from scipy.stats import spearmanr

    truth, score = data
    found = metrics.spearman(truth, score)
    if np.ptp(score):
        assert found == pytest.approx(spearmanr(truth, score).statistic)
    else:
        assert np.isnan(found)


def test_recall_at_fdr_where_precision_is_not_monotone() -> None:
    # The top call is wrong: precision starts at 0 and rises to 0.8 further down.
    truth = np.array([0, 1, 1, 1, 1, 0, 0, 0, 0, 0], float)
    score = np.linspace(1, 0, 10)
    assert metrics.recall_at_fdr(truth, score, 0.2) == 1.0
    assert metrics.recall_at_fdr(truth, score, 0.1) == 0.0


def test_curves_end_where_they_must_and_agree_with_scikit_learn(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 2, 300).astype(float)
    score = np.round(rng.random(300) + truth * 0.5, 2)
    false, true = metrics.roc_curve(truth, score)
    sk_false, sk_true, _ = sk.roc_curve(truth, score, drop_intermediate=False)
    assert false == pytest.approx(sk_false)
    assert true == pytest.approx(sk_true)
    precision, recall = metrics.precision_recall_curve(truth, score)
    sk_precision, sk_recall, _ = sk.precision_recall_curve(truth, score)
    assert precision == pytest.approx(sk_precision[:-1][::-1])
    assert recall == pytest.approx(sk_recall[:-1][::-1])


def test_worked_values_of_the_course() -> None:
    # f = (.1, .8, .6), y = (1, 0, 1): MSE .5366..., MAE .7
    truth, score = np.array([1.0, 0, 1]), np.array([0.1, 0.8, 0.6])
    assert metrics.mse(truth, score) == pytest.approx(0.5366666666666667)
    assert metrics.mae(truth, score) == pytest.approx(0.7)


@pytest.mark.parametrize("metric", ["auroc", "auprc", "recall_at_5_fdr"])
def test_one_class_alone_has_no_value(metric: str) -> None:
    zeros = np.zeros((4, 1))
    assert np.isnan(metrics.measure(metric, zeros, np.ones((4, 1))))


def test_columns_are_averaged_and_columns_without_value_left_out() -> None:
    truth = np.array([[1, 0], [0, 0], [1, 0]])
    score = np.array([[0.9, 0.1], [0.1, 0.2], [0.8, 0.3]])
    assert metrics.measure("auroc", truth, score) == 1.0


def test_accuracy_of_classes_compares_the_greatest_column() -> None:
    truth = np.eye(3)
    score = np.array([[0.5, 0.3, 0.2], [0.4, 0.35, 0.25], [0.1, 0.2, 0.7]])
    assert metrics.measure_classes("accuracy", truth, score) == pytest.approx(2 / 3)


def test_pearson_of_a_constant_has_no_value(rng: np.random.Generator) -> None:
    x = rng.random(50)
    assert metrics.pearson(x, 3 * x + 1) == pytest.approx(1)
    assert np.isnan(metrics.pearson(x, np.ones(50)))

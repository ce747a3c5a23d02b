"""Parts of the report whose numbers can be worked out apart from it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from report_case import CASES, Case, Reader
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

from dlgenomics.baseline.record import Record, write_baselines
from dlgenomics.errors import DataError
from dlgenomics.report import write_report
from dlgenomics.report.confusion import binary_confusion, class_confusion, counted
from dlgenomics.report.contest import contest
from dlgenomics.report.curves import reliability
from dlgenomics.report.inside import inside, table_of
from dlgenomics.report.outcome import HeldOut, read_outcome
from dlgenomics.report.profiles import shares
from dlgenomics.report.scatter import running_median
from dlgenomics.report.spread import values_of
from dlgenomics.report.verdict import judge
from dlgenomics.train.layer_table import LayerState, write_layer_states
from dlgenomics.train.run import (
    RunFolder,
    read_arrays,
    read_record,
    write_arrays,
    write_history,
    write_json,
    write_record,
)


def test_reliability_is_scikit_learns():
    random = np.random.default_rng(0)
    score = random.random(5000)
    truth = (random.random(5000) < score ** 2).astype(float)
    predicted, observed, sizes = reliability(truth, score)
    share, mean = calibration_curve(truth, score, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(predicted, mean, atol=1e-3)
    np.testing.assert_allclose(observed, share, atol=4e-3)
    assert sizes.tolist() == [500] * 10


def test_equal_predictions_stay_in_one_group():
    predicted, observed, sizes = reliability(np.array([0, 1, 1, 0.0]), np.full(4, 0.3))
    assert (predicted.tolist(), observed.tolist(), sizes.tolist()) == ([0.3], [0.5], [4])


def test_confusion_is_scikit_learns():
    random = np.random.default_rng(1)
    truth, called = random.integers(0, 4, 300), random.integers(0, 4, 300)
    np.testing.assert_array_equal(counted(truth, called, 4), confusion_matrix(truth, called))


def test_confusion_leaves_missing_labels_out():
    part = HeldOut("test", np.array([[1], [0], [np.nan], [1]]), np.array([[.9], [.7], [.9], [.2]]))
    cells = re.findall(r'class="number"[^>]*>([^<]+)</td>', binary_confusion("x", part, 0))
    assert cells == ["0", "1", "0.0 %", "1", "1", "50.0 %"]
    several = HeldOut("test", np.array([[1, 0], [np.nan, np.nan], [0, 1]]),
                      np.array([[.6, .4], [.1, .9], [.7, .3]]))
    cells = re.findall(r'class="number"[^>]*>([^<]+)</td>', class_confusion("ab", several))
    assert cells == ["1", "0", "100.0 %", "1", "0", "0.0 %"]
    wide = HeldOut("test", np.eye(30), np.eye(30))
    assert class_confusion([f"c{i}" for i in range(30)], wide) == ""


def test_running_median_follows_a_line():
    x = np.random.default_rng(2).random(600)
    places, medians = running_median(x, 3 * x + 1)
    np.testing.assert_allclose(medians, 3 * places + 1, atol=0.02)
    assert len(places) == 12


def test_profiles_become_shares():
    np.testing.assert_allclose(shares(np.array([[1.0, 3.0]])), [[0.25, 0.75]])
    logits = np.log(np.array([[0.1, 0.9]]))
    np.testing.assert_allclose(shares(logits), [[0.1, 0.9]])


def _with_missing(folder: Path, share: float = 0.3) -> Path:
    """Make a part of the labels missing."""
    run, random = RunFolder(folder), np.random.default_rng(4)
    arrays = read_arrays(run.predictions)
    for name in arrays:
        if name.endswith("/labels"):
            arrays[name][random.random(arrays[name].shape) < share] = np.nan
    write_arrays(run.predictions, arrays)
    return folder


@pytest.mark.parametrize("name", ["binary", "multilabel", "many", "multiclass", "regression"])
def test_missing_labels_are_left_out_everywhere(tmp_path, name):
    page = write_report(_with_missing(CASES[name].write(tmp_path / "run"))).read_text()
    assert ">nan<" not in page
    assert " nan" not in page
    Reader(page)


def test_a_column_without_any_label(tmp_path):
    folder = CASES["multilabel"].write(tmp_path / "run")
    arrays = read_arrays(RunFolder(folder).predictions)
    for part in ("validation", "test"):
        arrays[f"{part}/signal/labels"][:, 1] = np.nan
    write_arrays(RunFolder(folder).predictions, arrays)
    assert "all examples are of one class: kidney (validation)" in write_report(folder).read_text()


def test_many_columns_show_their_ends(tmp_path):
    case = Case("multilabel_classification",
                f"{{columns: [{', '.join(f'cell{i}' for i in range(30))}]}}", units=30)
    folder = case.write(tmp_path / "run")
    page = write_report(folder).read_text()
    outcome = read_outcome(folder)
    each = values_of(outcome, "signal", outcome.held_out["signal"][-1], "auroc")
    assert f"{np.median(each):.3f}" in page
    for column in (int(each.argmin()), int(each.argmax())):
        assert f">cell{column}<" in page
    assert "The 5 best and the 5 worst columns by AUROC" in page
    written = {"test": {"signal": {f"cell{i}": {"auroc": i / 30, "auprc": None}
                                   for i in range(30)}}}
    write_json(folder / "columns.json", written)
    outcome = read_outcome(folder)
    np.testing.assert_allclose(
        values_of(outcome, "signal", outcome.held_out["signal"][-1], "auroc"), np.arange(30) / 30)
    assert np.isnan(values_of(outcome, "signal", outcome.held_out["signal"][-1], "auprc")).all()
    assert "AUPRC over the columns" not in write_report(folder).read_text()


def _split_history(folder: Path, penalty: float) -> Path:
    losses = [(0.60, 0.62), (0.40, 0.42), (0.30, 0.33), (0.25, 0.29), (0.24, 0.29), (0.23, 0.30)]
    write_history(RunFolder(folder), [
        {"loss": a + penalty + 0.5, "data_loss": a, "auroc": 0.9, "penalty": penalty,
         "val_loss": b + penalty, "val_data_loss": b, "val_auroc": 0.88, "learning_rate": 0.001}
        for a, b in losses])
    return folder


def test_loss_is_split_into_data_and_penalty(tmp_path):
    folder = _split_history(CASES["binary"].write(tmp_path / "run"), penalty=0.25)
    page = write_report(folder).read_text()
    assert "Training loss and its parts by epoch" in page
    assert "50.0 % of what training makes small is the penalty" in page
    verdict = judge(read_outcome(folder))
    assert verdict.word == "Fine"
    assert "loss is 0.250 on training and 0.290 on validation" in verdict.why


def test_no_penalty_is_not_drawn(tmp_path):
    folder = _split_history(CASES["binary"].write(tmp_path / "run"), penalty=0.0)
    assert "Training loss and its parts" not in write_report(folder).read_text()


def _states(first: float, last: float, dead: float) -> list[LayerState]:
    return [state for epoch in range(5) for state in (
        LayerState(epoch, "conv", first, dead if epoch == 4 else 0.1),
        LayerState(epoch, "head", last, None))]


@pytest.mark.parametrize(("first", "last", "dead", "words"), [
    (1.0, 2.0, 0.1, "neither fades nor grows. After epoch 4, whose weights were kept, no layer "
     "has more than 10 % of dead units"),
    (1e-6, 1.0, 0.1, "it fades on its way back"),
    (5e3, 1.0, 0.1, "it grows on its way back"),
    (1.0, 2.0, 0.75, "half or more of the units are dead in conv (75 %)"),
])
def test_gradients_and_dead_units_in_words(tmp_path, first, last, dead, words):
    folder = CASES["binary"].write(tmp_path / "run")
    assert inside(read_outcome(folder)) == ""
    write_layer_states(folder / "diagnostics.csv", _states(first, last, dead))
    text = re.sub("<[^>]+>", "", inside(read_outcome(folder)))
    assert words in text
    assert "Gradient norm" in text


def test_many_layers_are_a_map(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    write_layer_states(folder / "diagnostics.csv", [
        LayerState(epoch, f"layer{i}", 0.0 if i == 3 else 10.0 ** -i, None)
        for epoch in range(3) for i in range(20)])
    page = write_report(folder).read_text()
    assert "layer19" in page
    assert "data:image/png" in page
    assert "mathdefault" not in page
    assert "so none can die" in page


def test_layer_table_keeps_the_networks_order():
    table = table_of(_states(1.0, 2.0, 0.5), "dead_units")
    assert list(table) == ["conv"]
    assert table["conv"].tolist() == [0.1, 0.1, 0.1, 0.1, 0.5]
    assert list(table_of(_states(1.0, 2.0, 0.5), "gradient_norm")) == ["conv", "head"]


def test_a_damaged_table_is_an_error(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    (folder / "diagnostics.csv").write_text("nonsense\n")
    with pytest.raises(DataError, match="must have the columns"):
        write_report(folder)


@pytest.mark.parametrize(("network", "words"), [
    (0.95, "The network earns its place"), (0.8, "A k-mer model does as well")])
def test_baselines_are_compared(tmp_path, network, words):
    folder = CASES["binary"].write(tmp_path / "run")
    assert contest(read_outcome(folder)) == ""

    def parts(value):
        return {part: {"signal": {"auroc": value, "auprc": None, "accuracy": 0.7}}
                for part in ("validation", "test")}

    write_baselines(folder / "baselines.json", Record(
        5, False, 1, "1.9.1", 50, 1000, {"signal": ["bound"]},
        {"kmer_logistic": parts(0.8), "kmer_forest": parts(0.7), "kmer_ridge": {"test": {}}},
        parts(network)))
    page = write_report(folder).read_text()
    assert words in page
    assert "counts of 5-mers (one strand), fitted to 50 of the 1,000 training examples" in page
    assert ">logistic regression<" in page
    assert page.count(">random forest<") == 3
    assert ">ridge regression<" not in page
    Reader(page)


def test_facts_of_the_examples(tmp_path):
    folder = CASES["regression"].write(tmp_path / "run")
    numbers = {"signal": {"known": [990], "mean": [2.0], "sd": [3.0], "min": [-7.0],
                          "max": [11.0]}}
    facts = {"length": 100, "gc": {"train": 0.41, "test": None}, "unknown": {"train": 0.002},
             "chromosomes": {"train": {"chr10": 5, "chr2": 4}, "test": {"chrX": 3}},
             "labels": {"train": numbers, "validation": numbers}}
    run = RunFolder(folder)
    write_record(run, {**read_record(run), "examples": facts})
    page = write_report(folder).read_text()
    assert "Sequences of 100 bp; G or C: 41.0 % (train); at most 0.2 % N." in page
    assert page.index(">chr2<") < page.index(">chr10<") < page.index(">chrX<")
    assert ">990<" in page
    assert ">-7.00<" in page


def test_positives_are_shares_of_the_labels_that_are_known(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    run = RunFolder(folder)
    known = {"signal": {"known": [822], "mean": [0.5], "sd": [0.5], "min": [0.0], "max": [1.0]}}
    facts = {"length": 100, "gc": {}, "unknown": {}, "chromosomes": {}, "labels": {"train": known}}
    write_record(run, {**read_record(run), "examples": facts})
    assert ">411 (50.0 %)<" in write_report(folder).read_text()


def test_positives_of_many_columns_are_a_range(tmp_path):
    folder = CASES["many"].write(tmp_path / "run")
    run = RunFolder(folder)
    record = read_record(run)
    record["positives"]["train"]["signal"] = [100 * i for i in range(1, 11)] + [10, 20]
    write_record(run, record)
    assert ">46.1 % (1.0 to 100.0 %)<" in write_report(folder).read_text()


def test_no_dead_unit_needs_no_figure(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    write_layer_states(folder / "diagnostics.csv", [
        LayerState(epoch, "conv", 1.0, 0.0) for epoch in range(5)])
    text = inside(read_outcome(folder))
    assert "no unit is dead" in text
    assert "Share of dead units" not in text


def test_regression_shows_what_is_left(tmp_path):
    page = write_report(CASES["regression"].write(tmp_path / "run")).read_text()
    assert "Errors by predicted level, test set" in page
    assert "median error" in page


def test_classes_show_calibration_and_confusion(tmp_path):
    page = write_report(CASES["multiclass"].write(tmp_path / "run")).read_text()
    assert "Predicted probability against share of positives" in page
    assert "Most probable class in the test set" in page
    page = write_report(CASES["binary"].write(tmp_path / "other")).read_text()
    assert "bound: calls at 0.5 in the test set" in page


def test_the_digest_of_the_spec_is_shown(tmp_path):
    import hashlib

    folder = CASES["binary"].write(tmp_path / "run")
    digest = hashlib.sha256((folder / "spec.yaml").read_bytes()).hexdigest()
    assert f'title="{digest}"' in write_report(folder).read_text()

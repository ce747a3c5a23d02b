"""Calibration as a part of training: on the validation set, inside the network, on record."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from dlgenomics.spec import parse_spec
from dlgenomics.train.run import RunFolder, read_arrays, read_record
from tiny import TINY_SPEC

LONGER = TINY_SPEC.replace("epochs: 3", "epochs: 6").replace("patience: 2", "patience: 6")


def trained(method: str, tiny_data: Path, folder: Path, text: str = LONGER) -> RunFolder:
    from dlgenomics.train.fit import train

    if method:
        text = text.replace("  seed: 3\n", f"  seed: 3\n  calibrate: {method}\n")
    return RunFolder(train(parse_spec(text), tiny_data, folder).folder)


@pytest.fixture(scope="module")
def plain(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained("", tiny_data, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module", params=["platt", "temperature", "isotonic"])
def run(request: pytest.FixtureRequest, tiny_data: Path,
        tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained(request.param, tiny_data, tmp_path_factory.mktemp(request.param))


def method_of(run: RunFolder) -> str:
    return str(read_record(run)["calibration"]["bound"]["method"])


def test_training_itself_is_the_same(run: RunFolder, plain: RunFolder) -> None:
    ours, theirs = run.history.read_text().split(), plain.history.read_text().split()
    assert ours[0] == theirs[0]
    a, b = (np.array([line.split(",") for line in lines[1:]], float) for lines in (ours, theirs))
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_platt_and_temperature_keep_the_order(run: RunFolder, plain: RunFolder) -> None:
    if method_of(run) == "isotonic":
        pytest.skip("isotonic makes some scores equal")
    ours, theirs = (json.loads(one.metrics.read_text())["test"]["bound"]["auroc"]
                    for one in (run, plain))
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_it_is_fitted_to_the_validation_set_alone(run: RunFolder, plain: RunFolder) -> None:
    """The predictions are those that a fit to the plain run's validation set gives."""
    method, before, after = method_of(run), read_arrays(plain.predictions), read_arrays(
        run.predictions)
    column = read_record(run)["calibration"]["bound"]["columns"][0]
    scores = np.log(before["test/bound"]) - np.log1p(-before["test/bound"])
    if method == "platt":
        scores = column["slope"] * scores + column["offset"]
    elif method == "temperature":
        scores = scores / column["temperature"]
    else:
        theirs = IsotonicRegression(out_of_bounds="clip").fit(
            before["validation/bound"][:, 0], before["validation/bound/labels"][:, 0])
        found = theirs.predict(before["test/bound"][:, 0])
        np.testing.assert_allclose(after["test/bound"][:, 0], found, atol=2e-3)
        return
    np.testing.assert_allclose(after["test/bound"], 1 / (1 + np.exp(-scores)), atol=2e-5)


def test_errors_before_and_after_are_recorded(run: RunFolder, plain: RunFolder) -> None:
    record = read_record(run)["calibration"]["bound"]
    assert record["fitted_on"] == "validation"
    for when, arrays in (("before", read_arrays(plain.predictions)),
                         ("after", read_arrays(run.predictions))):
        assert set(record[when]) == {"validation", "test"}
        for part, values in record[when].items():
            gaps = arrays[f"{part}/bound"] - arrays[f"{part}/bound/labels"]
            assert values["brier"] == pytest.approx(float((gaps**2).mean()), abs=1e-5)
    if record["method"] != "temperature":
        assert record["after"]["validation"]["brier"] <= (
            record["before"]["validation"]["brier"] + 1e-3)


def test_its_package_gives_calibrated_values_by_itself(run: RunFolder, tmp_path: Path) -> None:
    import keras

    from dlgenomics.package.read import load_package
    from dlgenomics.package.write import package_run

    package = package_run(run.folder, tmp_path / "package")
    model = load_package(package)
    x = model.stored_test.inputs["dna"]  # type: ignore[union-attr]
    expected = read_arrays(run.predictions)["test/bound"][:len(x)]
    np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-6)
    plainly = keras.saving.load_model(package)
    np.testing.assert_array_equal(plainly.predict_on_batch(x), model.predict_on_batch(x))
    assert f"{method_of(run)}, fitted on the validation set" in (package / "README.md").read_text()


def test_a_killed_run_ends_the_same(run: RunFolder, tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import resume, train
    from dlgenomics.train.run import read_spec

    class Killed(Exception):
        pass

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "evaluate":
            raise Killed

    with pytest.raises(Killed):
        train(read_spec(run), tiny_data, tmp_path / "killed", progress=kill)
    resumed = RunFolder(resume(tmp_path / "killed").folder)
    assert read_record(resumed)["calibration"] == read_record(run)["calibration"]
    assert resumed.metrics.read_bytes() == run.metrics.read_bytes()


MANY = TINY_SPEC.replace("binary_", "multilabel_").replace(
    "{column: bound}", "{columns: [a, b, c], missing: mask}").replace(
    "units: 1", "units: 3").replace(", stratify: bound", "").replace("epochs: 3", "epochs: 1")


def test_columns_are_fitted_one_by_one_and_missing_labels_left_out(
    tiny_data: Path, tmp_path: Path
) -> None:
    lines = (tiny_data / "labels.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    text = ["name\ta\tb\tc"] + [
        f"{row[0]}\t{row[1]}\t{row[1] if i % 3 else 'NA'}\t0" for i, row in enumerate(rows)]
    data = tmp_path / "data"
    data.mkdir()
    (data / "labels.tsv").write_text("\n".join(text) + "\n")
    (data / "sequences.fa.gz").write_bytes((tiny_data / "sequences.fa.gz").read_bytes())
    run = trained("isotonic", data, tmp_path / "run", MANY)
    a, b, c = read_record(run)["calibration"]["bound"]["columns"]
    assert a["knots"] > 1
    assert b["knots"] > 1
    assert c == {"left": "only one class is known"}
    arrays = read_arrays(run.predictions)
    assert len(np.unique(arrays["validation/bound"][:, 2])) > 20  # as it was
    known = ~np.isnan(arrays["validation/bound/labels"][:, 1])
    chances, labels = (arrays[f"validation/bound{end}"][known, 1] for end in ("", "/labels"))
    assert chances.mean() == pytest.approx(labels.mean(), abs=1e-4)  # as isotonic regression has it
    assert roc_auc_score(labels, chances) >= 0.5


def test_scores_that_fall_with_the_label_are_left_as_they_are() -> None:
    from dlgenomics.train.calibrate import _fit_column

    weights = [np.ones((1,)), np.zeros((1,))]
    scores, labels = np.array([2.0, 1.0, -1.0, -2.0]), np.array([0.0, 0.0, 1.0, 1.0])
    assert _fit_column("platt", scores, labels, weights) == {
        "left": "scores do not rise with the label"}
    assert [w.tolist() for w in weights] == [[1.0], [0.0]]

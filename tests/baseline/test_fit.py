"""Baselines against scikit-learn used directly, on counts made by scikit-learn."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

from dlgenomics.baseline import Record, fit_baselines, fit_run_baselines, judge, read_baselines
from dlgenomics.baseline import models as baseline_models
from dlgenomics.data.banks import Held
from dlgenomics.data.dna import central_codes
from dlgenomics.data.encoding import decode
from dlgenomics.data.examples import labels_of, load_examples
from dlgenomics.data.features import Plain
from dlgenomics.data.sequences import write_sequences
from dlgenomics.errors import DlgError, RunError
from dlgenomics.spec import parse_spec
from tiny import TINY_SPEC


@pytest.fixture(scope="module", autouse=True)
def _few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baseline_models, "TREES", 12)
        yield


@pytest.fixture(scope="module")
def tiny_examples(tiny_data: Path):
    return load_examples(parse_spec(TINY_SPEC), tiny_data)


def _all_labels(examples, target):
    return labels_of(examples, target, np.arange(len(examples.names)))


def _held(values):
    return Plain(Held(values))


def _words(examples, k):
    """Return counts of k-mers of one strand, by scikit-learn's own reader of text."""
    reader = CountVectorizer(analyzer="char", ngram_range=(k, k), lowercase=False, dtype=np.float32)
    texts = [decode(row) for row in central_codes(examples)]
    return np.asarray(reader.fit_transform(texts).todense())


def test_logistic_regression_is_scikit_learns(tiny_examples) -> None:
    spec = parse_spec(TINY_SPEC)
    record = fit_baselines(spec, tiny_examples, k=3, both_strands=False)
    counts, parts = _words(tiny_examples, 3), tiny_examples.parts
    assert counts.shape[1] == 64
    labels = _all_labels(tiny_examples, "bound")[:, 0]
    scaler = StandardScaler().fit(counts[parts.train])
    tried = {}
    for strength in (1e-4, 1e-3, 1e-2, 1e-1):
        model = LogisticRegression(C=strength, max_iter=1000)
        model.fit(scaler.transform(counts[parts.train]), labels[parts.train])
        shares = {part: model.predict_proba(scaler.transform(counts[getattr(parts, part)]))[:, 1]
                  for part in ("validation", "test")}
        brier = np.mean((shares["validation"] - labels[parts.validation]) ** 2)
        tried[brier] = shares
    best = tried[min(tried)]
    for part in ("validation", "test"):
        truth, found = labels[getattr(parts, part)], record.metrics["kmer_logistic"][part]["bound"]
        assert found["auroc"] == pytest.approx(roc_auc_score(truth, best[part]), abs=2e-3)
        assert found["auprc"] == pytest.approx(average_precision_score(truth, best[part]),
                                               abs=4e-3)
        assert log_loss(truth, best[part]) < 0.8
    assert (record.examples, record.training_examples) == (240, 240)
    assert record.columns == {"bound": ["bound"]}


REGRESSION = (TINY_SPEC.replace("binary_classification", "regression")
              .replace("bound: {column: bound}", "level: {columns: [gc, at]}")
              .replace(", stratify: bound", "").replace("units: 1", "units: 2"))


@pytest.fixture
def measured(tmp_path: Path):
    """Examples whose first column is the number of GC in a sequence, partly missing."""
    random = np.random.default_rng(3)
    codes = random.choice(4, (300, 60), p=[0.3, 0.2, 0.2, 0.3]).astype("uint8")
    names = [f"s{i}" for i in range(300)]
    write_sequences(tmp_path / "sequences.fa.gz", names, codes)
    gc = np.isin(codes, (1, 2)).sum(axis=1)
    rows = "".join(f"{n}\t{g}\t{60 - g + random.normal():.4f}\n"
                   for n, g in zip(names, gc, strict=True))
    (tmp_path / "labels.tsv").write_text(f"name\tgc\tat\n{rows}")
    return load_examples(parse_spec(REGRESSION), tmp_path)


def test_measured_values(measured) -> None:
    spec = parse_spec(REGRESSION)
    record = fit_baselines(spec, measured, k=2)
    assert set(record.metrics) == {"kmer_ridge", "kmer_forest"}
    found = record.metrics["kmer_ridge"]["test"]["level"]
    assert found["pearson"] > 0.95  # GC is a sum of counts
    parts, labels = measured.parts, _all_labels(measured, "level")
    from dlgenomics.baseline.kmers import count_kmers
    counts = count_kmers(central_codes(measured), 2)
    errors = []
    for column in range(2):
        scaler = StandardScaler().fit(counts[parts.train])
        y = labels[:, column]
        fits = [Ridge(p).fit(scaler.transform(counts[parts.train]), y[parts.train])
                for p in (1e1, 1e2, 1e3, 1e4)]
        held = [np.mean((f.predict(scaler.transform(counts[parts.validation]))
                         - y[parts.validation]) ** 2) for f in fits]
        chosen = fits[int(np.argmin(held))]
        errors.append(np.mean((chosen.predict(scaler.transform(counts[parts.test]))
                               - y[parts.test]) ** 2))
    assert found["mse"] == pytest.approx(np.mean(errors), rel=1e-3)


def test_the_forest_is_scikit_learns(measured) -> None:
    from dlgenomics.baseline.kmers import count_kmers

    record = fit_baselines(parse_spec(REGRESSION), measured, k=2)
    counts, parts = count_kmers(central_codes(measured), 2), measured.parts
    errors = []
    for y in _all_labels(measured, "level").T:
        forest = RandomForestRegressor(12, max_features="sqrt", random_state=3)
        forest.fit(counts[parts.train], y[parts.train])
        errors.append(np.mean((forest.predict(counts[parts.test]) - y[parts.test]) ** 2))
    assert record.metrics["kmer_forest"]["test"]["level"]["mse"] == pytest.approx(
        np.mean(errors), rel=1e-6)


def test_missing_labels_are_left_out(measured) -> None:
    import dataclasses

    spec = parse_spec(REGRESSION)
    labels = _all_labels(measured, "level").copy()
    gone = np.arange(0, len(labels), 3)
    labels[gone, 1] = np.nan
    some = dataclasses.replace(measured, labels={"level": _held(labels)})
    wild = dataclasses.replace(measured, labels={"level": _held(np.where(
        np.isnan(labels), 1e9, labels))})
    found = fit_baselines(spec, some, k=2).metrics["kmer_ridge"]["test"]["level"]
    assert found["mse"] < 10
    assert fit_baselines(spec, wild, k=2).metrics["kmer_ridge"]["test"]["level"]["mse"] > 1e9


MULTICLASS = (TINY_SPEC.replace("binary_classification", "multiclass_classification")
              .replace("bound: {column: bound}", "kind: {columns: [a, b, c]}")
              .replace(", stratify: bound", "").replace("units: 1", "units: 3"))


@pytest.mark.parametrize("absent", [False, True], ids=["three classes", "one never in training"])
def test_several_classes(measured, absent: bool) -> None:
    import dataclasses

    gc = _all_labels(measured, "level")[:, 0]
    classes = np.digitize(gc, np.quantile(gc, [1 / 3, 2 / 3]))
    if absent:
        classes[measured.parts.train] = np.minimum(classes[measured.parts.train], 1)
    examples = dataclasses.replace(measured, labels={"kind": _held(np.eye(3)[classes])})
    record = fit_baselines(parse_spec(MULTICLASS), examples, k=2)
    for name in ("kmer_logistic", "kmer_forest"):
        assert record.metrics[name]["test"]["kind"]["accuracy"] > (0.4 if absent else 0.6)


def test_a_column_that_is_constant_in_training_is_not_learned(tiny_examples) -> None:
    import dataclasses

    labels = _all_labels(tiny_examples, "bound").copy()
    labels[tiny_examples.parts.train] = 1
    examples = dataclasses.replace(tiny_examples, labels={"bound": _held(labels)})
    found = fit_baselines(parse_spec(TINY_SPEC), examples, k=2).metrics
    assert found["kmer_logistic"]["test"]["bound"]["auroc"] == 0.5


def test_wrong_k_and_missing_scikit_learn(tiny_examples, monkeypatch) -> None:
    spec = parse_spec(TINY_SPEC)
    with pytest.raises(DlgError, match=r"k must be from 1 to 10\. Received: 11"):
        fit_baselines(spec, tiny_examples, k=11)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(DlgError, match=r"pip install 'dlgenomics\[baseline\]'"):
        fit_baselines(spec, tiny_examples)


def test_a_run_gets_its_baselines_beside_its_network(tiny_run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    record = fit_run_baselines(folder, k=4)
    assert read_baselines(folder) == json_like(record)
    stored = json.loads((folder / "metrics.json").read_text())
    for part, targets in record.network.items():
        for metric, value in targets["bound"].items():
            assert value == pytest.approx(stored[part]["bound"][metric])
    assert read_baselines(tmp_path) is None


def json_like(record: Record) -> Record:
    from dataclasses import asdict

    return Record(**json.loads(json.dumps(asdict(record))))


def test_other_data_are_refused(tiny_run: Path, tiny_data: Path, tmp_path: Path) -> None:
    folder, data = shutil.copytree(tiny_run, tmp_path / "run"), tmp_path / "data"
    shutil.copytree(tiny_data, data)
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "data_folder": str(data)}))
    labels = (data / "labels.tsv").read_text().splitlines()
    (data / "labels.tsv").write_text("\n".join([labels[0], *reversed(labels[1:])]) + "\n")
    with pytest.raises(RunError, match=r"labels\.tsv has changed"):
        fit_run_baselines(folder)
    (folder / "run.json").write_text(json.dumps({**record, "status": "started"}))
    with pytest.raises(RunError, match="a finished run"):
        fit_run_baselines(folder)


def _record(network: float | None, others: dict[str, float | None], metric: str) -> Record:
    return Record(6, True, 1, "1", 10, 10, {"t": ["t"]},
                  {name: {"test": {"t": {metric: value}}} for name, value in others.items()},
                  {"test": {"t": {metric: network}}})


@pytest.mark.parametrize(("network", "others", "metric", "good", "words"), [
    (0.9, {"kmer_logistic": 0.7, "kmer_forest": 0.8}, "auroc", True,
     "The network earns its place: AUROC 0.900 on the test set, against 0.800 of random forest"),
    (0.9, {"kmer_logistic": 0.895, "kmer_forest": 0.8}, "auroc", False, "does as well"),
    (0.7, {"kmer_logistic": 0.9}, "auroc", False, "does better"),
    (1.0, {"kmer_ridge": 2.0, "kmer_forest": 1.5}, "mse", True, "against 1.500 of random forest"),
    (1.0, {"kmer_ridge": 1.01}, "mse", False, "does as well"),
    (2.0, {"kmer_ridge": 1.0}, "mse", False, "does better"),
])
def test_verdicts(network, others, metric, good, words) -> None:
    (verdict,) = judge(_record(network, others, metric))
    assert verdict.good is good
    assert words in verdict.words


def test_nothing_is_judged_without_values() -> None:
    assert judge(_record(None, {"kmer_logistic": 0.9}, "auroc")) == []
    assert judge(_record(float("nan"), {"kmer_logistic": 0.9}, "auroc")) == []
    assert judge(_record(0.9, {"kmer_logistic": None}, "auroc")) == []


def test_the_command(run_dlg, tiny_run: Path, tiny_data: Path, tiny_spec: Path,
                     tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    status, out, _ = run_dlg("baseline", folder, "-k", 3)
    assert status == 0
    assert "network\ttest\tbound\tauroc\t" in out
    assert "kmer_logistic\ttest\tbound\tauroc\t" in out
    assert (folder / "baselines.json").is_file()
    status, out, _ = run_dlg("baseline", tiny_spec, "--data", tiny_data, "-k", 3, "--json")
    assert status == 0
    assert json.loads(out)["network"] == {}
    status, _, err = run_dlg("baseline", tmp_path)
    assert (status, "run.json" in err) == (1, True)


def test_a_new_run_in_the_folder_forgets_the_old_baselines(tmp_path: Path) -> None:
    from dlgenomics.train.run import RunFolder, start_run

    run, spec = RunFolder(tmp_path), parse_spec(TINY_SPEC)
    start_run(run, spec, {"name": spec.name}, replace=False)
    for old in (run.baselines, run.diagnostics):
        old.write_text("old")
    start_run(run, spec, {"name": spec.name}, replace=True)
    assert not run.baselines.exists()
    assert not run.diagnostics.exists()


def test_of_many_columns_the_network_is_measured_on_those_fitted(
    tiny_data: Path, tmp_path: Path, monkeypatch
) -> None:
    from dlgenomics.baseline import fit
    from dlgenomics.data.tables import read_table
    from dlgenomics.train.fit import train

    monkeypatch.setattr(fit, "MOST_COLUMNS", 2)
    data = shutil.copytree(tiny_data, tmp_path / "data")
    table = read_table(data / "labels.tsv")
    bound = table.numbers("bound")
    random = np.random.default_rng(0)
    flips = [np.where(random.random(len(bound)) < p, 1 - bound, bound) for p in (0, 0.2, 0.4)]
    rows = "".join(f"{name}\t{a:g}\t{b:g}\t{c:g}\n"
                   for name, a, b, c in zip(table.columns["name"], *flips, strict=True))
    (data / "labels.tsv").write_text(f"name\ta\tb\tc\n{rows}")
    text = (TINY_SPEC.replace("binary_classification", "multilabel_classification")
            .replace("bound: {column: bound}", "bound: {columns: [a, b, c]}")
            .replace("units: 1", "units: 3").replace("epochs: 3", "epochs: 1")
            .replace(", stratify: bound", ""))
    train(parse_spec(text), data, tmp_path / "run")
    record = fit_run_baselines(tmp_path / "run", k=2)
    assert record.columns == {"bound": ["a", "c"]}
    each = json.loads((tmp_path / "run" / "columns.json").read_text())["test"]["bound"]
    assert record.network["test"]["bound"]["auroc"] == pytest.approx(
        (each["a"]["auroc"] + each["c"]["auroc"]) / 2)

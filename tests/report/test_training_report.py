"""Reports of small fabricated run folders, one for each task and each thing that can be odd."""

import csv
import io
import json
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from report_case import CASES, DIGEST, GOOD, VERSIONS, Case, Reader

from dlgenomics.errors import RunError, plural
from dlgenomics.report import write_report
from dlgenomics.report.curves import thin
from dlgenomics.report.outcome import read_outcome
from dlgenomics.report.verdict import judge
from dlgenomics.report.words import compact, metric_name, shorten
from dlgenomics.spec import parse_spec
from dlgenomics.train.metrics import roc_curve
from dlgenomics.train.run import (
    RunFolder,
    start_run,
    write_arrays,
    write_history,
    write_json,
    write_record,
)


def svgs(page):
    return [ElementTree.fromstring(s) for s in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


@pytest.fixture(scope="module", params=CASES)
def example(request, tmp_path_factory):
    folder = CASES[request.param].write(tmp_path_factory.mktemp("runs") / request.param)
    path = write_report(folder)
    assert path == folder / "report.html"
    return CASES[request.param], folder, path.read_text()


def test_page_is_well_formed_and_titled(example):
    _, folder, page = example
    read = Reader(page)
    text = " ".join(read.text)
    assert "tests/example: training report" in text
    assert read.tags.count("h1") == 1
    assert len(svgs(page)) >= 3 or folder.name == "many"
    assert f"dlg package {folder.name}" in text


def test_page_names_the_epoch_kept(example):
    case, _, page = example
    if case.callbacks == "[]":
        assert f"the weights of the last epoch, {case.kept}, were kept" in page
    else:
        assert f"Early stopping kept epoch {case.kept} of {len(case.losses)}" in page
    drawn = ["".join(svg.itertext()) for svg in svgs(page)]
    assert any(f"epoch {case.kept}, kept" in text for text in drawn)


def test_page_shows_every_metric(example):
    _, folder, page = example
    stored = json.loads((folder / "metrics.json").read_text())
    for targets in stored.values():
        for metric, value in targets["signal"].items():
            assert metric_name(metric) in page
            shown = "n/a" if value is None else (
                compact(value) if metric in ("mse", "mae") else f"{value:.3f}")
            assert f">{shown}<" in page


def test_page_fetches_nothing_and_runs_nothing(example):
    _, _, page = example
    read = Reader(page)
    assert not {"script", "link", "iframe", "object", "img"} & set(read.tags)
    for tag, name, value in read.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("#", "data:image/png")) or (
                tag == "a" and value == "https://doi.org/10.1000/example")
        else:
            assert "http" not in value or name == "http-equiv"
    assert "url(http" not in page
    assert "@import" not in page


def test_identifiers_are_unique_and_found(example):
    _, _, page = example
    read = Reader(page)
    names = [value for _, name, value in read.attributes if name == "id"]
    assert len(names) == len(set(names))
    asked = {i for _, _, value in read.attributes
             for i in re.findall(r"url\(#([^)]+)\)|^#((?:loss|metric|roc|pr|scatter)-.+)", value)}
    assert {a or b for a, b in asked} <= set(names)
    assert names


def test_page_keeps_machine_paths_out(example):
    assert "/secret/place" not in example[2]


def test_same_run_gives_same_bytes(example):
    _, folder, page = example
    assert write_report(folder).read_text() == page


def test_every_page_is_small(example):
    assert len(example[2].encode()) < 100_000


def test_four_thousand_examples_stay_under_eighty_kilobytes(tmp_path):
    case = Case(sizes={"validation": 3200, "test": 4000}, noise=0.5,
                losses=[(1 / i, 1 / i + 0.01) for i in range(1, 101)], kept=100, epochs=100)
    assert write_report(case.write(tmp_path / "run")).stat().st_size < 80_000


def test_hostile_text_stays_text(tmp_path):
    page = write_report(CASES["hostile"].write(tmp_path / "run")).read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "\x07" not in page
    read = Reader(page)
    assert '<script>alert("x")</script> & "<img src=//x>\'' in "".join(read.text)
    assert any("$\\frac{" in "".join(svg.itertext()) for svg in svgs(page))


def test_one_class_is_said(tmp_path):
    page = write_report(CASES["one_class"].write(tmp_path / "run")).read_text()
    assert "Not defined, because all examples are of one class: the test set." in page
    assert "n/a" in page


def test_no_test_set_is_said(tmp_path):
    page = write_report(CASES["no_test"].write(tmp_path / "run")).read_text()
    assert "There was no test set" in page


def test_data_network_and_settings_are_shown(tmp_path):
    page = write_report(CASES["binary"].write(tmp_path / "run")).read_text()
    assert f'title="{DIGEST}"' in page
    assert "he_normal (He, chosen for relu)" in page
    assert "glorot_uniform (Glorot, chosen for sigmoid)" in page
    assert "EarlyStopping (monitor val_loss, patience 2)" in page
    assert "96 × 4" in page
    arrays = CASES["binary"].arrays()
    assert "411 (41.1 %)" in page
    assert f"{int(arrays['test/signal/labels'].sum())} (" in page
    assert ">3.15.1<" in page


def test_learning_rate_is_drawn_where_it_changed(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    assert "Learning rate" not in write_report(folder).read_text()
    rows = list(csv.reader(io.StringIO(RunFolder(folder).history.read_text())))
    rows[-1][-1] = "0.0001"
    RunFolder(folder).history.write_text("\n".join(map(",".join, rows)) + "\n")
    assert "Learning rate at the end of each epoch" in write_report(folder).read_text()


def test_two_targets(tmp_path):
    spec = parse_spec("""
spec: 1
name: two
task: binary_classification
data:
  inputs: {dna: {kind: dna, length: 50}}
  targets: {left: {column: l}, right: {column: r}}
  train: {fasta: x.fa, labels: y.tsv}
model:
  outputs: [left, right]
  layers:
    - Flatten: {name: flat}
    - Dense: {units: 1, name: left, from: flat}
    - Dense: {units: 1, name: right, from: flat}
training: {metrics: [auroc]}
""")
    run = RunFolder(tmp_path / "run")
    arrays = {k.replace("signal", t): v for k, v in Case().arrays().items()
              for t in ("left", "right")}
    record = {"name": "two", "seed": 1, "data": {}, "split": {"train": 9, "validation": 300,
                                                              "test": 400}, "versions": VERSIONS}
    start_run(run, spec, record, replace=False)
    write_history(run, [
        {"loss": loss, "left_auroc": 0.7, "right_auroc": 0.6, "val_loss": val,
         "val_left_auroc": 0.7, "val_right_auroc": 0.6} for loss, val in GOOD])
    write_arrays(run.predictions, arrays)
    write_json(run.metrics, {part: {"left": {"auroc": 0.91}, "right": {"auroc": 0.82}}
                             for part in ("validation", "test")})
    write_record(run, {**record, "status": "finished", "epochs": 6, "best_epoch": 4})
    page = write_report(run.folder).read_text()
    read = Reader(page)
    assert len(svgs(page)) == 10
    assert {"left: AUROC", "right: AUROC", "0.910", "0.820"} <= set(read.text)
    names = [value for _, name, value in read.attributes if name == "id"]
    assert len(names) == len(set(names))


def test_unfinished_run_is_refused(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    record = json.loads((folder / "run.json").read_text())
    write_record(RunFolder(folder), {**record, "status": "started"})
    with pytest.raises(RunError, match="a report needs a finished run") as caught:
        write_report(folder)
    assert caught.value.next_step == f"dlg resume {folder}"
    assert not (folder / "report.html").exists()


def test_folder_without_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"must hold run\.json"):
        write_report(tmp_path)


FLAT = [(0.69, 0.68)] * 6
RISING = [(0.6, 0.5), (0.4, 0.4), (0.3, 0.38), (0.2, 0.45), (0.1, 0.55), (0.05, 0.7)]


@pytest.mark.parametrize(("changes", "word", "why"), [
    ({}, "Fine", "stayed level after that"),
    ({"losses": RISING, "kept": 3}, "Fine", "the weights kept are from before it"),
    ({"losses": RISING, "kept": 6, "callbacks": "[]", "epochs": 6}, "Overfitted",
     "training loss fell from 0.300 to 0.0500 while validation loss rose from 0.380 to 0.700"),
    ({"losses": [(0.5, 0.5), (0.2, 0.4), (0.05, 0.35), (0.04, 0.35)], "kept": 3}, "Overfitted",
     "loss is 0.0500 on training and 0.350 on validation"),
    ({"losses": GOOD, "class_weight": "balanced"}, "Overfitted",
     "AUROC is 0.900 on training and 0.800 on validation"),
    ({"losses": FLAT, "noise": 100}, "Underfitted", "hardly better than guessing"),
    ({"losses": RISING, "noise": 100, "kept": 3}, "Overfitted", "by heart"),
    ({"losses": [(7.0, 6.9), (4.3, 4.2), (2.7, 2.6)], "noise": 100, "kept": 3}, "Underfitted",
     "hardly better than guessing"),
    ({"losses": [(0.7 - i / 20, 0.7 - i / 20) for i in range(10)], "kept": 10, "epochs": 10},
     "Stopped too soon", "Raise training.epochs"),
    ({"losses": GOOD[:2], "kept": 2}, "Too short to judge", "2 epochs"),
    ({"losses": [(1.0, 1.0), (float("nan"), float("nan")), (1.0, 1.0)], "kept": 1}, "Diverged",
     "clipnorm"),
])
def test_verdict(tmp_path, changes, word, why):
    verdict = judge(read_outcome(Case(**changes).write(tmp_path / "run")))
    assert (verdict.word, verdict.good) == (word, word == "Fine")
    assert why in verdict.why


def test_thinning_keeps_the_shape():
    random = np.random.default_rng(0)
    truth = (random.random(20_000) < 0.3).astype(float)
    x, y = roc_curve(truth, truth + random.normal(0, 1, len(truth)))
    few_x, few_y = thin(x, y)
    assert len(few_x) <= 202
    assert (few_x[0], few_y[0], few_x[-1], few_y[-1]) == (0, 0, 1, 1)
    assert np.abs(np.interp(x, few_x, few_y) - y).max() < 0.02


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (0.00123, "0.00123"), (0.12049, "0.120"), (12.34, "12.3"), (1234.5, "1,234"),
    (1.2e-8, "1.2e-08"), (-0.5, "-0.500"),
])
def test_compact(value, text):
    assert compact(value) == text


def test_words():
    assert plural(1, "epoch") == "1 epoch"
    assert metric_name("recall_at_5_fdr") == "Recall at 5 % FDR"
    assert shorten("abcdefgh", 6) == "ab…fgh"


def test_only_the_page_is_written(tmp_path):
    folder = CASES["binary"].write(tmp_path / "run")
    before = {p.name for p in folder.iterdir()}
    write_report(folder)
    assert {p.name for p in folder.iterdir()} - before == {"report.html"}


def test_report_needs_no_keras():
    code = ("import sys, dlgenomics.report; "
            "print([m for m in ('keras', 'tensorflow', 'matplotlib.pyplot') if m in sys.modules])")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

"""Runs and packages measured on labelled examples, against scikit-learn and the run's own words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from dlgenomics.errors import DataError, MissingFileError, RunError
from dlgenomics.package.evaluate import evaluate, evaluate_files, open_trained
from dlgenomics.spec.sources import Source
from dlgenomics.train.run import RunFolder, read_arrays


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_run_on_its_own_split_is_what_training_measured(tiny_run: Path, part: str) -> None:
    trained = open_trained(tiny_run)
    score = evaluate(trained, part=part)
    stated = json.loads((tiny_run / "metrics.json").read_text())[part]["bound"]
    assert score.examples == score.targets["bound"].labels == 80
    assert dict(score.targets["bound"].metrics) == stated
    arrays = read_arrays(RunFolder(tiny_run).predictions)
    truth, found = arrays[f"{part}/bound/labels"], arrays[f"{part}/bound"]
    assert score.targets["bound"].loss == pytest.approx(log_loss(truth[:, 0], found[:, 0]), rel=1e-5)
    assert score.targets["bound"].known == {"bound": 80}


def test_train_and_all(tiny_run: Path) -> None:
    trained = open_trained(tiny_run)
    assert evaluate(trained, part="train").examples == 240
    assert evaluate(trained, part="all").examples == 400


def test_a_package_knows_its_split_but_not_where_the_data_lie(
    tiny_package: Path, tiny_run: Path, tiny_data: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = open_trained(tiny_package)
    assert evaluate(trained, tiny_data) == evaluate(open_trained(tiny_run))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingFileError):
        evaluate(trained)


def test_other_files(tiny_package: Path, tiny_data: Path, tmp_path: Path,
                     monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (tiny_data / "labels.tsv").read_text().splitlines()
    few = tmp_path / "few.tsv"
    few.write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    trained = open_trained(tiny_package)
    source = Source(fasta=str(tiny_data / "sequences.fa.gz"), labels="few.tsv")
    score = evaluate_files(trained, source)
    assert score == evaluate(trained, tiny_data, "all")
    bed = Source(intervals=str(tiny_data / "intervals.bed"))
    score = evaluate_files(trained, bed, tiny_data / "genome.fa")
    assert score.examples == 70
    from dlgenomics.package.read import load_package

    rows = [line.split("\t") for line in (tiny_data / "intervals.bed").read_text().splitlines()]
    truth = np.array([int(row[rows[0].index("bound")]) for row in rows[1:]])
    predicted = load_package(tiny_package).pipeline.predict(
        {"fasta_file": str(tiny_data / "genome.fa"),
         "intervals_file": str(tiny_data / "intervals.bed")})
    assert score.targets["bound"].metrics["auroc"] == pytest.approx(
        roc_auc_score(truth, predicted[:, 0]))
    with pytest.raises(DataError, match="Name it with --fasta"):
        evaluate_files(trained, bed)


def test_missing_labels_are_not_counted(tiny_package: Path, tiny_data: Path,
                                        tmp_path: Path) -> None:
    from dataclasses import replace

    trained = open_trained(tiny_package)
    target = trained.spec.data.targets["bound"].model_copy(update={"missing": "mask"})
    data = trained.spec.data.model_copy(update={"targets": {"bound": target}})
    masked = replace(trained, spec=trained.spec.model_copy(update={"data": data}))
    lines = (tiny_data / "labels.tsv").read_text().splitlines()
    names = lines[1:101]
    (tmp_path / "labels.tsv").write_text("\n".join(
        [lines[0], *names, *(line.split("\t")[0] + "\t" for line in lines[101:])]) + "\n")
    score = evaluate_files(masked, Source(fasta=str(tiny_data / "sequences.fa.gz"),
                                          labels=str(tmp_path / "labels.tsv")))
    assert (score.examples, score.targets["bound"].labels) == (400, 100)
    assert score.targets["bound"].known == {"bound": 100}


def test_changed_data_interrupted_runs_and_empty_parts_are_refused(
    tiny_run: Path, tiny_data: Path, tiny_package: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(tiny_data, tmp_path / "data")
    (data / "labels.tsv").write_text((data / "labels.tsv").read_text() + "extra\t1\n")
    for folder in (tiny_run, tiny_package):
        with pytest.raises(RunError, match=r"labels\.tsv is another file"):
            evaluate(open_trained(folder), data)
    run = shutil.copytree(tiny_run, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "status": "started"}))
    with pytest.raises(RunError, match="Received: one that was interrupted"):
        open_trained(run)


def test_the_registrys_verb(tiny_run: Path, tiny_spec: Path, tmp_path: Path) -> None:
    from dlgenomics.registry import registry

    score = registry[str(tiny_spec)].evaluate(tiny_run, part="validation")
    assert score == evaluate(open_trained(tiny_run), part="validation")
    with pytest.raises(RunError, match="must be one of dragonn/tal1"):
        registry["dragonn/tal1"].evaluate(tiny_run)

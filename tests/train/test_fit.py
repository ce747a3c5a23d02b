"""Training: it learns, repeats itself, resumes exactly, and writes whole files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from dlgenomics.errors import DataError, RunError
from dlgenomics.spec import parse_spec
from dlgenomics.spec.metrics import METRICS
from dlgenomics.train.layer_table import read_layer_states
from dlgenomics.train.run import (
    RunFolder,
    read_arrays,
    read_history_table,
    read_record,
)
from tiny import TINY_SPEC


class Killed(Exception):
    """Stands for a kill in the middle of an epoch."""


def _weights(run: Path) -> dict[str, np.ndarray]:
    import h5py

    found: dict[str, np.ndarray] = {}
    with h5py.File(run / "model.weights.h5") as file:
        file.visititems(lambda name, node: found.update({name: node[()]})
                        if isinstance(node, h5py.Dataset) else None)
    return found


def _same_weights(first: Path, second: Path) -> bool:
    a, b = _weights(first), _weights(second)
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def test_a_run_folder_is_complete(tiny_run: Path) -> None:
    run = RunFolder(tiny_run)
    record = read_record(run)
    assert record["status"] == "finished"
    assert record["seed"] == 3
    assert record["split"] == {"train": 240, "validation": 80, "test": 80}
    assert set(record["data"]) == {"sequences.fa.gz", "labels.tsv"}
    assert set(record["versions"]) == {"python", "dlgenomics", "keras", "tensorflow", "numpy"}
    assert record["examples"]["length"] == 60
    assert record["examples"]["labels"]["test"]["bound"]["known"] == [80]
    assert {s.epoch for s in read_layer_states(run.diagnostics)} == {0, 1, 2, 3}
    assert not run.checkpoint.exists()
    history = read_history_table(run)
    assert history["epoch"] == [1, 2, 3]
    assert {"loss", "val_loss", "auroc", "val_auroc", "learning_rate"} <= set(history)
    assert not [p for p in tiny_run.iterdir() if p.name.startswith(".")]


def test_it_reports_what_scikit_learn_computes(tiny_run: Path) -> None:
    run = RunFolder(tiny_run)
    arrays = read_arrays(run.predictions)
    truth, score = arrays["test/bound/labels"][:, 0], arrays["test/bound"][:, 0]
    stated = json.loads(run.metrics.read_text())["test"]["bound"]
    assert stated["auroc"] == pytest.approx(roc_auc_score(truth, score))
    assert stated["auprc"] == pytest.approx(average_precision_score(truth, score))
    assert stated["accuracy"] == pytest.approx(((score > 0.5) == truth).mean())


def test_it_learns_the_motif(tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import train

    longer = TINY_SPEC.replace("epochs: 3", "epochs: 12").replace("patience: 2", "patience: 12")
    run = train(parse_spec(longer), tiny_data, tmp_path / "run")
    assert run.metrics["test"]["bound"]["auroc"] > 0.8


def test_same_spec_and_data_give_the_same_weights(
    tiny_run: Path, tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics.train.fit import train

    again = train(parse_spec(TINY_SPEC), tiny_data, tmp_path / "again")
    assert _same_weights(tiny_run, again.folder)
    assert (tiny_run / "history.csv").read_bytes() == (again.folder / "history.csv").read_bytes()


LONGER = TINY_SPEC.replace("epochs: 3", "epochs: 6").replace(
    "    - EarlyStopping: {monitor: val_loss, patience: 2}",
    "    - EarlyStopping: {monitor: val_loss, patience: 2}\n"
    "    - ReduceLROnPlateau: {monitor: val_loss, patience: 0, factor: 0.5, min_delta: 0.05}")


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_a_killed_run_resumes_to_the_same_end(tiny_data: Path, tmp_path: Path, epoch: int) -> None:
    from dlgenomics.train.fit import resume, train

    spec = parse_spec(LONGER)
    whole = train(spec, tiny_data, tmp_path / "whole")

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if stage.startswith(f"epoch {epoch}/") and done == 3:
            raise Killed

    with pytest.raises(Killed):
        train(spec, tiny_data, tmp_path / "killed", progress=kill)
    assert read_record(RunFolder(tmp_path / "killed"))["status"] == "started"
    resumed = resume(tmp_path / "killed")
    assert _same_weights(whole.folder, resumed.folder)
    assert resumed.metrics == whole.metrics
    assert (resumed.epochs, resumed.best_epoch) == (whole.epochs, whole.best_epoch)
    for name in ("history.csv", "metrics.json", "spec.yaml", "diagnostics.csv"):
        assert (whole.folder / name).read_bytes() == (resumed.folder / name).read_bytes()


def test_a_run_killed_after_its_last_epoch_resumes_without_another(
    tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics.train.fit import resume, train

    spec = parse_spec(LONGER)
    whole = train(spec, tiny_data, tmp_path / "whole")

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "evaluate":
            raise Killed

    with pytest.raises(Killed):
        train(spec, tiny_data, tmp_path / "killed", progress=kill)
    history = tmp_path / "killed" / "history.csv"
    history.write_text("\n".join(history.read_text().splitlines()[:-1]) + "\n")
    resumed = resume(tmp_path / "killed")
    assert resumed.epochs == whole.epochs
    assert history.read_bytes() == (whole.folder / "history.csv").read_bytes()
    assert _same_weights(whole.folder, resumed.folder)


def test_resume_refuses_changed_data_and_finished_runs(
    tiny_run: Path, tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics.train.fit import resume, train

    with pytest.raises(RunError, match="Received: a finished one"):
        resume(tiny_run)
    with pytest.raises(RunError, match=r"run\.json"):
        resume(tmp_path)
    data = shutil.copytree(tiny_data, tmp_path / "data")

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if stage.startswith("epoch 2/"):
            raise Killed

    with pytest.raises(Killed):
        train(parse_spec(TINY_SPEC), data, tmp_path / "run", progress=kill)
    labels = data / "labels.tsv"
    labels.write_text(labels.read_text() + "extra\t1\n")
    with pytest.raises(RunError, match=r"labels\.tsv has changed"):
        resume(tmp_path / "run")


def test_a_run_is_not_written_over_unless_asked(
    tiny_run: Path, tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics.train.fit import train

    taken = shutil.copytree(tiny_run, tmp_path / "taken")
    before = (taken / "run.json").read_bytes()
    with pytest.raises(RunError, match="finished run"):
        train(parse_spec(TINY_SPEC), tiny_data, taken)
    assert (taken / "run.json").read_bytes() == before
    train(parse_spec(TINY_SPEC.replace("epochs: 3", "epochs: 1")), tiny_data, taken, replace=True)
    assert read_record(RunFolder(taken))["epochs"] == 1


def test_the_best_epoch_is_the_one_with_the_least_validation_loss(tiny_run: Path) -> None:
    history = read_history_table(RunFolder(tiny_run))
    assert read_record(RunFolder(tiny_run))["best_epoch"] == 1 + int(
        np.argmin(history["val_loss"]))


def test_infinite_weights_stop_the_run_with_advice(tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import train

    text = TINY_SPEC.replace("Adam: {learning_rate: 0.02}", "SGD: {learning_rate: 1.0e+30}")
    text = text.replace("binary_classification", "regression")
    with pytest.raises(RunError, match="weights must stay finite"):
        train(parse_spec(text), tiny_data, tmp_path / "run")


def test_balanced_class_weights_are_total_over_twice_the_count(
    tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics.data.examples import labels_of, load_examples
    from dlgenomics.train.weights import class_weights

    lines = (tiny_data / "labels.tsv").read_text().splitlines()
    kept = [lines[0], *(line if i % 4 else line.split("\t")[0] + "\t0"
                        for i, line in enumerate(lines[1:]))]
    data = shutil.copytree(tiny_data, tmp_path / "data")
    (data / "labels.tsv").write_text("\n".join(kept) + "\n")
    text = TINY_SPEC.replace("seed: 3", "seed: 3\n  class_weight: balanced")
    examples = load_examples(parse_spec(text), data)
    labels = labels_of(examples, "bound", examples.parts.train)
    weights = np.array(class_weights(parse_spec(text), "bound", labels))[:, 0]
    assert (labels == 1).sum() * weights[1] == pytest.approx((labels == 0).sum() * weights[0])
    assert np.where(labels == 1, weights[1], weights[0]).mean() == pytest.approx(1)


def test_intervals_in_a_genome_train_as_sequences_do(tiny_data: Path, tmp_path: Path) -> None:
    """Labels from a column of the BED, chromosomes held out, shifts beyond the interval."""
    from dlgenomics.train.fit import train

    text = TINY_SPEC.replace(
        "  train: {fasta: sequences.fa.gz, labels: labels.tsv}\n",
        "  reference: {fasta: genome.fa}\n  train: {intervals: intervals.bed}\n")
    text = text.replace("{by: random, test: 0.2, validation: 0.2, stratify: bound}",
                        "{by: random, test: 0.3, validation: 0.2}")
    text = text.replace("  augment:\n", "  augment:\n    - shift: {max: 4}\n")
    run = train(parse_spec(text), tiny_data, tmp_path / "run")
    assert read_record(RunFolder(run.folder))["split"] == {
        "train": 35, "validation": 14, "test": 21}
    assert set(read_record(RunFolder(run.folder))["data"]) == {"genome.fa", "intervals.bed"}
    by_chromosome = text.replace("{by: random, test: 0.3, validation: 0.2}",
                                 "{by: chromosome, test: [chr2], validation: [chr1]}")
    with pytest.raises(DataError, match="must leave examples for train"):
        train(parse_spec(by_chromosome), tiny_data, tmp_path / "other")


def test_missing_training_section_is_said(tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import train

    text = TINY_SPEC.replace("  train: {fasta: sequences.fa.gz, labels: labels.tsv}\n", "")
    with pytest.raises(DataError, match=r"data\.train must say where"):
        train(parse_spec(text), tiny_data, tmp_path / "run")


@pytest.mark.parametrize(("task", "head", "columns"), [
    ("multilabel_classification", "    - Dense: {units: 2}", "{columns: [bound, other]}"),
    ("multiclass_classification", "    - Dense: {units: 2}", "{columns: [bound, other]}"),
    ("regression", "    - Dense: {units: 1}", "{column: value}"),
])
def test_every_task_trains(
    tiny_data: Path, tmp_path: Path, task: str, head: str, columns: str
) -> None:
    from dlgenomics.train.fit import train

    data = shutil.copytree(tiny_data, tmp_path / "data")
    rows = [line.split("\t") for line in (data / "labels.tsv").read_text().splitlines()[1:]]
    table = ["name\tbound\tother\tvalue",
             *(f"{n}\t{b}\t{1 - int(b)}\t{3.5 * int(b) - 1}" for n, b in rows)]
    (data / "labels.tsv").write_text("\n".join(table) + "\n")
    text = TINY_SPEC.replace("binary_classification", task).replace("{column: bound}", columns)
    text = text.replace("    - Dense: {units: 1}", head).replace("epochs: 3", "epochs: 2")
    known = [name for name, fact in METRICS.items() if task in fact.tasks]
    text = text.replace("  seed: 3", f"  seed: 3\n  metrics: [{', '.join(known)}]")
    run = train(parse_spec(text), data, tmp_path / "run")
    values = run.metrics["test"]["bound"]
    assert list(values) == known
    assert all(np.isfinite(v) for v in values.values())
    logged = set(read_history_table(RunFolder(run.folder)))
    assert logged >= {*known, *(f"val_{name}" for name in known)}

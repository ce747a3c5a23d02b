"""``dlg simulate``: every task has its own help, example, options and mistakes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest

from dlgenomics.data.sequences import read_sequences, write_sequences
from dlgenomics.data.shuffle import dinucleotide_counts
from dlgenomics.data.tables import read_table
from dlgenomics.simulate import TASKS
from dlgenomics_cli.commands.simulate import simulate

Dlg = Callable[..., tuple[int, str, str]]

TINY = ("--count", 12, "--length", 200)


def _help(task: str) -> str:
    command = simulate.commands[task]
    return command.get_help(click.Context(command, info_name=task))


def test_every_task_is_a_command_in_the_same_order() -> None:
    assert list(simulate.commands) == list(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_help_asks_the_question_and_explains_every_option(task: str) -> None:
    text = _help(task)
    assert TASKS[task].question in text
    assert "label" in text
    assert all(option.help for option in simulate.commands[task].params)


@pytest.mark.parametrize("task", TASKS)
def test_every_example_runs(
    task: str, run_dlg: Dlg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(_help(task).partition("Example:")[2].split("\n")[1])
    assert words[:3] == ["dlg", "simulate", task]
    status, _, err = run_dlg(*words[1:])
    assert status == 0, err
    table = read_table(tmp_path / "data" / "labels.tsv")
    assert len(table.numbers(list(table.columns)[1])) == 2000


@pytest.mark.parametrize(("task", "labels"), [
    ("motif-counting", ["bound"]), ("multi-motif", ["CTCF", "ZNF143", "SIX5"]),
    ("differential-accessibility", ["condition1", "condition2"]),
])
def test_json_names_labels_motifs_and_files(
    task: str, labels: list[str], run_dlg: Dlg, tmp_path: Path
) -> None:
    status, out, err = run_dlg("simulate", task, *TINY, "--genome", 4, "-o", tmp_path, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["labels"] == labels
    assert found["count"] == 12
    assert len(found["files"]) == 5
    assert all(Path(file).is_file() for file in found["files"])
    header = (tmp_path / "labels.tsv").read_text().split("\n")[0]
    assert header.split("\t") == ["name", *labels]
    bed = (tmp_path / "intervals.bed").read_text().split("\n")
    assert bed[0].split("\t")[6:] == labels
    assert len(bed[1].split("\t")) == 6 + len(labels)


def test_numbers_of_motifs_are_given_as_ranges(run_dlg: Dlg, tmp_path: Path) -> None:
    run_dlg("simulate", "motif-counting", *TINY, "--positive", "5", "--negative", "1-1", "-o",
            tmp_path)
    labels = read_table(tmp_path / "labels.tsv").numbers("bound")
    lines = (tmp_path / "motifs.bed").read_text().splitlines()[1:]
    counts = np.bincount([int(line[3:9]) for line in lines], minlength=12)
    assert counts.tolist() == np.where(labels == 1, 5, 1).tolist()


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Sequences of 240 bp without G after C."""
    path = tmp_path / "given.fa"
    codes = np.random.default_rng(1).integers(0, 4, (30, 240)).astype(np.uint8)
    for at in range(1, 240):
        codes[(codes[:, at - 1] == 1) & (codes[:, at] == 2), at] = 1
    write_sequences(path, [f"s{i}" for i in range(30)], codes)
    return path


def test_a_background_of_shuffles(run_dlg: Dlg, tmp_path: Path, given: Path) -> None:
    status, _, err = run_dlg("simulate", "single-motif", *TINY, "--background", "shuffled",
                             "--like", given, "-o", tmp_path / "out")
    assert status == 0, err
    codes = read_sequences(tmp_path / "out" / "sequences.fa.gz", 200).codes
    middle = read_sequences(given, 200, anchor="center").codes
    negative = read_table(tmp_path / "out" / "labels.tsv").numbers("bound") == 0
    assert negative.sum() == 6
    expected = dinucleotide_counts(middle[:12])[negative]
    assert (dinucleotide_counts(codes[negative]) == expected).all()


def test_a_background_with_learnt_dinucleotides(
    run_dlg: Dlg, tmp_path: Path, given: Path
) -> None:
    run_dlg("simulate", "single-motif", *TINY, "--background", "dinucleotide", "--like", given,
            "-o", tmp_path)
    codes = read_sequences(tmp_path / "sequences.fa.gz", 200).codes
    negative = read_table(tmp_path / "labels.tsv").numbers("bound") == 0
    assert dinucleotide_counts(codes[negative])[:, 1, 2].sum() == 0
    assert dinucleotide_counts(codes[negative])[:, 2, 1].sum() > 0


def test_motifs_of_a_jaspar_file(run_dlg: Dlg, tmp_path: Path) -> None:
    jaspar = tmp_path / "mine.jaspar"
    rows = ("A [ 9 0 9 0 9 0 ]", "C [ 0 9 0 9 0 9 ]", "G [ 0 0 0 0 0 0 ]", "T [ 0 0 0 0 0 0 ]")
    jaspar.write_text("\n".join([">MA9999.1 mine", *rows, ""]))
    status, _, err = run_dlg("simulate", "single-motif", "--motifs", jaspar, "--motif", "mine",
                             *TINY, "-o", tmp_path)
    assert status == 0, err
    assert "\tMA9999.1\t" in (tmp_path / "motifs.bed").read_text()


@pytest.mark.parametrize(("arguments", "message"), [
    (["motif-counting", "--positive", "2-x"],
     "'--positive': must be a number or two, such as 2-4. Received: '2-x'."),
    (["motif-counting", "--negative", "1-2-3"], "Received: '1-2-3'."),
    (["density-localization", "--counts", "-1"], "Received: '-1'."),
    (["single-motif", "--background", "shuffled"],
     "need sequences (--like), which independent letters do not. "
     "Received: --background shuffled without --like."),
    (["single-motif", "--like", "x.fa"], "Received: --background independent with --like."),
    (["single-motf"], "Received: 'single-motf'. Did you mean 'single-motif'?"),
])
def test_wrong_usage(arguments: list[str], message: str, run_dlg: Dlg, tmp_path: Path) -> None:
    status, _, err = run_dlg("simulate", *arguments, "-o", tmp_path)
    assert status == 2
    assert message in " ".join(err.split())


@pytest.mark.parametrize(("arguments", "message"), [
    (["motif-counting", "--positive", "1-3"],
     "positives and negatives must have different numbers of motifs"),
    (["multi-motif", "--motif", "CTCF"], "must have 2 different motifs at least"),
    (["heterodimer-grammar", "--second", "SPI"], "Did you mean 'SPI1'?"),
    (["heterodimer-grammar", "--length", "40"], "need room of at least 58 bp"),
    (["single-motif", "--background", "shuffled", "--like", "missing.fa"], "missing.fa"),
])
def test_wrong_tasks(
    arguments: list[str], message: str, run_dlg: Dlg, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = run_dlg("simulate", *arguments, "-o", tmp_path / "out")
    assert status == 1
    assert message in " ".join(err.split())
    assert not (tmp_path / "out").exists()


def test_sequences_that_are_too_short(run_dlg: Dlg, tmp_path: Path, given: Path) -> None:
    status, _, err = run_dlg("simulate", "single-motif", "--background", "shuffled", "--like",
                             given, "-o", tmp_path / "out")
    assert (status, "must have 500 bp" in err) == (1, True)

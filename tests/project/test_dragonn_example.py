"""The example on DragoNN's tasks: its files fit each other, and its table reaches the bars."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from dlgenomics.data.tables import read_table
from dlgenomics.spec import load_spec

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "dragonn"
README = FOLDER / "README.md"

BARS = {"tutorial1-1": 0.974, "tutorial1-15": 0.974, "ctcf": 0.95, "counting": 0.97,
        "localization": 0.99}


def _table() -> ModuleType:
    found = importlib.util.spec_from_file_location("dragonn_table", FOLDER / "table.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


TASKS = _table().read_tasks()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["task"])
def test_what_is_simulated_is_what_the_spec_reads(
    task: dict[str, str], run_dlg: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    spec = load_spec(FOLDER / f"{task['spec']}.yaml")
    words = shlex.split(task["simulate"])
    status, _, err = run_dlg("simulate", *words, "--count", 4, "-o", tmp_path)
    assert status == 0, err
    labels = read_table(tmp_path / "labels.tsv")
    for target in spec.data.targets.values():
        for column in target.columns:
            labels.numbers(column)
    first = (tmp_path / "motifs.bed").read_text()
    assert first.startswith("#chrom")
    length = next(iter(spec.data.inputs.values())).shape[0]
    asked = dict(pairwise(words)).get("--length", "500")
    assert length == int(asked)


def test_the_table_of_runs(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "ctcf"
    run.mkdir(parents=True)
    metrics = {"auroc": 0.96, "auprc": 0.97125, "recall_at_5_fdr": 0.9, "recall_at_10_fdr": 0.925,
               "recall_at_20_fdr": 1.0}
    (run / "metrics.json").write_text("{}")
    (run / "columns.json").write_text(json.dumps({"test": {"bound": {"bound": metrics}}}))
    (run / "history.csv").write_text("epoch,loss\n1,0.5\n2,0.4\n")
    (run.parent / "ctcf.cpu").write_text("20.25 1.5\n")
    (line,) = _table().lines(tmp_path)
    assert _cells(line) == ["ctcf", "0.958", "0.967", "89.1 / 92.8 / 94.7", "0.9600", "0.9712",
                            "90.0 / 92.5 / 100.0", "2", "22"]


def test_the_page_has_every_task_as_published_and_reaches_the_bars() -> None:
    rows = {cells[0]: cells for cells in map(_cells, README.read_text().splitlines())
            if len(cells) == 9}
    published = {task["task"]: task["auroc"] for task in TASKS}
    assert {name: rows[name][1] for name in published} == published
    for name, bar in BARS.items():
        assert float(rows[name][4]) >= bar


def test_commands_of_the_page_stand_in_the_list_of_tasks() -> None:
    shown = re.findall(r"dlg simulate ([\w -]+?) --seed 1", README.read_text())
    assert shown
    assert set(shown) <= {task["simulate"] for task in TASKS}

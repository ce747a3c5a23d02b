"""``dlg evaluate`` as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Dlg = Callable[..., tuple[int, str, str]]


def test_a_table_and_json_of_the_test_set(run_dlg: Dlg, tiny_run: Path) -> None:
    status, out, err = run_dlg("evaluate", tiny_run)
    assert status == 0
    assert "test/tiny on 80 examples (test)" in err
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows[0] == ["target", "labels", "metric", "value"]
    stated = json.loads((tiny_run / "metrics.json").read_text())["test"]["bound"]
    assert {row[2]: row[3] for row in rows[2:]} == {k: f"{v:.4f}" for k, v in stated.items()}
    assert {row[1] for row in rows[1:]} == {"80"}
    out = run_dlg("evaluate", tiny_run, "--part", "validation", "--by-column")[1]
    assert out.splitlines()[0].split("\t") == ["target", "column", "labels", "metric", "value"]
    assert out.splitlines()[1].startswith("bound\tbound\t80\tauroc\t")
    found = json.loads(run_dlg("evaluate", tiny_run, "--json")[1])
    assert (found["model"], found["part"], found["examples"]) == ("test/tiny", "test", 80)
    assert found["targets"]["bound"]["metrics"] == stated


def test_a_package_on_other_files(run_dlg: Dlg, tiny_package: Path, tiny_data: Path) -> None:
    status, out, err = run_dlg(
        "evaluate", tiny_package, "--sequences", tiny_data / "sequences.fa.gz", "--labels",
        tiny_data / "labels.tsv")
    assert status == 0, err
    assert "400 examples (files)" in err
    status, out, err = run_dlg("evaluate", tiny_package, "--intervals",
                               tiny_data / "intervals.bed", "--fasta", tiny_data / "genome.fa",
                               "--json")
    assert (status, json.loads(out)["examples"]) == (0, 70)
    status, _, err = run_dlg("evaluate", tiny_package, "--sequences",
                             tiny_data / "sequences.fa.gz", "--labels", tiny_data / "intervals.bed")
    assert status == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("options", [
    ["--part", "test", "--sequences", "x.fa"], ["--labels", "x.tsv"], ["--fasta", "g.fa"],
    ["--sequences", "a", "--intervals", "b"], ["--part", "some"],
])
def test_wrong_usage(run_dlg: Dlg, tiny_run: Path, options: list[str]) -> None:
    assert run_dlg("evaluate", tiny_run, *options)[0] == 2

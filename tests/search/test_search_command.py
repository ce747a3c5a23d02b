"""``dlg search`` and ``dlg resume``, with made-up trainings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tiny import TINY_SPEC

Dlg = Callable[..., tuple[int, str, str]]

GRID = TINY_SPEC + """\
search:
  objective: val_auroc
  strategy: grid
  space:
    model.layers[*].Conv1D.filters: [4, 8]
    learning_rate: [0.1, 0.01]
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(GRID)
    return path


def test_a_search_prints_what_it_found_and_what_is_next(
    fake_trials, run_dlg: Dlg, spec: Path, tiny_data: Path, tmp_path: Path,
) -> None:
    fake_trials()
    folder = tmp_path / "s"
    status, out, err = run_dlg("search", spec, "--data", tiny_data, "-o", folder)
    assert (status, out.splitlines()) == (0, [
        "4 of 4 trials finished", "best: trial 4  val_auroc 0.9000",
        "  model.layers[*].Conv1D.filters: 8", "  learning_rate: 0.01",
        f"its spec: {folder}/best.yaml", f"table: {folder}/table.tsv",
        f"report: {folder}/report.html"])
    assert err == f"Next: dlg train {folder}/best.yaml --data {tiny_data}\n"
    assert run_dlg("validate", folder / "best.yaml")[0] == 0


def test_json(fake_trials, run_dlg: Dlg, spec: Path, tiny_data: Path, tmp_path: Path) -> None:
    fake_trials(lambda number, folder: -9 if number == 1 else None)
    out = run_dlg("search", spec, "--data", tiny_data, "-o", tmp_path / "s", "--trials", 3,
                  "--workers", 2, "--json")[1]
    found = json.loads(out)
    assert (found["objective"], found["best"]["number"]) == ("val_auroc", 2)
    assert [t["status"] for t in found["trials"]] == ["failed", "finished", "finished"]
    assert found["best"]["point"] == {"model.layers[*].Conv1D.filters": 4, "learning_rate": 0.01}


def test_an_interrupted_search_says_how_to_go_on_and_does(
    fake_trials, run_dlg: Dlg, spec: Path, tiny_data: Path, tmp_path: Path,
) -> None:
    def stop(number: int, folder: Path) -> None:
        if number == 3:
            raise KeyboardInterrupt

    folder = tmp_path / "s"
    fake_trials(stop)
    status, _, err = run_dlg("search", spec, "--data", tiny_data, "-o", folder)
    assert (status, err) == (
        130, f"Interrupted. Nothing is lost; go on with: dlg resume {folder}\n\nInterrupted.\n")
    started = fake_trials()
    started.clear()
    status, _, err = run_dlg("search", spec, "--data", tiny_data, "-o", folder)
    assert (status, "Received: one with a started search" in err) == (1, True)
    assert err.splitlines()[-1] == f"Next: dlg resume {folder}"
    status, out, _ = run_dlg("resume", folder, "--workers", 2)
    assert (status, started, out.splitlines()[0]) == (0, [3, 4], "4 of 4 trials finished")


def test_a_search_of_which_every_trial_fails(
    fake_trials, run_dlg: Dlg, spec: Path, tiny_data: Path, tmp_path: Path,
) -> None:
    fake_trials(lambda number, folder: 1)
    status, out, err = run_dlg("search", spec, "--data", tiny_data, "-o", tmp_path / "s")
    assert (status, out.splitlines()[0]) == (1, "0 of 4 trials finished, 4 failed")
    assert err == ("Error: a search must have a trial that gives a value. Received: none of 4. "
                   f"The reasons are in {tmp_path}/s/report.html\n")


def test_resume_of_a_training_takes_no_workers(run_dlg: Dlg, tiny_run: Path) -> None:
    status, _, err = run_dlg("resume", tiny_run, "--workers", 2)
    assert (status, "--workers is for a search" in err) == (2, True)


def test_a_spec_without_a_search_is_told_what_to_write(
    run_dlg: Dlg, tiny_spec: Path, tiny_data: Path, tmp_path: Path,
) -> None:
    status, _, err = run_dlg("search", tiny_spec, "--data", tiny_data, "-o", tmp_path / "s")
    assert status == 1
    assert "Write search: {objective: val_loss, space: angermueller2016}" in err


def test_validate_tries_the_values_too(run_dlg: Dlg, spec: Path) -> None:
    spec.write_text(GRID.replace("[4, 8]", "[4, 0]"))
    status, _, err = run_dlg("validate", spec)
    assert status == 1
    assert f"{spec}:32:41: model.layers[*].Conv1D.filters = 0 must give a valid spec." in err


def test_the_tutorials_grid_is_valid_and_has_240_points(run_dlg: Dlg) -> None:
    from dlgenomics import registry

    assert run_dlg("validate", "dragonn/tutorial2")[0] == 0
    search = registry["dragonn/tutorial2"].load().search
    assert search is not None
    # Eight numbers of filters, six widths, five pools.
    assert search.size == search.count == 8 * 6 * 5

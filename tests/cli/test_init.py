"""A new model's folder: valid and trainable as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics import registry
from dlgenomics.errors import DlgError, OutputError
from dlgenomics.scaffold import write_scaffold

Dlg = Callable[..., tuple[int, str, str]]


def test_it_validates_and_trains_at_once(
    run_dlg: Dlg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run_dlg("init", "My model")
    assert status == 0
    assert {Path(line).name for line in out.splitlines()} == {
        "spec.yaml", "README.md", "labels.tsv", "sequences.fa.gz", "motifs.bed"}
    status, out, _ = run_dlg("validate", "My model/spec.yaml")
    assert (status, out) == (0, "My model/spec.yaml: ok\n")
    assert "warning" not in err
    text = Path("My model/spec.yaml").read_text()
    Path("My model/spec.yaml").write_text(re.sub("epochs: 15", "epochs: 1", text))
    command = err.partition("Next: dlg ")[2].strip().replace("My model", "My%model").split()
    status, _, err = run_dlg(*(word.replace("%", " ") for word in command))
    assert status == 0, err
    assert json.loads((tmp_path / "My model" / "run" / "metrics.json").read_text())


def test_it_learns_what_its_data_hold(tmp_path: Path) -> None:
    """Not only is it accepted: one epoch of many, and the answer is in sight."""
    write_scaffold(tmp_path / "m")
    spec = registry[str(tmp_path / "m" / "spec.yaml")].load()
    assert spec.name == "m"
    run = registry[str(tmp_path / "m" / "spec.yaml")].train(tmp_path / "m" / "data", tmp_path / "run")
    assert run.metrics["test"]["bound"]["auroc"] > 0.95


def test_it_starts_from_a_built_in_spec(run_dlg: Dlg, tmp_path: Path) -> None:
    status, out, err = run_dlg("init", tmp_path / "mine", "--from", "basset", "--name", "lab/mine", "--json")
    assert (status, [Path(p).name for p in json.loads(out)]) == (0, ["README.md", "spec.yaml"])
    assert "dlg validate" in err
    spec = registry[str(tmp_path / "mine" / "spec.yaml")].load()
    assert spec.name == "lab/mine"
    assert spec.model.layers == registry["basset"].load().model.layers
    status, _, err = run_dlg("init", tmp_path / "other", "--from", "baset")
    assert (status, "basset" in err, (tmp_path / "other").exists()) == (1, True, False)


@pytest.mark.parametrize("name", ["lab\\x", "a b", "../x", "é"])
def test_names_that_no_model_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(DlgError, match="must be of letters, digits"):
        write_scaffold(tmp_path / "m", name)
    assert not (tmp_path / "m").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="something that is there"):
        write_scaffold(tmp_path / "m")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        write_scaffold(tmp_path / "file")
    assert [p.name for p in (tmp_path / "m").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert write_scaffold(tmp_path / "empty")


def test_folders_of_any_name(tmp_path: Path) -> None:
    for name in ("é", "...", "Ein Modell (2)", "-x"):
        write_scaffold(tmp_path / name)
        registry[str(tmp_path / name / "spec.yaml")].load()

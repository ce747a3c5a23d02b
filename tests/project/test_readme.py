"""What README.md shows works as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tiny import TINY_SPEC

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text()


def _block(heading: str) -> str:
    section = TEXT.partition(f"## {heading}\n")[2]
    return re.search(r"```\w*\n(.*?)```", section, re.S)[1]  # type: ignore[index]


def test_the_python_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlgenomics.simulate import load_motif, simulate, write_genome

    monkeypatch.chdir(tmp_path)
    write_genome(simulate("density-localization", load_motif("TAL1"), count=1000, seed=9),
                 tmp_path / "data")
    names: dict[str, object] = {}
    lines = _block("Five lines of Python")
    assert len(lines.splitlines()) == 5
    exec(lines, names)
    assert names["predictions"].shape == (1000, 1)  # type: ignore[attr-defined]
    assert Path("predictions.parquet").is_file()


@pytest.mark.slow
def test_the_shell_lines_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    run_dlg: Callable[..., tuple[int, str, str]],
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = _block("Five lines of shell").splitlines()
    assert len(lines) == 5
    for line in lines:
        status, _, err = run_dlg(*shlex.split(line)[1:])
        assert status == 0, err
    assert len(Path("predictions.tsv").read_text().splitlines()) == 1001
    metrics = re.search(r'"auroc": (0\.\d+)', (tmp_path / "run" / "metrics.json").read_text())
    assert metrics
    assert float(metrics[1]) >= 0.97


def test_the_spec_is_valid() -> None:
    from dlgenomics.spec import parse_spec

    assert parse_spec(_block("What a spec looks like")).name == "my-lab/my-factor"


def test_the_optimizer_is_valid() -> None:
    from dlgenomics.spec import parse_spec

    written = "".join(f"  {line}\n" for line in _block("Training").splitlines())
    text = TINY_SPEC.replace("  optimizer: {Adam: {learning_rate: 0.02}}\n", written)
    assert text != TINY_SPEC
    assert parse_spec(text).training.optimizer.name == "SGD"


def test_every_command_is_listed() -> None:
    from dlgenomics_cli.commands import ALL

    table = TEXT.partition("## Commands")[2].partition("##")[0]
    assert set(re.findall(r"`dlg ([\w-]+)`", table)) == {command.name for command in ALL}


def test_files_that_it_names_exist() -> None:
    for name in ("examples/report.png", "examples/tf_peaks/run.sh", "requirements.lock"):
        assert name in TEXT
        assert (ROOT / name).is_file()

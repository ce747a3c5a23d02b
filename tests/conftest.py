"""What several rooms' tests share: tiny specs, simulated data, one small trained run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from hub import Hub, running_hub
from tiny import TINY_SPEC

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["HF_HUB_DISABLE_XET"] = "1"  # read at import; the loopback hub does not speak it

# The same examples on every machine, however slow: a failure in CI can be repeated.
settings.register_profile("dlgenomics", derandomize=True, deadline=None)
settings.load_profile("dlgenomics")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has an empty cache and zoo of its own."""
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "dlg-cache"))
    monkeypatch.setenv("DLG_ZOO", str(tmp_path / "dlg-zoo"))
    monkeypatch.setenv("DLG_CONFIG", str(tmp_path / "dlg-config.yaml"))
    monkeypatch.setenv("DLG_KIPOI_CONFIG", str(tmp_path / "kipoi-config.yaml"))


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 400 simulated sequences of 60 bp, a genome and intervals."""
    from dlgenomics.simulate import load_motif, simulate, write_genome, write_simulation

    folder = tmp_path_factory.mktemp("tiny-data")
    motif = load_motif("TAL1")
    made = simulate("single-motif", motif, count=400, length=60, seed=5)
    write_simulation(made, folder)
    write_genome(simulate("single-motif", motif, count=70, length=60, seed=6), folder)
    return folder


@pytest.fixture
def tiny_spec(tmp_path: Path) -> Path:
    """The path of a tiny spec."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY_SPEC)
    return path


@pytest.fixture(scope="session")
def tiny_run(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the tiny spec; do not change it."""
    from dlgenomics.report import write_report
    from dlgenomics.spec import parse_spec
    from dlgenomics.train.fit import train

    folder = tmp_path_factory.mktemp("tiny-run")
    train(parse_spec(TINY_SPEC), tiny_data, folder)
    write_report(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_package(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of the tiny run; do not change it."""
    from dlgenomics.package.write import package_run

    return package_run(tiny_run, tmp_path_factory.mktemp("packages") / "tiny")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hugging Face Hub on this machine, which the settings name, and an empty cache of its files."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_CACHE", "HF_TOKEN_PATH", "HF_ENDPOINT",
                 "HF_HUB_OFFLINE", "DLG_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    with running_hub() as running:
        monkeypatch.setenv("DLG_HUB_ENDPOINT", running.url)
        yield running
    assert running.unmatched == []


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(0)


@pytest.fixture
def run_dlg(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process: exit status, standard output, standard error."""
    from dlgenomics_cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run

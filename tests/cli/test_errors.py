"""One sentence, what to do, a non-zero exit, and nothing lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics_zoo.client import place_in_zoo

Dlg = Callable[..., tuple[int, str, str]]
# A shell starts what it puts into the background with SIGINT ignored, which children inherit.
DLG = [sys.executable, "-c", "import signal; signal.signal(signal.SIGINT, "
       "signal.default_int_handler); from dlgenomics_cli import main; main()"]


@pytest.fixture
def files(tiny_data: Path, tmp_path: Path) -> dict[str, Path]:
    return {"fasta": tiny_data / "genome.fa", "bed": tiny_data / "intervals.bed",
            "out": tmp_path / "out.tsv"}


@pytest.fixture(autouse=True)
def placed(tiny_package: Path) -> Path:
    return shutil.copytree(tiny_package, place_in_zoo("test/tiny"))


def _predict(run_dlg: Dlg, fasta: Path, bed: Path, out: Path, *more: str) -> tuple[int, str]:
    status, printed, err = run_dlg("predict", "test/tiny", "--fasta", fasta, "--intervals", bed,
                                   "-o", out, *more)
    assert printed == ""
    assert "Traceback" not in err
    assert not out.exists()
    return status, err


@pytest.mark.parametrize(("lines", "sentence"), [
    ("chr1\t0\t60\nchr1\t5\n", "bed:2: a BED line must have 3 columns, as the first one has"),
    ("chr1\t0\t60\nchr1\tzero\t60\n", "bed:2: columns 2 and 3 must be whole numbers"),
    ("chr1\t60\t0\n", "with 0 <= start < end. Received: 'chr1 60 0'"),
    ("chr1\t0\t60\nchr9\t0\t60\n", "bed:2: every interval's contig must be in genome.fa, which has chr1, chr2. Received: 'chr9'"),
    ("chr1\t9999960\t10000020\n", "bed:1: intervals must lie within chr1"),
    ("chr1\t0\t61\n", "must have the 60 bp that the model takes. Received: 61 bp"),
    ("", "must hold at least one interval"),
])
def test_bad_intervals(
    run_dlg: Dlg, files: dict[str, Path], tmp_path: Path, lines: str, sentence: str
) -> None:
    bed = tmp_path / "bad.bed"
    bed.write_text(lines)
    status, err = _predict(run_dlg, files["fasta"], bed, files["out"])
    assert status == 1
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_missing_files(run_dlg: Dlg, files: dict[str, Path], tmp_path: Path) -> None:
    status, err = _predict(run_dlg, tmp_path / "genom.fa", files["bed"], files["out"])
    assert (status, "must be a file that exists" in err) == (1, True)
    wrong = files["bed"].with_name("interval.bed")
    status, err = _predict(run_dlg, files["fasta"], wrong, files["out"])
    assert (status, "Did you mean 'intervals.bed'?" in err) == (1, True)


def test_an_unknown_model(run_dlg: Dlg, files: dict[str, Path]) -> None:
    for command in (["info"], ["test"], ["get-model"]):
        status, _, err = run_dlg(*command, "test/tinny")
        assert status == 1
        assert "Did you mean 'test/tiny'?" in err
        assert "Next: dlg ls" in err


def test_tampered_packages(run_dlg: Dlg, placed: Path, files: dict[str, Path]) -> None:
    weights = placed / "model.weights.h5"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    status, err = _predict(run_dlg, files["fasta"], files["bed"], files["out"])
    assert (status, "model.weights.h5 must have sha256" in err) == (1, True)
    done = subprocess.run([*DLG, "predict", "test/tiny", "--fasta", str(files["fasta"]),
                           "--intervals", str(files["bed"])], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1  # the sentence, without TensorFlow's chatter
    weights.write_bytes(whole)
    manifest = placed / "model.yaml"
    manifest.write_text(manifest.read_text().replace("seed: 3", "seed: 4"))
    status, _, err = run_dlg("get-model", "test/tiny")
    assert (status, "model.yaml must have sha256" in err) == (1, True)


def test_an_unknown_ending_and_a_place_that_is_a_folder(
    run_dlg: Dlg, files: dict[str, Path], tmp_path: Path
) -> None:
    status, err = _predict(run_dlg, files["fasta"], files["bed"], tmp_path / "out.docx")
    assert (status, ".tsv.gz" in err) == (1, True)
    folder = tmp_path / "folder.tsv"
    folder.mkdir()
    status, _, err = run_dlg("predict", "test/tiny", "--fasta", files["fasta"], "--intervals",
                             files["bed"], "-o", folder)
    assert (status, "the output must be writable" in err) == (1, True)


def test_a_spec_with_problems(run_dlg: Dlg, tiny_spec: Path, tmp_path: Path) -> None:
    tiny_spec.write_text(tiny_spec.read_text().replace("filters: 6", "filters: -6"))
    status, _, err = run_dlg("train", tiny_spec, "-o", tmp_path / "run")
    assert status == 1
    assert "filters must be a whole number of at least 1. Received: -6." in err
    assert "the spec has 1 problem" in err
    assert not (tmp_path / "run").exists()


def test_debug_shows_the_traceback(run_dlg: Dlg) -> None:
    from dlgenomics.errors import ModelNotFoundError

    with pytest.raises(ModelNotFoundError):
        run_dlg("info", "no/such", "--debug")


def test_a_bug_of_ours_is_not_dressed_up(
    run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("dlgenomics_zoo.catalogue.list_models", broken)
    with pytest.raises(KeyError, match="oops"):
        run_dlg("ls")


def _small_files() -> None:
    """Let no file of this process grow over 3 kB, as on a disk that fills up."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device of a full disk")
@pytest.mark.parametrize(("more", "unbuffered"), [((), ""), (("--json",), ""), ((), "1")])
def test_results_for_a_full_disk_are_refused_by_name(more: tuple[str, ...], unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*DLG, "ls", *more], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert (done.returncode, done.stderr) == (1, (
        "Error: standard output: the output must be writable. Received: No space left on device. "
        "Direct it to another place.\n"))


def test_a_full_disk_keeps_the_old_file(files: dict[str, Path]) -> None:
    files["out"].write_text("before\n")
    bed = files["out"].with_name("many.bed")
    bed.write_text(files["bed"].read_text() * 4)
    done = subprocess.run(
        [*DLG, "predict", "test/tiny", "--fasta", str(files["fasta"]), "--intervals", str(bed),
         "-o", str(files["out"])], capture_output=True, text=True, preexec_fn=_small_files,
        check=False, env={**os.environ, "DLG_CACHE": str(files["out"].parent / "cache")})
    assert done.returncode == 1
    assert "the output must be writable. Received: a file larger than is allowed here" in done.stderr
    assert files["out"].read_text() == "before\n"
    assert not list(files["out"].parent.glob(".out*"))


def test_a_killed_training_is_resumed_by_command(
    tiny_data: Path, tiny_spec: Path, tmp_path: Path, run_dlg: Dlg
) -> None:
    """kill -9 between epochs, anywhere: the folder stays usable and resume finishes the run."""
    tiny_spec.write_text(tiny_spec.read_text().replace("epochs: 3", "epochs: 500").replace(
        "patience: 2", "patience: 500"))
    run = tmp_path / "run"
    process = subprocess.Popen(
        [*DLG, "train", str(tiny_spec), "--data", str(tiny_data), "-o", str(run)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(run / "history.csv", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    spec = run / "spec.yaml"
    done = len((run / "history.csv").read_text().splitlines()) - 1
    spec.write_text(spec.read_text().replace("epochs: 500", f"epochs: {done + 2}"))
    status, _, err = run_dlg("train", tiny_spec, "--data", tiny_data, "-o", run)
    assert (status, f"Next: dlg resume {run}" in err) == (1, True)
    status, out, err = run_dlg("resume", run)
    assert status == 0, err
    assert f"{done + 2} epochs" in out
    assert run_dlg("resume", run)[0] == 1


def test_ctrl_c_says_how_to_go_on(tiny_data: Path, tiny_spec: Path, tmp_path: Path) -> None:
    tiny_spec.write_text(tiny_spec.read_text().replace("epochs: 3", "epochs: 500").replace(
        "patience: 2", "patience: 500"))
    run = tmp_path / "run"
    process = subprocess.Popen(
        [*DLG, "train", str(tiny_spec), "--data", str(tiny_data), "-o", str(run)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _wait_for(run / "checkpoint.npz", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"dlg resume {run}" in err
    assert "Traceback" not in err


def _wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while not path.exists():
        assert process.poll() is None, "the training ended before its first checkpoint"
        assert time.monotonic() < deadline, "no checkpoint within 90 seconds"
        time.sleep(0.02)

"""Real trainings in real processes: what survives a kill, and that order does not matter."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlgenomics.search.conduct import resume_search, search
from dlgenomics.search.folder import SearchFolder, State, read_state
from dlgenomics.search.processes import environment
from dlgenomics.search.results import measured
from dlgenomics.search.trial import OUTCOME, SPEC, run_trial
from dlgenomics.spec.objective import Objective
from tiny import TINY_SPEC

SHORT = TINY_SPEC.replace("epochs: 3", "epochs: 2") + """\
search:
  objective: val_auroc
  strategy: grid
  space:
    model.layers[*].Conv1D.filters: [2, 4]
"""


def outcomes(state: State) -> list[tuple[int, str, float | None]]:
    return [(trial.number, trial.status, trial.objective) for trial in state.trials]


@pytest.fixture(scope="module")
def parallel(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search of two trials, made at the same time."""
    folder = tmp_path_factory.mktemp("parallel")
    search(SHORT, tiny_data, folder, changes={"workers": 2})
    return folder


def test_every_trial_is_a_run_with_the_metric_that_is_compared(parallel: Path) -> None:
    state = read_state(SearchFolder(parallel))
    assert [trial.status for trial in state.trials] == ["finished"] * 2
    assert len({trial.objective for trial in state.trials}) > 1
    objective = Objective("val_auroc", "bound", "auroc", minimize=False)
    for trial in state.trials:
        folder = SearchFolder(parallel).trial(trial.number)
        assert trial.objective == measured(folder, objective)
        assert (folder / "model.weights.h5").is_file()


def test_the_searching_process_starts_no_tensorflow(parallel: Path) -> None:
    code = (f"import sys; from pathlib import Path; from dlgenomics.search.conduct import search\n"
            f"text = Path({str(parallel / 'spec.yaml')!r}).read_text()\n"
            "try: search(text, Path('nowhere'), Path('x'))\n"
            "except Exception as error: print(error)\n"
            "print({'tensorflow', 'keras'} & set(sys.modules))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_one_after_the_other_gives_the_same(
    parallel: Path, tiny_data: Path, tmp_path: Path,
) -> None:
    state = search(SHORT, tiny_data, tmp_path, changes={"trials": 1})
    assert outcomes(state) == outcomes(read_state(SearchFolder(parallel)))[:1]


def test_the_best_spec_can_be_trained_and_gives_what_the_trial_gave(
    parallel: Path, tiny_data: Path, tmp_path: Path,
) -> None:
    from dlgenomics.spec import load_spec
    from dlgenomics.train.fit import train

    run = train(load_spec(parallel / "best.yaml"), tiny_data, tmp_path)
    best = read_state(SearchFolder(parallel)).best
    assert best is not None
    # Another number of threads may add floats in another order.
    assert run.metrics["validation"]["bound"]["auroc"] == pytest.approx(best.objective, abs=1e-3)


@contextlib.contextmanager
def searching(data: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``dlg search`` in a process, with trials of many epochs that leave time to kill them."""
    spec = folder.parent / "long.yaml"
    spec.write_text(LONG)
    # A shell starts what it puts into the background with SIGINT ignored, which children inherit.
    code = ("import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "import sys; sys.argv[0] = 'dlg'; from dlgenomics_cli import main; main()")
    process = subprocess.Popen([sys.executable, "-c", code, "search", str(spec), "--data", str(data),
                                "-o", str(folder)], stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


LONG = SHORT.replace("epochs: 2", "epochs: 12").replace("patience: 2", "patience: 50")


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def processes_of(folder: Path) -> list[int]:
    """Return the processes of trials in a search folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if any(word.startswith(os.fsencode(f"{folder}/trials/")) for word in words):
                found.append(int(entry.name))
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")


@needs_proc
def test_killed_trials_and_a_killed_search_end_as_if_nothing_had_been(
    tiny_data: Path, tmp_path: Path,
) -> None:
    from dlgenomics.spec import load_spec
    from dlgenomics.train.fit import train

    folder = SearchFolder(tmp_path / "s")
    with searching(tiny_data, folder.folder) as process:
        wait_for((folder.trial(1) / "checkpoint.npz").exists)
        (first,) = processes_of(folder.folder)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: read_state(folder).settled == 1)
        assert read_state(folder).trials[0].attempts == 2
        wait_for((folder.trial(2) / "checkpoint.npz").exists)
        process.kill()
        process.wait()
    wait_for(lambda: not processes_of(folder.folder))  # no trial outlives its search
    left = read_state(folder)
    assert outcomes(left)[1] == (2, "waiting", None)
    resumed = resume_search(folder.folder)
    assert [trial.status for trial in resumed.trials] == ["finished", "finished"]
    train(load_spec(folder.trial(2) / "trial.yaml"), tiny_data, tmp_path / "whole")
    history = folder.trial(2) / "history.csv"
    assert history.read_bytes() == (tmp_path / "whole" / "history.csv").read_bytes()


@needs_proc
def test_ctrl_c_stops_the_trials_and_says_how_to_go_on(tiny_data: Path, tmp_path: Path) -> None:
    folder = SearchFolder(tmp_path / "s")
    with searching(tiny_data, folder.folder) as process:
        wait_for((folder.trial(1) / "checkpoint.npz").exists)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"Nothing is lost; go on with: dlg resume {folder.folder}" in err.decode()
    assert processes_of(folder.folder) == []
    assert read_state(folder).settled == 0


def prepared(folder: Path, text: str = TINY_SPEC.replace("epochs: 3", "epochs: 1")) -> Path:
    folder.mkdir()
    (folder / SPEC).write_text(text)
    return folder


def test_a_trial_is_a_run_and_is_made_once(tiny_data: Path, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "0001")
    assert run_trial(folder, tiny_data).reason is None
    weights = (folder / "model.weights.h5").stat().st_mtime_ns
    assert run_trial(folder, tiny_data).reason is None
    assert (folder / "model.weights.h5").stat().st_mtime_ns == weights
    assert json.loads((folder / OUTCOME).read_text())["reason"] is None


def test_an_error_of_ours_is_a_reason(tiny_data: Path, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "0001", TINY_SPEC.replace("filters: 6", "filters: 1000000000"))
    reason = run_trial(folder, tiny_data).reason
    assert "a model may have at most" in (reason or "")


def test_any_other_error_is_a_reason_with_its_type(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from dlgenomics.train import fit

    def explode(*_: object, **__: object) -> None:
        raise MemoryError("no room\nfor it")

    monkeypatch.setattr(fit, "train", explode)
    assert run_trial(prepared(tmp_path / "0001"), tiny_data).reason == "MemoryError: no room for it"
    assert "Traceback" in capsys.readouterr().err


def test_processors_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for workers, threads in ((1, "8"), (2, "4"), (3, "2"), (9, "1")):
        found = environment(workers)
        assert {found[k] for k in found if "THREADS" in k} == {threads}

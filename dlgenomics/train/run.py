"""A run folder: what a training writes, each file whole or not there.

    spec.yaml              the resolved spec
    run.json               status, seed, versions, SHA-256 of the data, sizes of the split
    initial.npz            the weights taken from other models, until the run is finished
    history.csv            one line an epoch
    tensorboard/           the same for TensorBoard, where it was asked for
    diagnostics.csv        gradient norm and share of dead units of each layer, by epoch
    checkpoint.npz         the state after the last epoch, until the run is finished
    model.weights.h5       the weights kept (of the best epoch)
    examples.npz           a few encoded test examples, for the package's own test
    predictions.npz        labels and predictions of the validation and test sets
    columns.json           exact metrics on both, column by column
    metrics.json           exact metrics on both, averaged over columns
    baselines.json         metrics of k-mer models, where `dlg baseline` was run
    report.html            all of this as a page

The order is that in which they are written: a later one means that the earlier ones are complete.
"""

from __future__ import annotations

import csv
import io
import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import RunError
from dlgenomics.files import atomic_path, sha256_of, write_text
from dlgenomics.spec import load_spec, spec_to_yaml
from dlgenomics.spec.types import Spec

_PACKAGES: Final = ("dlgenomics", "keras", "tensorflow", "numpy")


@dataclass(frozen=True)
class RunFolder:
    """The files of one run by name."""

    folder: Path

    @property
    def spec(self) -> Path:
        """The resolved spec."""
        return self.folder / "spec.yaml"

    @property
    def record(self) -> Path:
        """What the run is and how far it came."""
        return self.folder / "run.json"

    @property
    def initial(self) -> Path:
        """The weights that layers take from other models, until the run is finished."""
        return self.folder / "initial.npz"

    @property
    def history(self) -> Path:
        """Losses and metrics, one line an epoch."""
        return self.folder / "history.csv"

    @property
    def events(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.folder / "tensorboard"

    @property
    def diagnostics(self) -> Path:
        """Gradient norms and dead units, by epoch and layer."""
        return self.folder / "diagnostics.csv"

    @property
    def checkpoint(self) -> Path:
        """The state after the last epoch."""
        return self.folder / "checkpoint.npz"

    @property
    def weights(self) -> Path:
        """The weights kept."""
        return self.folder / "model.weights.h5"

    @property
    def examples(self) -> Path:
        """A few encoded examples."""
        return self.folder / "examples.npz"

    @property
    def predictions(self) -> Path:
        """Labels and predictions of the parts held out."""
        return self.folder / "predictions.npz"

    @property
    def columns(self) -> Path:
        """Exact metrics on the parts held out, column by column."""
        return self.folder / "columns.json"

    @property
    def metrics(self) -> Path:
        """Exact metrics on the parts held out, averaged over columns."""
        return self.folder / "metrics.json"

    @property
    def baselines(self) -> Path:
        """What k-mer models make of the same split."""
        return self.folder / "baselines.json"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.folder / "report.html"


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    return {"python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES}}


def start_run(run: RunFolder, spec: Spec, record: Mapping[str, Any], *, replace: bool,
              initial: Mapping[str, NDArray[Any]] = {}) -> None:
    """Begin a run in an empty or new folder.

    Args:
        run: the folder.
        spec: the resolved spec.
        record: what ``run.json`` shall say.
        replace: write over a run that is there.
        initial: weights taken from other models; their hash is recorded.

    Raises:
        RunError: the folder holds a run already and ``replace`` is false.
    """
    if run.record.exists() and not replace:
        done = read_record(run)["status"] == "finished"
        advice = ("Choose another folder (-o), or --replace it." if done
                  else "Go on with it, choose another folder (-o), or --replace it.")
        raise RunError(f"a new run needs a folder of its own. Received: one with a "
                       f"{'finished' if done else 'started'} run. {advice}", folder=run.folder,
                       next_step=None if done else f"dlg resume {run.folder}")
    for file in (run.record, run.history, run.checkpoint, run.weights, run.examples,
                 run.predictions, run.columns, run.metrics, run.report, run.diagnostics,
                 run.baselines, run.initial):
        file.unlink(missing_ok=True)
    shutil.rmtree(run.events, ignore_errors=True)
    write_text(run.spec, spec_to_yaml(spec))
    if initial:
        write_arrays(run.initial, initial)
        record = {**record, "initial": sha256_of(run.initial)}
    write_record(run, {**record, "status": "started"})


def read_record(run: RunFolder) -> dict[str, Any]:
    """Return ``run.json``.

    Raises:
        RunError: the folder holds no run.
    """
    if not run.record.is_file():
        raise RunError("a run folder must hold run.json, as `dlg train` writes it. Received: none.",
                       folder=run.folder, next_step="dlg train SPEC")
    found: dict[str, Any] = json.loads(run.record.read_text())
    return found


def write_record(run: RunFolder, record: Mapping[str, Any]) -> None:
    """Write ``run.json``."""
    write_json(run.record, record)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, atomically; NaN becomes null."""
    write_text(path, json.dumps(_finite(value), indent=2, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def read_spec(run: RunFolder) -> Spec:
    """Return the run's spec."""
    return load_spec(run.spec)


def write_history(run: RunFolder, history: Sequence[Mapping[str, float]]) -> None:
    """Write ``history.csv``: epochs counted from 1, floats with all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *history[0]])
    writer.writerows([i, *row.values()] for i, row in enumerate(history, start=1))
    write_text(run.history, text.getvalue())


def read_history_table(run: RunFolder) -> dict[str, list[float]]:
    """Return the columns of ``history.csv``."""
    with run.history.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as a compressed .npz, atomically."""
    with atomic_path(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **dict(arrays))  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz; object arrays are refused."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def read_initial(run: RunFolder) -> dict[str, NDArray[Any]]:
    """Return the weights that layers of a started run take from other models; often none.

    Raises:
        RunError: they are not those that the run began with.
    """
    expected = read_record(run).get("initial")
    if expected is None:
        return {}
    if not run.initial.is_file() or sha256_of(run.initial) != expected:
        raise RunError(f"a run must be resumed with the weights it began with. Received: "
                       f"{run.initial.name} {'changed' if run.initial.is_file() else 'missing'}. "
                       "Restore it, or train anew.", folder=run.folder)
    return read_arrays(run.initial)

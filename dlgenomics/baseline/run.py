"""Baselines of a finished run: on its own rows, measured beside its network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlgenomics.baseline.fit import DEFAULT_K, fit_baselines
from dlgenomics.baseline.record import Metrics, Record, write_baselines
from dlgenomics.data.examples import Examples, labels_of, load_examples
from dlgenomics.errors import RunError
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.types import Spec
from dlgenomics.train.run import RunFolder, read_arrays, read_record, read_spec


def fit_run_baselines(run_folder: Path, *, k: int = DEFAULT_K, both_strands: bool = True,
                      progress: Progress = silent) -> Record:
    """Fit baselines on the split of a finished run and write ``baselines.json`` into its folder.

    Raises:
        RunError: no run, one that is not finished, or data that have changed since.
        DlgError: see `fit_baselines`.
    """
    run = RunFolder(run_folder)
    record = read_record(run)
    if record["status"] != "finished":
        raise RunError("baselines need a finished run. Received: one that was interrupted.",
                       folder=run_folder, next_step=f"dlg resume {run_folder}")
    spec = read_spec(run)
    examples = load_examples(spec, Path(record["data_folder"]))
    changed = [name for name, digest in examples.files.items()
               if record["data"].get(name) != digest]
    if changed:
        raise RunError(f"baselines must be fitted on the data that the run had. Received: "
                       f"{changed[0]} has changed. Restore it, or train anew.", folder=run_folder)
    fitted = fit_baselines(spec, examples, k=k, both_strands=both_strands, progress=progress)
    found = replace(fitted, network=_network(run, spec, examples, fitted))
    write_baselines(run.baselines, found)
    return found


def _network(run: RunFolder, spec: Spec, examples: Examples, fitted: Record) -> Metrics:
    """Return the network's metrics on the columns that the baselines have."""
    _check_rows(run, examples, fitted)
    whole, each = json.loads(run.metrics.read_text()), None
    found: Metrics = {}
    for part in next(iter(fitted.metrics.values())):
        for target, names in fitted.columns.items():
            values = whole[part][target]
            if len(names) < len(spec.data.targets[target].names):
                each = each or json.loads(run.columns.read_text())
                values = {metric: _mean([each[part][target][name].get(metric) for name in names])
                          for metric in values}
            found.setdefault(part, {})[target] = values
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _check_rows(run: RunFolder, examples: Examples, fitted: Record) -> None:
    """Refuse labels that are not those stored, of which there may be only the first."""
    arrays = read_arrays(run.predictions)
    for part in next(iter(fitted.metrics.values())):
        for target in fitted.columns:
            stored = arrays[f"{part}/{target}/labels"]
            now = labels_of(examples, target, getattr(examples.parts, part)[:len(stored)])
            if not np.array_equal(stored, now, equal_nan=True):
                raise RunError("baselines need the rows that the run held out. Received: other "
                               f"labels of {target!r} in the {part} set. Train anew.",
                               folder=run.folder)

"""A finished run folder, read whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.baseline import Record, read_baselines
from dlgenomics.errors import RunError
from dlgenomics.files import sha256_of
from dlgenomics.spec import Spec
from dlgenomics.train.layer_table import LayerState, read_layer_states
from dlgenomics.train.run import (
    RunFolder,
    read_arrays,
    read_history_table,
    read_record,
    read_spec,
)

Values = NDArray[np.float64]

PARTS: Final = ("validation", "test")
"""The parts whose predictions a run stores."""


@dataclass(frozen=True)
class HeldOut:
    """What a target's held-out examples are and what the network made of them.

    Attributes:
        part: ``validation`` or ``test``.
        labels, scores: float64, shape (examples, columns), of profiles (examples, length, tracks);
            NaN where a label is missing.
    """

    part: str
    labels: Values
    scores: Values

    def column(self, index: int) -> tuple[Values, Values]:
        """Return labels and predictions of a column, without those whose label is missing."""
        truth, score = self.labels[..., index].ravel(), self.scores[..., index].ravel()
        known = ~np.isnan(truth)
        return truth[known], score[known]

    def prevalence(self, index: int) -> float:
        """Return the share of positives among a column's labels; NaN where none is known."""
        truth, _ = self.column(index)
        return float(truth.mean()) if len(truth) else float("nan")

    @cached_property
    def whole(self) -> HeldOut:
        """The examples whose labels are all known."""
        known = ~np.isnan(self.labels).reshape(len(self.labels), -1).any(axis=1)
        return HeldOut(self.part, self.labels[known], self.scores[known])


@dataclass(frozen=True)
class Outcome:
    """All that a run folder says.

    Attributes:
        name: the folder's own name.
        spec: the resolved spec.
        record: ``run.json``.
        history: columns of ``history.csv``.
        metrics: values by part, target and metric; None where a metric is not defined.
        held_out: labels and predictions by target, validation before test.
        by_column: values by part, target, column and metric, where the run wrote them.
        layers: gradient norms and dead units, where the run wrote them.
        baselines: k-mer models on the same split, where they were fitted.
        spec_digest: SHA-256 of the resolved spec.
    """

    name: str
    spec: Spec
    record: Mapping[str, Any]
    history: Mapping[str, Sequence[float]]
    metrics: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    held_out: Mapping[str, Sequence[HeldOut]]
    by_column: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float | None]]]]
    layers: Sequence[LayerState]
    baselines: Record | None
    spec_digest: str

    @property
    def epochs(self) -> int:
        """The number of epochs trained."""
        return int(self.record["epochs"])

    @property
    def kept(self) -> int:
        """The epoch whose weights were kept, counted from 1."""
        return int(self.record["best_epoch"])

    @property
    def headline_part(self) -> str:
        """The part that says how good the network is: the test set, where there is one."""
        return "test" if "test" in self.metrics else "validation"

    def task_of(self, target: str) -> str:
        """Return a target's task."""
        return self.spec.task_of(target)

    def columns(self, target: str) -> tuple[str, ...]:
        """Return the names of a target's columns."""
        return self.spec.data.targets[target].names


def read_outcome(run_folder: Path) -> Outcome:
    """Read a finished run.

    Raises:
        RunError: the folder holds no run, or one that is not finished.
    """
    run = RunFolder(run_folder)
    record = read_record(run)
    if record["status"] != "finished":
        raise RunError("a report needs a finished run. Received: one that was interrupted.",
                       folder=run_folder, next_step=f"dlg resume {run_folder}")
    spec = read_spec(run)
    arrays = read_arrays(run.predictions)
    return Outcome(
        name=run_folder.resolve().name,
        spec=spec,
        record=record,
        history=read_history_table(run),
        metrics=json.loads(run.metrics.read_text()),
        held_out={target: _held_out(arrays, target) for target in spec.model.outputs},
        by_column=_by_column(run),
        layers=_layers(run),
        baselines=read_baselines(run_folder),
        spec_digest=sha256_of(run.spec),
    )


def _by_column(run: RunFolder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.columns.read_text()) if run.columns.is_file() else {}
    return found


def _layers(run: RunFolder) -> list[LayerState]:
    return read_layer_states(run.diagnostics) if run.diagnostics.is_file() else []


def _held_out(arrays: Mapping[str, NDArray[Any]], target: str) -> list[HeldOut]:
    return [
        HeldOut(part, arrays[f"{part}/{target}/labels"].astype(np.float64),
                arrays[f"{part}/{target}"].astype(np.float64))
        for part in PARTS if f"{part}/{target}" in arrays
    ]

"""A finished run folder, read whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import RunError
from dlgenomics.spec import Spec
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
        labels, scores: float64, shape (examples, columns).
    """

    part: str
    labels: Values
    scores: Values


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
    """

    name: str
    spec: Spec
    record: Mapping[str, Any]
    history: Mapping[str, Sequence[float]]
    metrics: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    held_out: Mapping[str, Sequence[HeldOut]]

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
    )


def _held_out(arrays: Mapping[str, NDArray[Any]], target: str) -> list[HeldOut]:
    return [
        HeldOut(part, arrays[f"{part}/{target}/labels"].astype(np.float64),
                arrays[f"{part}/{target}"].astype(np.float64))
        for part in PARTS if f"{part}/{target}" in arrays
    ]

"""``baselines.json``: what k-mer models make of a run's examples, beside what its network does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dlgenomics.train.run import RunFolder, write_json

Metrics = dict[str, dict[str, Mapping[str, float | None]]]
"""Values by held-out part, target and metric; None where a metric is not defined."""


@dataclass(frozen=True)
class Record:
    """Baselines of one split.

    Attributes:
        k, both_strands: what was counted.
        seed: of sampling and forests.
        version: of scikit-learn.
        examples: training examples that the baselines were fitted on.
        training_examples: those that the network was.
        columns: the columns fitted, by target.
        metrics: of each baseline by name.
        network: of the network, on the same rows and columns; empty where there is no run.
    """

    k: int
    both_strands: bool
    seed: int
    version: str
    examples: int
    training_examples: int
    columns: Mapping[str, Sequence[str]]
    metrics: Mapping[str, Metrics]
    network: Metrics = field(default_factory=dict)


def write_baselines(path: Path, record: Record) -> None:
    """Write a record, atomically; a metric that is not defined becomes null."""
    write_json(path, asdict(record))


def read_baselines(run_folder: Path) -> Record | None:
    """Return a run's record, or None where no baselines were fitted."""
    path = RunFolder(run_folder).baselines
    return Record(**json.loads(path.read_text())) if path.is_file() else None

"""Runs that nobody trained: what a search reads of a run folder, written at once."""

from __future__ import annotations

import json
import math
from pathlib import Path

from dlgenomics.search.trial import OUTCOME
from dlgenomics.spec.types import Spec


def score(spec: Spec) -> float:
    """Return a made-up AUROC: best for 8 filters and a learning rate of 0.01."""
    filters = spec.model.layers[0].arguments["filters"]
    rate = spec.training.optimizer.arguments["learning_rate"]
    return 0.9 - 0.01 * abs(filters - 8) - 0.1 * abs(math.log10(rate) + 2)


def write_run(folder: Path, auroc: float | None, data: str = "1") -> None:
    """Write what a finished trial leaves, as far as a search reads it."""
    record = {"status": "finished", "best_epoch": 2, "data": {"labels.tsv": data}}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "history.csv").write_text("epoch,loss,val_loss\n1,0.7,0.6\n2,0.5,0.4\n3,0.3,0.5\n")
    metrics = {"validation": {"bound": {"auroc": auroc}}, "test": {"bound": {"auroc": 0.1}}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / OUTCOME).write_text(json.dumps({"seconds": 1.5, "reason": None}))

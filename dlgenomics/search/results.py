"""What the trials gave: the objective of each, the table of all, the spec of the best."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dlgenomics.files import write_text
from dlgenomics.search.folder import SearchFolder, State, Trial
from dlgenomics.spec import dump_yaml
from dlgenomics.spec.document import read_document
from dlgenomics.spec.objective import Objective
from dlgenomics.spec.point import apply_point
from dlgenomics.train.run import RunFolder, read_history_table, read_record

_HEADER: Final = "# Trial {number} of {count} of {source}: {objective} {value}.\n"


def measured(run_folder: Path, objective: Objective) -> float | None:
    """Return the objective of a finished run, for the weights that it kept; None if undefined.

    A metric is the exact one over the whole validation set; the loss is that of the epoch kept.
    """
    run = RunFolder(run_folder)
    if objective.metric == "loss":
        column = read_history_table(run)[objective.name]
        value: float | None = column[int(read_record(run)["best_epoch"]) - 1]
    else:
        metrics = json.loads(run.metrics.read_text())
        value = metrics.get("validation", {}).get(objective.target, {}).get(objective.metric)
    return value if value is not None and math.isfinite(value) else None


def data_of(run_folder: Path) -> Mapping[str, str]:
    """Return the SHA-256 of the files that a run was trained on."""
    found: Mapping[str, str] = read_record(RunFolder(run_folder))["data"]
    return found


def write_results(folder: SearchFolder, state: State) -> None:
    """Write the table of all trials and the spec of the best one."""
    write_text(folder.table, table_text(state))
    if state.best is not None:
        write_text(folder.best, best_text(folder, state, state.best))


def table_text(state: State) -> str:
    """Return the trials as tab-separated text, an axis a column; objects are written as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel-tab", lineterminator="\n")
    writer.writerow(["trial", "status", state.objective, *state.space, "seconds", "reason"])
    for trial in state.trials:
        reason = " ".join((trial.reason or "").split())
        writer.writerow([trial.number, trial.status, cell(trial.objective),
                         *(cell(trial.point[a]) if a in trial.point else "" for a in state.space),
                         cell(trial.seconds), reason])
    return text.getvalue()


def cell(value: Any) -> str:
    """Return a value as a table shows it; nothing for None, JSON for what is not text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def best_text(folder: SearchFolder, state: State, best: Trial) -> str:
    """Return the spec of a trial as it would be written by hand, without its search."""
    header = _HEADER.format(number=best.number, count=state.count, source=state.source,
                            objective=state.objective, value=cell(best.objective))
    document = read_document(folder.spec.read_text(), str(folder.spec))
    return header + dump_yaml(apply_point(document.data, best.point, state.examples))

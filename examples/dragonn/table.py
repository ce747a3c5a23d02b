"""Prints what DragoNN's tutorials and our runs reach, as a Markdown table.

Usage: python examples/dragonn/table.py RUNS      (the folder that run.sh has filled)
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

TASKS = Path(__file__).with_name("tasks.tsv")
METRICS = ("auroc", "auprc", "recall_at_5_fdr", "recall_at_10_fdr", "recall_at_20_fdr")
HEADER = """\
| task | published: AUROC | AUPRC | recall at 5/10/20 % FDR | ours: AUROC | AUPRC | \
recall at 5/10/20 % FDR | epochs | CPU-s |
|---|---|---|---|---|---|---|---|---|"""


def read_tasks() -> list[dict[str, str]]:
    """Return the rows of ``tasks.tsv``: task, spec, simulate, and published metrics."""
    with TASKS.open(newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def lines(out: Path) -> Iterator[str]:
    """Yield a line of the table for each task that was run."""
    for task in read_tasks():
        name, _, column = task["task"].partition(":")
        run = out / "runs" / name
        if (run / "metrics.json").is_file():
            published = {metric: float(task[metric]) for metric in METRICS}
            cells = [task["task"], *_cells(published, 3), *_cells(_measured(run, column), 4),
                     str(_epochs(run)), f"{_cpu_seconds(run):.0f}"]
            yield f"| {' | '.join(cells)} |"


def _measured(run: Path, column: str) -> Mapping[str, float]:
    """Return the metrics on the test set: of the only target, or of one of its columns."""
    columns = json.loads((run / "columns.json").read_text())["test"]
    (target,) = columns.values()
    found: Mapping[str, float] = target[column] if column else next(iter(target.values()))
    return found


def _epochs(run: Path) -> int:
    return len((run / "history.csv").read_text().splitlines()) - 1


def _cpu_seconds(run: Path) -> float:
    return sum(map(float, run.with_name(f"{run.name}.cpu").read_text().split()))


def _cells(metrics: Mapping[str, float], digits: int) -> list[str]:
    first, second, *recalls = (metrics[name] for name in METRICS)
    return [f"{first:.{digits}f}", f"{second:.{digits}f}",
            " / ".join(f"{100 * recall:.1f}" for recall in recalls)]


def main() -> None:
    """Print the table, and the versions that it was made with."""
    out = Path(sys.argv[1])
    print(HEADER)
    print("\n".join(lines(out)))
    records = sorted((out / "runs").glob("*/run.json"))
    versions = {json.dumps(json.loads(record.read_text())["versions"]) for record in records}
    print(f"\nSeed of the data: 1. Versions: {', '.join(sorted(versions))}")


if __name__ == "__main__":
    main()

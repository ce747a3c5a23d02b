"""A run without TensorFlow or files: made-up rows, and a sum for a network.

As a program it makes the run named by its argument, slowly enough to be killed in the middle.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlgenomics.data.encoding import Codes
from dlgenomics.data.split import Rows
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.loaders.loader import Arrays, Loader, Records
from dlgenomics.predict.loaders.ranges import Ranges
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.parts.plan import Plan
from dlgenomics.predict.writing import Run, write_run
from dlgenomics.progress import Progress, silent

COUNT = 90
BATCH = 4
SHARD = 8
NAMING = Naming(labels={"y": ["sum", "first"]})


class MadeUpLoader(Loader):
    """Rows of three numbers that follow from the row; ``seen`` are the rows that were read."""

    def __init__(self, count: int = COUNT) -> None:
        self.inputs, self.others = {}, {}
        self.count = count
        self.seen: list[int] = []

    def __len__(self) -> int:
        return self.count

    @property
    def contig_lengths(self) -> dict[str, int]:
        return {"chr1": 10 * COUNT}

    def codes(self, rows: Rows) -> Codes:
        raise AssertionError

    def arrays(self, rows: Rows) -> Arrays:
        self.seen += rows.tolist()
        return {"x": np.sin(rows[:, None] * 3.0 + np.arange(3)).astype(np.float32)}

    def records(self, rows: Rows) -> Records:
        return {"name": np.array([f"row {row}" for row in rows], object)}

    def metadata(self, rows: Rows) -> dict[str, Any]:
        return {"ranges": Ranges(chr=np.full(len(rows), "chr1"), start=10 * rows,
                                 end=10 * rows + 10, id=rows.astype(str),
                                 strand=np.full(len(rows), "+"))}


def summing(arrays: Arrays) -> Any:
    """Return two numbers a row."""
    x = arrays["x"]
    return np.stack([x.sum(axis=1), x[:, 0]], axis=1)


def make_run(
    output: Path, intent: Intent | None = None, *, run: Callable[[Arrays], Any] = summing,
    loader: MadeUpLoader | None = None, progress: Progress = silent, **plan: Any,
) -> Run:
    """Make a run, or go on with one."""
    rows = MadeUpLoader() if loader is None else loader
    fresh = Plan(**{"model": {"name": "sum", "sha256": "1"}, "inputs": {}, "options": {},
                    "versions": {}, "rows": len(rows), "batch_size": BATCH, "shard_rows": SHARD,
                    "naming": NAMING, "lengths": rows.contig_lengths, **plan})
    column = "sum" if output.suffix in (".bw", ".bg") else None
    return write_run(output, fresh, lambda agreed: Flow(
        rows, run, NAMING, agreed.batch_size, frozenset({"records", "metadata"})),
        intent or Intent(), column, progress)


def _slowly(arrays: Arrays) -> Any:
    time.sleep(0.01)
    return summing(arrays)


if __name__ == "__main__":
    print("ready", flush=True)
    make_run(Path(sys.argv[1]), Intent(resume=True), run=_slowly)

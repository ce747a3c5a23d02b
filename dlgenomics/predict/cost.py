"""What a run would cost: measured on its first rows, extrapolated to all and to a human genome."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from dlgenomics.cores import available_cores
from dlgenomics.data.split import Rows
from dlgenomics.predict.batches import batch_rows
from dlgenomics.predict.flow import Flow

HUMAN_GENOME: Final = 3_088_269_832
"""Bases of GRCh38's chromosomes 1 to 22, X and Y."""

STRIDE: Final = 200
"""Bases between predictions of an accessibility track, as in DeepSEA."""


_FIRST: Final = 2
"""Batches that are not measured: the first prepares the network, and the second waits for it."""


@dataclass(frozen=True)
class Cost:
    """What was measured, and what follows from it.

    Attributes:
        rows: of the run.
        batch_size: rows at a time.
        measured_rows: rows that were read and predicted.
        seconds: that took, after the first batches, which prepare the network.
        cores: that were used.
        window: bases of a row; None where rows have no sequence.
        row_bytes: of the network's largest layers, about.
    """

    rows: int
    batch_size: int
    measured_rows: int
    seconds: float
    cores: int
    window: int | None
    row_bytes: int

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.measured_rows / self.seconds

    @property
    def run_seconds(self) -> float:
        """Seconds for the run."""
        return self.rows / self.rate

    def genome_hours(self, stride: int) -> float:
        """Return core-hours for a human genome with a prediction every ``stride`` bases."""
        return HUMAN_GENOME / stride / (self.rate / self.cores) / 3600

    def to_data(self) -> dict[str, Any]:
        """Return it as plain data, with what follows."""
        found = {**asdict(self), "rows_per_second": round(self.rate, 2),
                 "rows_per_second_per_core": round(self.rate / self.cores, 2),
                 "run_seconds": round(self.run_seconds, 1),
                 "memory_bytes": self.row_bytes * self.batch_size}
        return {**found, "human_genome": self._genome()}

    @property
    def strides(self) -> list[int]:
        """Bases between predictions of a whole genome: `STRIDE` and the window; none without."""
        return [] if self.window is None else sorted({STRIDE, self.window})

    def _genome(self) -> Mapping[str, Any]:
        return {f"core_hours_every_{stride}_bp": round(self.genome_hours(stride), 2)
                for stride in self.strides}


def _batches(count: int, size: int) -> Iterator[Rows]:
    """Yield batches of rows without end; where there are fewer than a batch has, each is in all."""
    if 0 < count < size:
        return itertools.repeat(np.resize(np.arange(count), size))
    return itertools.cycle(batch_rows(0, count, size))


def measure_cost(flow: Flow, window: int | None, row_bytes: int, seconds: float = 3.0) -> Cost:
    """Read and predict rows for some seconds, those of a short run again and again; write nothing.

    Args:
        flow: of the run.
        window: bases of a row.
        row_bytes: see `Cost`.
        seconds: how long at most, besides the first batches and those that are under way. A run
            that is over before is measured for a sixth of that at least.
    """
    count = len(flow.loader)
    rows, taken = 0, 0.0
    results = flow.results(_batches(count, flow.batch_size))
    with contextlib.closing(results):
        for _ in range(_FIRST):
            next(results)
        start = time.perf_counter()
        for result in results:
            rows += len(result)
            taken = time.perf_counter() - start
            if taken > seconds or (rows >= count and taken > seconds / 6):
                break
    return Cost(count, flow.batch_size, max(rows, 1), max(taken, 1e-9), available_cores(), window,
                row_bytes)


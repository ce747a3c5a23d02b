"""Rows of a loader → results: reading, computing and what follows go on beside each other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dlgenomics.data.split import Rows
from dlgenomics.predict.batches import Halving, cut, padded
from dlgenomics.predict.clock import Clock
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.loaders.loader import Arrays, Loader
from dlgenomics.predict.writers.result import Result

READ_AHEAD: Final = 2
"""Batches: enough to hide a slow one, few enough to be nothing beside the network's memory."""


@dataclass(frozen=True)
class _Read:
    rows: Rows
    arrays: Arrays
    records: Mapping[str, Any]
    batch: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Flow:
    """How rows become results.

    Attributes:
        loader: where the rows come from; read in one thread.
        run: arrays by input → nested arrays, the batch on axis 0.
        naming: how these become columns.
        batch_size: rows that go through the network at once; a smaller batch is filled up.
        takes: what comes along: ``records``, ``metadata``, ``inputs``, ``targets``.
        keeps: what of it goes into the file.
        ahead: batches that are read before they are needed; 0 reads and computes in turn.
        threads: how many batches are computed at once, where any are read ahead.
        row_bytes: about what ``run`` takes for a row; 0 is not known.
        clock: takes the seconds of ``load`` and ``compute``.
        careful: what runs the batches; its ``shortened`` says whether memory was short.
    """

    loader: Loader
    run: Callable[[Arrays], Any]
    naming: Naming
    batch_size: int
    takes: frozenset[str] = frozenset()
    keeps: tuple[str, ...] = ()
    ahead: int = READ_AHEAD
    threads: int = 1
    row_bytes: int = 0
    clock: Clock = field(default_factory=Clock)
    careful: Halving = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "careful",
                           Halving(self.run, self.row_bytes, self.threads))

    def results(self, batches: Iterable[Rows]) -> Generator[Result, None, None]:
        """Yield the results of batches, in order; an error of the reading thread is raised here."""
        compute = self.clock.timed("compute", self._compute)
        ahead = self.threads if self.ahead and self.threads > 1 else 0
        with contextlib.closing(in_order(self.clock.timed("load", self._read), batches,
                                         self.ahead)) as read:
            yield from in_order(compute, read, ahead, self.threads)

    def _read(self, rows: Rows) -> _Read | Rows:
        """Return what is read for some rows; the rows alone if memory is too short for them."""
        if not self.careful.takes(self.batch_size):
            return rows
        try:
            return self._read_now(rows, self.batch_size)
        except MemoryError as error:
            self.careful.halved(len(rows), error)
            return rows

    def _read_now(self, rows: Rows, size: int) -> _Read:
        with self.loader.one_reader:
            batch: Mapping[str, Any] = {}
            if self.takes & {"inputs", "targets"}:
                batch = without_empty(self.loader.batch(rows))
            elif "metadata" in self.takes:
                batch = {"metadata": self.loader.metadata(rows)}
            records = self.loader.records(rows) if "records" in self.takes else {}
            return _Read(rows, padded(self.loader.arrays(rows), size), records, batch)

    def _compute(self, read: _Read | Rows) -> Result:
        if not isinstance(read, _Read):
            return self._in_parts(read)
        return self._result(read, self.careful(read.arrays))

    def _result(self, read: _Read, filled_up: Any) -> Result:
        found = cut(filled_up, len(read.rows))
        kept = {name: read.batch[name] for name in self.keeps if name in read.batch}
        return Result(read.records, found, self.naming, read.batch.get("metadata", {}), kept)

    def _in_parts(self, rows: Rows) -> Result:
        """Return the results of rows for which memory is too short at once.

        One row alone is multiplied by other instructions than several, with other last digits.
        """
        parts: list[Result] = []
        while len(rows) or not parts:
            size = self.careful.next_rows(len(rows))
            filled = max(size, min(2, self.batch_size, self.careful.limit or 2))
            try:
                read = self._read_now(rows[:size], filled)
                parts.append(self._result(read, self.careful.alone(read.arrays)))
                rows = rows[size:]
            except MemoryError as error:
                self.careful.halved(size, error)
        return Result.join(parts)


def without_empty(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a batch without the empty targets of a loader that has none."""
    return {name: one for name, one in batch.items() if not (isinstance(one, dict) and not one)}

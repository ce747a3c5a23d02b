"""Runs that write: shard by shard into a folder, and from there into one file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.data.split import Rows
from dlgenomics.errors import RunError
from dlgenomics.predict.batches import batch_rows
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.parts.agreement import Intent, agree
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Plan
from dlgenomics.predict.writers import Heading, open_writer
from dlgenomics.predict.writers.heading import Writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.progress import Progress, silent

WRITE_BEHIND: Final = 2
STAGE: Final = "predict"


@dataclass(frozen=True, eq=False)
class Run:
    """A run whose shards are kept until its file is whole, or a piece of one.

    Attributes:
        parts: where the shards lie.
        plan: what is run.
        shards: those of the run, or of the piece.
        flow: how rows become results.
        found: those of its shards that are there already.
        progress: told of rows.
    """

    parts: Parts
    plan: Plan
    shards: range
    flow: Flow
    found: frozenset[int]
    progress: Progress

    @property
    def rows(self) -> int:
        """How many rows its shards have."""
        return sum(last - first for first, last in map(self.plan.rows_of, self.shards))

    @property
    def resumed(self) -> int:
        """How many of its shards were there already."""
        return len(self.found)

    def whole(self, column: str | None) -> None:
        """Write the output, then remove the folder of shards.

        Args:
            column: see `Heading`.
        """
        with _open_output(self.parts, self.plan, column) as writer:
            self._make(writer)
        self.parts.remove()

    def piece(self) -> None:
        """Make the shards of a piece of the run, for `merge`."""
        self._make(None)

    def _make(self, writer: Writer | None) -> None:
        """Make or read shards, in order; they are written in a thread of their own."""
        def keep(shard_and_result: tuple[int, Result | None]) -> None:
            shard, result = shard_and_result
            if result is not None:
                self.parts.save(shard, result)
            if writer is not None:
                writer.write(result if result is not None
                             else self.parts.load_planned(shard, self.plan))

        write = self.flow.clock.timed("write", keep)
        with contextlib.closing(self._results()) as results:
            for _ in in_order(write, results, WRITE_BEHIND):
                pass

    def _results(self) -> Generator[tuple[int, Result | None], None, None]:
        """Yield shards with their results; None for those that are there already."""
        wanted = [shard for shard in self.shards if shard not in self.found]
        with contextlib.closing(self.flow.results(self._batches(wanted))) as results:
            for place, shard in enumerate(self.shards, 1):
                first, last = self.plan.rows_of(shard)
                stage = f"{STAGE} · shard {place} of {len(self.shards)}"
                if shard in self.found:
                    yield shard, None
                    continue
                self.progress(stage, first, self.plan.rows)
                parts: list[Result] = []
                while first < last or not parts:
                    parts.append(next(results))
                    first += len(parts[-1])
                    self.progress(stage, first, self.plan.rows)
                yield shard, Result.join(parts).portable()

    def _batches(self, shards: Sequence[int]) -> Iterator[Rows]:
        for shard in shards:
            yield from batch_rows(*self.plan.rows_of(shard), self.plan.batch_size)


def write_run(output: Path, fresh: Plan, make_flow: Callable[[Plan], Flow], intent: Intent,
              column: str | None = None, progress: Progress = silent) -> Run:
    """Make a run, or a piece of one, or what is left of it.

    Args:
        output: the file; the shards lie in a folder beside it.
        fresh: the plan of the run if it begins now.
        make_flow: the plan that is followed → how rows become results.
        intent: what is to become of shards that are there.
        column: see `Heading`.
        progress: told of rows.

    Returns:
        The finished run.

    Raises:
        RunError: shards of another run are there, or another process is at it.
        OutputError: the file cannot be written; finished shards stay.
    """
    parts = Parts(output)
    with parts.alone(intent.piece):
        plan = agree(parts, fresh.plain(), intent)
        try:
            shards = plan.shards_of(intent.piece)
            found = frozenset(parts.done().intersection(shards))
            run = Run(parts, plan, shards, make_flow(plan), found, progress)
            if intent.piece is None:
                run.whole(column)
            else:
                run.piece()
        except BaseException:
            if intent.piece is None and not parts.done():
                parts.remove()
            raise
    return run


def merge(output: Path, column: str | None = None, progress: Progress = silent) -> Plan:
    """Make one file of the shards of a run, then remove their folder.

    Args:
        output: the file that the run's pieces named.
        column: see `Heading`.
        progress: told of shards.

    Returns:
        The plan of the run.

    Raises:
        RunError: there is no such run, shards are missing, or another process is at it.
        OutputError: the file cannot be written; the shards stay.
    """
    parts = Parts(output)
    _begun(parts)  # before the lock, whose file would make the folder
    with parts.alone(None):
        try:
            plan = _whole(parts)
        except RunError:
            if not parts.done():  # another process has just merged them all
                parts.remove()
            raise
        merge_parts(parts, plan, column, progress)
    return plan


def _begun(parts: Parts) -> Plan:
    """Return the plan of a run that was begun.

    Raises:
        RunError: there is none.
    """
    plan = parts.plan()
    if plan is None:
        raise RunError("the folder of a run in pieces must be there. Received: none. Make the "
                       f"pieces with: dlg predict ... -o {parts.output} --shard 1/N",
                       folder=parts.folder)
    return plan


def _whole(parts: Parts) -> Plan:
    """Return the plan of a run whose shards are all there.

    Raises:
        RunError: there is none, or shards are missing.
    """
    plan = _begun(parts)
    missing = sorted(set(range(plan.shards)) - parts.done())
    if missing:
        raise RunError(f"all shards must be there. Received: {plan.shards - len(missing)} of "
                       f"{plan.shards}; not {_ranges(missing)}. Run the pieces that failed again; "
                       "finished shards are kept.", folder=parts.folder)
    return plan


def merge_parts(parts: Parts, plan: Plan, column: str | None, progress: Progress) -> None:
    """Write the output from shards that are all there, then remove them."""
    with _open_output(parts, plan, column) as writer:
        for shard in range(plan.shards):
            writer.write(parts.load_planned(shard, plan))
            progress("merge", shard + 1, plan.shards)
    parts.remove()


def _open_output(parts: Parts, plan: Plan,
                 column: str | None) -> contextlib.AbstractContextManager[Writer]:
    heading = Heading(plan.naming, plan.lengths, column)
    return open_writer(parts.output, heading, within=parts.folder)


def _ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as text: ``3, 7-9``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in found[:8]]
    return ", ".join(shown) + (" …" if len(found) > 8 else "")

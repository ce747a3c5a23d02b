"""Chunks of records that are done survive a run that is killed, beside its output."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from dlgenomics.predict.columns import Naming
from dlgenomics.predict.parts.agreement import Intent, agree
from dlgenomics.predict.parts.fingerprint import fingerprint
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Plan
from dlgenomics.predict.writers.result import Result
from dlgenomics.variants.reference import Judge

Arrays = dict[str, NDArray[Any]]

AS_USUAL: Final = Intent()


class Keeper(Protocol):
    """Keeps what was computed for chunks of records, counted from 0."""

    def has(self, chunk: int) -> bool:
        """Return whether a chunk is done."""

    def through(self, chunk: int, make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of a chunk, made if they are not there."""


class NothingKept:
    """For output that nobody can go on with."""

    def has(self, chunk: int) -> bool:  # noqa: ARG002
        """Return False."""
        return False

    def through(self, chunk: int, make: Callable[[], Arrays]) -> Arrays:  # noqa: ARG002
        """Return what is made."""
        return make()


NOTHING_KEPT: Final = NothingKept()


class Shards:
    """Files in ``OUTPUT.parts``, one for each chunk.

    Args:
        parts: the folder.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._found = frozenset(parts.done())

    def has(self, chunk: int) -> bool:
        """Return whether an earlier run has done a chunk."""
        return chunk in self._found

    def through(self, chunk: int, make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of a chunk, made and written if they are not there."""
        if self.has(chunk):
            arrays: Arrays = dict(self._parts.load(chunk, Naming()).predictions)
            return arrays
        made = make()
        self._parts.save(chunk, Result({}, made))
        return made


@contextlib.contextmanager
def keep(output: Path | str, plan: Plan, intent: Intent) -> Iterator[Keeper]:
    """Keep chunks until the block ends well.

    Args:
        output: the file; for ``-`` nothing is kept.
        plan: what is run.
        intent: what is to become of chunks that are there.

    Raises:
        RunError: there are chunks and no word about them, they are of another run, or another
            process writes the same file.
    """
    if str(output) == "-":
        yield NothingKept()
        return
    parts = Parts(Path(output))
    with parts.alone(None):
        agree(parts, plan.plain(), intent)
        try:
            yield Shards(parts)
        except BaseException:
            if not parts.done():
                parts.remove()
            raise
        parts.remove()


def run_plan(judge: Judge, models: Mapping[str, str], options: Mapping[str, Any], records: int,
             chunk: int, signal: Sequence[Path] = ()) -> Plan:
    """Return what a run is, so that another one is told from it.

    Args:
        judge: the variants and the genome.
        models: SHA-256 by name.
        options: all that changes the numbers.
        records: how many there are.
        chunk: records of a chunk.
        signal: bigWig files that a model reads.
    """
    named = {"vcf": judge.vcf.path, "fasta": judge.genome.path,
             **{f"signal.{place}": path for place, path in enumerate(signal, 1)}}
    files = {name: {key: value for key, value in fingerprint(path).items() if key != "file"}
             for name, path in named.items()}
    return Plan(models, files, {name: str(value) for name, value in options.items()}, {}, records,
                chunk, chunk, Naming(), {})

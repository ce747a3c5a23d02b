"""``OUT.parts``: the plan of a run and its finished shards, each written whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.errors import RunError
from dlgenomics.files import atomic_path, write_text
from dlgenomics.locks import output_lock
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.nested import leaves, unflatten
from dlgenomics.predict.parts.plan import Piece, Plan
from dlgenomics.predict.parts.texts import pack_texts, unpack_texts
from dlgenomics.predict.writers.result import Result

SUFFIX: Final = ".parts"
_PLAN: Final = "plan.json"
_LOCK: Final = ".lock"
_PARTS: Final = ("records", "predictions", "metadata", "kept")


class Parts:
    """The folder beside an output that is being made.

    A shard is an ``.npz`` file, which can be read while the run goes on. Several processes may add
    shards at once.

    Args:
        output: the output.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output.with_name(output.name + SUFFIX)

    def plan(self) -> Plan | None:
        """Return the plan of the run that was begun here, or None.

        Raises:
            RunError: it cannot be read.
        """
        path = self.folder / _PLAN
        return Plan.from_json(path.read_text(), self.folder) if path.is_file() else None

    def begin(self, plan: Plan) -> None:
        """Write the plan of a run that begins."""
        write_text(self.folder / _PLAN, plan.to_json())

    def clear(self) -> None:
        """Remove the shards of an earlier run."""
        for shard in self.done():
            self.path_of(shard).unlink(missing_ok=True)

    def done(self) -> set[int]:
        """Return the numbers of the finished shards."""
        return {int(path.stem) for path in self.folder.glob("[0-9]*.npz")}

    def path_of(self, shard: int) -> Path:
        """Return the file of a shard."""
        return self.folder / f"{shard:06}.npz"

    def save(self, shard: int, result: Result) -> None:
        """Write a shard.

        Raises:
            OutputError: the disk is full or the place is not writable.
        """
        arrays = {f"{part}/{key}" if key else part: array
                  for part in _PARTS for key, array in leaves(getattr(result, part))}
        with atomic_path(self.path_of(shard)) as path, path.open("wb") as stream:
            np.savez(stream, **pack_texts(arrays))  # type: ignore[arg-type]

    def load_planned(self, shard: int, plan: Plan) -> Result:
        """Read a shard that holds the rows that a plan says.

        Raises:
            RunError: the file is damaged, or holds other rows.
        """
        found = self.load(shard, plan.naming)
        first, last = plan.rows_of(shard)
        if len(found) != last - first:
            raise RunError(f"shard {self.path_of(shard).name} must hold rows {first:,} to "
                           f"{last:,}, which are {last - first:,}. Received: {len(found):,}, of a "
                           "run that was divided in another way. Begin anew with --restart, or "
                           "remove the folder to make pieces.",
                           folder=self.folder)
        return found

    def load(self, shard: int, naming: Naming) -> Result:
        """Read a shard.

        Raises:
            RunError: the file is damaged.
        """
        path = self.path_of(shard)
        try:
            with np.load(path, allow_pickle=False) as stored:
                found = unflatten(unpack_texts(stored))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise RunError(f"shard {path.name} must be whole. Received: {error}. Remove it and "
                           "repeat with --resume.", folder=self.folder) from error
        return Result(found.get("records", {}), found["predictions"], naming,
                      found.get("metadata", {}), found.get("kept", {}))

    @contextlib.contextmanager
    def alone(self, piece: Piece | None) -> Iterator[None]:
        """Keep other processes from the same run, or the same piece of it.

        Pieces are made beside each other; a whole run divides the rows anew, so it takes the
        folder for itself.

        Raises:
            RunError: one is at it.
            OutputError: the place is not writable.
        """
        def refuse() -> None:
            raise RunError("an output must have one run at a time. Received: another process that "
                           "writes it. Wait for that one, or name another file (-o).",
                           folder=self.folder)

        whole = self.folder / f"run{_LOCK}"
        with contextlib.ExitStack() as held:
            held.enter_context(output_lock(whole, refuse, shared=piece is not None))
            if piece is not None:
                name = f"piece-{piece.number}-of-{piece.of}{_LOCK}"
                held.enter_context(output_lock(self.folder / name, refuse))
            yield

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """Wait until no other piece is about to read or write the plan."""
        with output_lock(self.folder / f"plan{_LOCK}", lambda: None):
            yield

    def remove(self) -> None:
        """Remove the folder: the plan first, without which shards mean nothing, the locks last."""
        (self.folder / _PLAN).unlink(missing_ok=True)
        found = list(self.folder.iterdir()) if self.folder.is_dir() else []
        for path in sorted(found, key=lambda one: one.suffix == _LOCK):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another process has begun a run in it
            self.folder.rmdir()


def standing(output: Path | str) -> tuple[int, int] | None:
    """Return how many shards of a run are finished, and of how many; None if none are."""
    parts = Parts(Path(output))
    try:
        plan, done = parts.plan(), parts.done()
    except RunError:
        return None
    return (len(done), plan.shards) if plan and done else None

"""What all loaders share: rows in a fixed order, and batches of them."""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.data.features import Feature, draw_change
from dlgenomics.data.feed import encode_inputs
from dlgenomics.data.skipping import Skipped
from dlgenomics.data.split import Rows
from dlgenomics.errors import DlgError
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.spec.inputs import SEQUENCE_KINDS, Input, SequenceInput

Records = dict[str, NDArray[Any]]
"""Columns that say what each row is, by name."""

Arrays = dict[str, NDArray[Any]]

Batch = dict[str, Any]
"""As in Kipoi: ``inputs``, ``metadata`` and, where a loader has them, ``targets``; each leaf has
the batch on axis 0."""


_NONE: Final[list[Skipped]] = []


class Loader(ABC):
    """Rows of files, in their order, as what a network takes and as what users see.

    Attributes:
        inputs: the network's inputs.
        others: what is fed to the inputs that are not made of letters.
        skipped: records of the files that were left out because they are bad.
        one_reader: held by whoever reads: two iterators may each have a thread, files have one
            position.
    """

    inputs: Mapping[str, Input]
    others: Mapping[str, Feature]
    skipped: list[Skipped] = _NONE
    one_reader: threading.Lock

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Make its lock at once: two threads that ask for it must get the same."""
        found = super().__new__(cls)
        found.one_reader = threading.Lock()
        return found

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def codes(self, rows: Rows) -> Codes:
        """Return uint8 codes of some rows, shape (rows, window)."""

    @abstractmethod
    def records(self, rows: Rows) -> Records:
        """Return the columns that name some rows in an output table."""

    @abstractmethod
    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return Kipoi's metadata of some rows."""

    @property
    def contig_lengths(self) -> Mapping[str, int]:
        """The lengths of the genome's contigs; none where rows have no places in one."""
        return {}

    def arrays(self, rows: Rows) -> Arrays:
        """Return what the network takes for some rows, by input."""
        found = self.letter_arrays(rows)
        unchanged = draw_change((), 0, len(rows), np.random.default_rng(0))
        found.update({k: one.batch(rows, unchanged) for k, one in self.others.items()})
        return {name: found[name] for name in self.inputs}

    def letter_arrays(self, rows: Rows) -> Arrays:
        """Return the inputs that are made of letters, encoded."""
        return encode_inputs(self.codes(rows), letter_inputs(self.inputs))

    def batch(self, rows: Rows) -> Batch:
        """Return some rows as users see them."""
        arrays = self.arrays(rows)
        single = next(iter(arrays.values())) if len(arrays) == 1 else arrays
        return {"inputs": single, "metadata": self.metadata(rows)}

    def array_batches(self, batch_size: int, num_workers: int = 0) -> Iterator[tuple[Rows, Arrays]]:
        """Yield rows in order, and what the network takes for them."""
        def read(rows: Rows) -> tuple[Rows, Arrays]:
            with self.one_reader:
                return rows, self.arrays(rows)

        return in_order(read, _parts(np.arange(len(self)), batch_size), num_workers)

    def batch_iter(self, batch_size: int = 32, shuffle: bool = False, num_workers: int = 0,
                   drop_last: bool = False) -> Iterator[Batch]:
        """Yield ``{"inputs": ..., "targets": ..., "metadata": ...}``, as Kipoi's loaders do.

        Args:
            batch_size: rows in a batch; the last one may be smaller.
            shuffle: take the rows in a new order each time.
            num_workers: batches that are read ahead, in a thread, while the last one is in use.
            drop_last: leave out a last batch that is smaller.
        """
        order = np.random.default_rng().permutation(len(self)) if shuffle else np.arange(len(self))
        kept = len(order) - len(order) % batch_size if drop_last else len(order)
        return in_order(self.read, _parts(order[:kept], batch_size), num_workers)

    def batch_train_iter(self, cycle: bool = True, **batches: Any) -> Iterator[tuple[Any, Any]]:
        """Yield (inputs, targets), as ``fit`` takes them.

        Args:
            cycle: begin again at the end, for ever.
            batches: see `batch_iter`.

        Raises:
            DlgError: the files hold no targets.
        """
        for _ in itertools.count() if cycle else range(1):
            for batch in self.batch_iter(**batches):
                yield batch["inputs"], _targets(batch)

    def batch_predict_iter(self, **batches: Any) -> Iterator[Any]:
        """Yield inputs alone; see `batch_iter`."""
        return (batch["inputs"] for batch in self.batch_iter(**batches))

    def load_all(self, batch_size: int = 32) -> Batch:  # noqa: ARG002 - Kipoi's argument
        """Return all rows as one batch; ``batch_size`` makes no difference."""
        return self.read(np.arange(len(self)))

    def read(self, rows: Rows) -> Batch:
        """Return `batch`, one thread at a time."""
        with self.one_reader:
            return self.batch(rows)


def letter_inputs(inputs: Mapping[str, Input]) -> dict[str, SequenceInput]:
    """Return the inputs that are made of letters."""
    return {name: one for name, one in inputs.items() if isinstance(one, SEQUENCE_KINDS)}


def _parts(order: Rows, size: int) -> Iterator[Rows]:
    if size < 1:
        raise DlgError(f"batch_size must be at least 1. Received: {size}.")
    return (order[first:first + size] for first in range(0, len(order), size))


def _targets(batch: Batch) -> Any:
    targets = batch.get("targets", {})
    if isinstance(targets, Mapping) and not targets:
        raise DlgError("batch_train_iter needs files with targets: columns behind those of the "
                       "intervals. Received: none. Use batch_predict_iter for inputs alone.")
    return targets

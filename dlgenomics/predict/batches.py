"""Batches of one size: filled up for the network, cut again behind it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlgenomics.data.split import Rows
from dlgenomics.errors import DlgError
from dlgenomics.predict.loaders.loader import Arrays
from dlgenomics.predict.nested import join_rows, map_leaves
from dlgenomics.predict.room import Room
from dlgenomics.predict.turns import Turns


def batch_rows(first: int, last: int, size: int) -> Iterator[Rows]:
    """Yield the rows from ``first`` up to ``last`` by ``size``; no row at all is one batch."""
    for start in range(first, max(last, first + 1), size):
        yield np.arange(start, min(start + size, last))


def padded(arrays: Arrays, size: int) -> Arrays:
    """Fill a batch up to a size by repeating its last row; an empty one stays empty.

    The network then sees one shape of batch, for which it is prepared once; and a row's
    prediction does not depend on how many rows come behind it.
    """
    return {name: _filled_up(array, size) for name, array in arrays.items()}


def _filled_up(array: Any, size: int) -> Any:
    missing = size - len(array)
    if missing <= 0 or not len(array):
        return array
    return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)])


def cut(nested: Any, count: int) -> Any:
    """Return the first rows of nested arrays."""
    return map_leaves(lambda array: array[:count], nested)


class Halving:
    """Runs batches; one that does not fit into memory is halved, and so are those behind it.

    Several threads may call it. Once memory was short, batches go one at a time.

    Args:
        run: arrays by input → nested arrays, the batch on axis 0.
        row_bytes: about how many bytes a row takes; 0 is not known.
        threads: how many may call it at once.
    """

    def __init__(self, run: Callable[[Arrays], Any], row_bytes: int = 0,
                 threads: int = 1) -> None:
        self._run = run
        self._room = Room(row_bytes)
        self._threads = threads
        self._turns = Turns()
        self._is_short = False
        self._easy = 0
        self._part: int | None = None
        self.limit: int | None = None
        """The rows that a batch may have, once one was too large by itself."""

    @property
    def shortened(self) -> int | None:
        """The rows that the last batches had, where memory was too short for all; else None."""
        return self.limit or self._part

    def takes(self, rows: int) -> bool:
        """Tell whether batches of that many rows may come, as far as is known."""
        if rows > (self.limit or rows) or not self._has_room(rows):
            return False
        self._part = None
        return True

    def next_rows(self, count: int) -> int:
        """Return how many of some rows may come by themselves."""
        size = min(count, self.limit or count)
        if not self._has_room(size):
            size = min(size, self._room.next_rows())
        if size < count:
            self._part = size
        return size

    def _has_room(self, rows: int) -> bool:
        """Tell whether all threads may run that many rows; once they may, they always may."""
        if rows > self._easy and rows * self._threads <= self._room.rows():
            self._easy = rows
        return rows <= self._easy

    def __call__(self, arrays: Arrays) -> Any:
        """Return what ``run`` gives for a batch.

        Raises:
            DlgError: there is no memory for a single row.
        """
        if not self._is_short and self._has_room(_count(arrays)):
            try:
                with self._turns.beside_others():
                    return self._run(arrays)
            except out_of_memory():
                self._is_short = True
        return self.alone(arrays)

    def alone(self, arrays: Arrays) -> Any:
        """Return the same as a call, while no other batch is run."""
        count = _count(arrays)
        with self._turns.alone():
            while True:
                size = min(self.limit or count, count)
                try:
                    return self._in_parts(arrays, count, size)
                except out_of_memory() as error:
                    self.halved(size, error)

    def halved(self, size: int, error: Exception) -> None:
        """Try half of the rows from now on where ``size`` were too many.

        Raises:
            DlgError: it was a single one.
        """
        if size <= 1:
            said = str(error).strip().splitlines()
            raise DlgError("a single row must fit into memory. Received: "
                           f"{said[0] if said else 'no memory'}. Use a machine with more "
                           "memory.") from error
        self.limit = min(self.limit or size, (size + 1) // 2)

    def _in_parts(self, arrays: Arrays, count: int, size: int) -> Any:
        if size >= count:
            return self._run_alone(arrays)
        parts = [{name: array[first:first + size] for name, array in arrays.items()}
                 for first in range(0, count, size)]
        return join_rows([cut(self._run_alone(padded(part, size)), _count(part))
                          for part in parts])

    def _run_alone(self, arrays: Arrays) -> Any:
        with self._room.learning(_count(arrays)):
            return self._run(arrays)


def _count(arrays: Arrays) -> int:
    return len(next(iter(arrays.values())))


def out_of_memory() -> tuple[type[Exception], ...]:
    """Return the errors that say that a batch was too large; TensorFlow's once it is started."""
    tensorflow = sys.modules.get("tensorflow")
    return (MemoryError, tensorflow.errors.ResourceExhaustedError) if tensorflow else (MemoryError,)

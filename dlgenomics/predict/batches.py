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
    """

    def __init__(self, run: Callable[[Arrays], Any]) -> None:
        self._run = run
        self._turns = Turns()
        self._is_short = False
        self.limit: int | None = None
        """The rows that a batch may have, once one was too large by itself."""

    def __call__(self, arrays: Arrays) -> Any:
        """Return what ``run`` gives for a batch.

        Raises:
            DlgError: there is no memory for a single row.
        """
        if not self._is_short:
            try:
                with self._turns.beside_others():
                    return self._run(arrays)
            except out_of_memory():
                self._is_short = True
        with self._turns.alone():
            return self._halved(arrays)

    def _halved(self, arrays: Arrays) -> Any:
        count = len(next(iter(arrays.values())))
        while True:
            size = min(self.limit or count, count)
            try:
                return self._in_parts(arrays, count, size)
            except out_of_memory() as error:
                self.halved(size, error)

    def halved(self, size: int, error: Exception | None = None) -> int:
        """Return how many rows may be tried where ``size`` were too many; others keep to it, too.

        Raises:
            DlgError: it was a single one.
        """
        if size <= 1:
            said = str(error or "").strip().splitlines()
            raise DlgError("a single row must fit into memory. Received: "
                           f"{said[0] if said else 'no memory'}. Use a machine with more "
                           "memory.") from error
        self.limit = min(self.limit or size, (size + 1) // 2)
        return self.limit

    def _in_parts(self, arrays: Arrays, count: int, size: int) -> Any:
        if size >= count:
            return self._run(arrays)
        parts = [{name: array[first:first + size] for name, array in arrays.items()}
                 for first in range(0, count, size)]
        return join_rows([cut(self._run(padded(part, size)), len(next(iter(part.values()))))
                          for part in parts])


def out_of_memory() -> tuple[type[Exception], ...]:
    """Return the errors that say that a batch was too large; TensorFlow's once it is started."""
    tensorflow = sys.modules.get("tensorflow")
    return (MemoryError, tensorflow.errors.ResourceExhaustedError) if tensorflow else (MemoryError,)

"""How many rows may go through a network at once, by the memory that is free.

TensorFlow's kernels end the process where the system gives them no memory: there is no error to
catch, so a batch is tried only where there is room for it.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import astuple
from typing import Final

from dlgenomics.memory import Space, free_space, used_space

_SHARE: Final = 0.5
"""Of the free memory a batch may take: others are read meanwhile, and results are written."""

_MOST: Final = 8
"""Times what the layers hold at once. Large batches of networks in ``model_specs`` took up to 2.5
times that in memory and 5.5 in addresses; attention over long inputs may take more."""

_FIRST: Final = 8
_STEP: Final = 4
_SECONDS: Final = 0.002


class Room:
    """Learns what a network takes for a row from batches that grow.

    Args:
        row_bytes: about what it takes, see `memory.row_bytes`; 0 is not known, and anything goes.
    """

    def __init__(self, row_bytes: int) -> None:
        self._least = row_bytes
        self._careful = Space(_MOST * row_bytes, _MOST * row_bytes)
        self._measured: Space | None = None
        self._tried = 0
        self._is_prepared = False

    def rows(self) -> int:
        """Return how many rows there is room for now; 1 at least."""
        free = free_space()
        count = _fitting(free, self._careful)
        if self._measured is not None:
            count = min(max(count, _STEP * self._tried), _fitting(free, self._measured))
        return count

    def next_rows(self) -> int:
        """Return how many to try: as many as there is room for, once a few went well."""
        return self.rows() if self._measured else min(self.rows(), _FIRST)

    @contextlib.contextmanager
    def learning(self, rows: int) -> Iterator[None]:
        """Measure what a batch takes if it is the largest so far; no other may run meanwhile."""
        if rows <= self._tried:
            yield
            return
        before, watch = used_space(), _Watch()
        watch.start()
        try:
            yield
        finally:
            watch.stop()
        if self._is_prepared:
            self._tried = rows
            self._measured = Space(self._of_row(rows, before.memory, watch.most.memory),
                                   self._of_row(rows, before.addresses, watch.most.addresses))
        self._is_prepared = True  # threads and their memory come with the first batch

    def _of_row(self, rows: int, before: int | None, most: int | None) -> int:
        if before is None or most is None:
            return _MOST * self._least
        return max(self._least, (most - before) // rows)


def _fitting(free: Space, row: Space) -> int:
    """Return how many rows fit into a share of what is free."""
    pairs = zip(astuple(free), astuple(row), strict=True)
    return max(1, min((int(_SHARE * have // need) for have, need in pairs
                       if have is not None and need), default=sys.maxsize))


class _Watch(threading.Thread):
    """Notes the most that this process takes while it runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = Space()
        self._ends = threading.Event()

    def run(self) -> None:
        """Look again and again."""
        while True:
            now = used_space()
            self.most = Space(max(self.most.memory or 0, now.memory or 0) or None,
                              max(self.most.addresses or 0, now.addresses or 0) or None)
            if self._ends.wait(_SECONDS):
                return

    def stop(self) -> None:
        """End it."""
        self._ends.set()
        self.join()

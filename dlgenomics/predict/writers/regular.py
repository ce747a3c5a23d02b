"""Rows handed on in blocks of one size, so that a file does not depend on how they came."""

from __future__ import annotations

from typing import Final

from dlgenomics.predict.writers.heading import Writer
from dlgenomics.predict.writers.result import Result

BLOCK_ROWS: Final = 8192
BLOCK_BYTES: Final = 64 << 20


class Regular:
    """Collects rows for another writer, which gets blocks of 8192 rows, or fewer than 64 MiB.

    Args:
        writer: takes the blocks.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[Result] = []
        self._rows = 0
        self._block: int | None = None

    def write(self, result: Result) -> None:
        """Add rows."""
        if self._block is None and len(result):
            self._block = min(BLOCK_ROWS, max(1, BLOCK_BYTES * len(result) // result.nbytes))
        self._waiting.append(result)
        self._rows += len(result)
        if self._block is not None and self._rows >= self._block:
            self._hand_on(self._block)

    def finish(self) -> None:
        """Hand on what is left; no row at all is handed on too, for its columns."""
        if self._waiting:
            self._writer.write(Result.join(self._waiting))
            self._waiting = []

    def _hand_on(self, block: int) -> None:
        whole = Result.join(self._waiting)
        last = self._rows - self._rows % block
        for first in range(0, last, block):
            self._writer.write(whole.take(first, first + block))
        self._waiting = [whole.take(last, self._rows)] if last < self._rows else []
        self._rows -= last

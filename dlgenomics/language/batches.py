"""Sequences of differing lengths → batches that hold little padding, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

HELD: Final = 32
"""Batches whose sequences are sorted together, and whose results are in memory together."""

Indices = list[int]


def windows(lengths: Sequence[int], tokens: int, held: int = HELD) -> Iterator[range]:
    """Cut sequences into runs that are sorted and held in memory together.

    Args:
        lengths: tokens of each.
        tokens: of a batch.
        held: batches of a run.
    """
    first, total = 0, 0
    for index, length in enumerate(lengths):
        if total and total + length > held * tokens:
            yield range(first, index)
            first, total = index, 0
        total += length
    if total:
        yield range(first, len(lengths))


def batches(window: range, lengths: Sequence[int], tokens: int) -> Iterator[Indices]:
    """Put sequences of like lengths together, longest first.

    Args:
        window: which sequences.
        lengths: tokens of each.
        tokens: the most that a batch may hold, padding included; a longer sequence goes alone.

    >>> list(batches(range(5), [3, 9, 3, 4, 20], 12))
    [[4], [1], [3, 0, 2]]
    """
    batch: Indices = []
    for index in sorted(window, key=lambda i: (-lengths[i], i)):
        if batch and lengths[batch[0]] * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch

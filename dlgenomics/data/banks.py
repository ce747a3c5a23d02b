"""Rows of one array: held in memory, or read from a file when they are asked for.

Both give the same numbers; which it is depends on size alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.split import Rows
from dlgenomics.settings import load_settings


class Bank(Protocol):
    """Rows of one array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole array, rows first."""
        ...

    @property
    def itemsize(self) -> int:
        """The bytes of one number."""
        ...

    def take(self, rows: Rows) -> NDArray[Any]:
        """Return some rows, in the order asked for."""
        ...


@dataclass(frozen=True, eq=False)
class Held:
    """An array in memory."""

    values: NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self.values.shape

    @property
    def itemsize(self) -> int:
        """The bytes of one number."""
        return self.values.itemsize

    def take(self, rows: Rows) -> NDArray[Any]:
        """Return some rows."""
        found: NDArray[Any] = self.values[rows]
        return found


@dataclass(frozen=True, eq=False)
class GenomeBank:
    """Sequences of windows of one length; beyond a contig's ends stands N.

    Args:
        genome: an open genome; the windows have been checked.
        windows: 0-based half-open, all of one length; minus strands are reverse-complemented.
    """

    genome: Genome
    windows: Intervals
    itemsize: int = 1

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(windows, length)."""
        return (len(self.windows), int(self.windows.end[0] - self.windows.start[0]))

    def take(self, rows: Rows) -> NDArray[Any]:
        """Return uint8 codes, shape (rows, length)."""
        if not len(rows):
            return np.empty((0, self.shape[1]), np.uint8)
        return self.genome.fetch(self.windows[rows], pad=True)


@dataclass(frozen=True, eq=False)
class Joined:
    """Several banks, one after the other."""

    banks: Sequence[Bank]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The shape of all together."""
        return (sum(bank.shape[0] for bank in self.banks), *self.banks[0].shape[1:])

    @property
    def itemsize(self) -> int:
        """The bytes of one number."""
        return self.banks[0].itemsize

    def take(self, rows: Rows) -> NDArray[Any]:
        """Return some rows; each bank is asked once."""
        first = np.cumsum([0, *(bank.shape[0] for bank in self.banks)])
        owner = np.searchsorted(first, rows, side="right") - 1
        parts = [(at, bank.take(rows[at] - start)) for number, (bank, start) in
                 enumerate(zip(self.banks, first, strict=False))
                 if len(at := np.flatnonzero(owner == number))]
        if not parts:
            return self.banks[0].take(rows)
        found = np.empty((len(rows), *self.shape[1:]), parts[0][1].dtype)
        for at, values in parts:
            found[at] = values
        return found


def join(banks: Sequence[Bank]) -> Bank:
    """Return banks one after the other."""
    return banks[0] if len(banks) == 1 else Joined(banks)


def hold(bank: Bank) -> Bank:
    """Return the bank in memory, if it is not larger than ``DLG_MEMORY`` allows."""
    if isinstance(bank, Held):
        return bank
    size = int(np.prod(bank.shape, dtype=np.float64)) * bank.itemsize
    if size > load_settings().memory:
        return bank
    return Held(bank.take(np.arange(bank.shape[0])))

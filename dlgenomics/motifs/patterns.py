"""A motif as TF-MoDISco finds it: places where contributions look alike, laid over each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""Float64, shape (width, 4), columns in the order A C G T."""

_LEAST: Final = 0.2
"""A column belongs to the core if its contributions reach this share of the largest column's."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where a pattern stands, one place each in all arrays.

    Attributes:
        sequence: the number of the sequence, from 0.
        start: the first position of the pattern, 0-based.
        minus: whether it stands on the other strand.
    """

    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    minus: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, eq=False)
class Pattern:
    """A motif that contributions repeat.

    Attributes:
        name: such as ``positive_1``; the number counts from that with most places.
        probabilities: how often each letter stands at each position.
        contributions: what each letter contributes there on average.
        places: where it stands.
    """

    name: str
    probabilities: Matrix
    contributions: Matrix
    places: Places

    @property
    def core(self) -> slice:
        """The columns from the first to the last that contribute much."""
        size = np.abs(self.contributions).sum(axis=1)
        much = np.flatnonzero(size >= _LEAST * size.max())
        return slice(int(much[0]), int(much[-1]) + 1)

    @property
    def is_positive(self) -> bool:
        """Whether it raises what was explained."""
        return bool(self.contributions.sum() > 0)

    @property
    def letters(self) -> str:
        """The most frequent letters of the core."""
        return "".join("ACGT"[i] for i in self.probabilities[self.core].argmax(axis=1))

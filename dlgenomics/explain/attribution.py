"""What a method finds for a batch, and the sums that several methods share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import OneHot
from dlgenomics.explain.references import Several

Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Scores of a batch.

    Attributes:
        hypothetical: float32, shape (batch, length, 4): what each letter would contribute if it
            stood there, all else equal. At the letter that does stand there it is the contribution.
        baseline: shape (batch,): the explained number of the references, which the contributions
            should lift to that of the sequence; None where a method compares with none.
        details: further arrays that a method finds on its way, by name, each (batch, length, 4).
    """

    hypothetical: Numbers
    baseline: Numbers | None = None
    details: Mapping[str, Numbers] = field(default_factory=dict)


class Case(Protocol):
    """A batch of sequences and the network as a function of them, all other inputs held."""

    @property
    def x(self) -> OneHot:
        """The sequences: float32, shape (batch, length, 4)."""

    def values(self, variants: Several) -> Numbers:
        """Return the explained number of variants (batch, k, length, 4): shape (batch, k)."""

    def gradients(self, variants: Several) -> Numbers:
        """Return its gradient at variants: shape (batch, k, length, 4)."""

    def substituted(self, letters: NDArray[np.int64]) -> Numbers:
        """Return the number with one letter replaced, everywhere in turn.

        Args:
            letters: the codes of the new letters: shape (batch, length, choices).

        Returns:
            The same shape.
        """

    def multipliers(self, references: Several) -> Numbers:
        """Return DeepLIFT's multipliers against references: shape (batch, k, length, 4)."""

    def attention(self) -> Mapping[str, Numbers]:
        """Return the share of attention of each base by layer, each (batch, length)."""


class Method(Protocol):
    """A way to score bases; its settings are its attributes."""

    def attribute(self, case: Case) -> Attribution:
        """Score a batch."""


def against_references(multipliers: Several, references: Several) -> Numbers:
    """Return what each letter would contribute, given what a unit of each letter does.

    A letter brings its own multiplier and takes away those of the reference that it replaces.

    Args:
        multipliers: shape (batch, references, length, 4).
        references: the same shape.

    Returns:
        The mean over the references: shape (batch, length, 4).
    """
    replaced = (multipliers * references).sum(axis=-1, keepdims=True)
    found: Numbers = (multipliers - replaced).mean(axis=1)
    return found


def mean_along_path(case: Case, references: Several, steps: int) -> Several:
    """Return the mean gradient on the straight way from references to the sequences.

    The way is cut into ``steps`` equal parts, each seen from its midpoint.
    """
    total = np.zeros(references.shape, np.float64)
    change = case.x[:, None] - references
    for step in range(steps):
        total += case.gradients(references + np.float32((step + 0.5) / steps) * change)
    return (total / steps).astype(np.float32)

"""Tasks with one motif: is it there, how often, and where?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError
from dlgenomics.simulate.motifs import Motif
from dlgenomics.simulate.scene import Scene, Unit
from dlgenomics.simulate.task import Labels, Range, TwoClasses, range_text, require_range

POSITIVE_AND_NEGATIVE: Final = (1, 0)


@dataclass(frozen=True)
class SingleMotif(TwoClasses):
    """Positives have the motif once, anywhere; negatives are background."""

    question: ClassVar[str] = "Is the motif there?"
    motif: Motif

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The motif."""
        return (self.motif,)

    def scenes(self, labels: Labels, length: int, rng: np.random.Generator) -> Iterator[Scene]:
        """Put the motif into positives."""
        yield _repeated(self.motif, np.flatnonzero(labels[:, 0] == 1), (1, 1), 0, length, rng)


@dataclass(frozen=True)
class MotifCounting(TwoClasses):
    """Positives have many instances of the motif, negatives few, anywhere.

    Attributes:
        motif: the motif.
        positive, negative: how many; each number is equally likely.
    """

    question: ClassVar[str] = "Are there many motifs, or few?"
    motif: Motif
    positive: Range = (3, 5)
    negative: Range = (0, 2)

    def __post_init__(self) -> None:
        require_range(self.positive, "the numbers of motifs in positives")
        require_range(self.negative, "the numbers of motifs in negatives")
        if self.positive[0] <= self.negative[1] and self.negative[0] <= self.positive[1]:
            raise DataError("positives and negatives must have different numbers of motifs. "
                            f"Received: {range_text(self.positive)} and "
                            f"{range_text(self.negative)}.", path="simulate motif-counting")

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The motif."""
        return (self.motif,)

    def scenes(self, labels: Labels, length: int, rng: np.random.Generator) -> Iterator[Scene]:
        """Put many motifs into positives, few into negatives."""
        for label, counts in zip(POSITIVE_AND_NEGATIVE, (self.positive, self.negative),
                                 strict=True):
            rows = np.flatnonzero(labels[:, 0] == label)
            yield _repeated(self.motif, rows, counts, 0, length, rng)


@dataclass(frozen=True)
class DensityLocalization(TwoClasses):
    """All have the motif several times: positives in the centre, negatives anywhere.

    Attributes:
        motif: the motif.
        counts: how many; each number is equally likely.
        center: bp in the middle where those of positives lie.
    """

    question: ClassVar[str] = "Are the motifs in the centre, or anywhere?"
    motif: Motif
    counts: Range = (2, 4)
    center: int = 150

    def __post_init__(self) -> None:
        require_range(self.counts, "the numbers of motifs", least=1)

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The motif."""
        return (self.motif,)

    def scenes(self, labels: Labels, length: int, rng: np.random.Generator) -> Iterator[Scene]:
        """Put motifs into the centre of positives, and anywhere into negatives."""
        low = (length - self.center) // 2
        for label, (first, end) in zip(POSITIVE_AND_NEGATIVE,
                                       ((low, low + self.center), (0, length)), strict=True):
            rows = np.flatnonzero(labels[:, 0] == label)
            yield _repeated(self.motif, rows, self.counts, first, end, rng)


def _repeated(motif: Motif, rows: NDArray[np.int64], counts: Range, low: int, end: int,
              rng: np.random.Generator) -> Scene:
    """Return a scene with so many instances of the first motif in each row."""
    least, most = counts
    drawn = rng.integers(least, most, len(rows), endpoint=True)
    return Scene(rows, (Unit(((0, 0),), motif.width),) * most, np.arange(most) < drawn[:, None],
                 low, end)

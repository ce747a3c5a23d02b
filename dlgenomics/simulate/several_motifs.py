"""Tasks with several motifs: which are there, and how do they stand to each other?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError
from dlgenomics.simulate.motifs import Motif
from dlgenomics.simulate.scene import Scene, Unit
from dlgenomics.simulate.task import Labels, Range, TwoClasses, require_range


@dataclass(frozen=True)
class MultiMotif:
    """Which of several motifs are there? A label for each motif.

    Attributes:
        motifs: the motifs, each at most once in a sequence.
        counts: how many of them a sequence has; each number is equally likely, then each choice of
            so many motifs. Without it, each motif has a coin of its own, so that one says nothing
            about the others.
    """

    question: ClassVar[str] = "Which of several motifs are there?"
    motifs: tuple[Motif, ...]
    counts: Range | None = None

    def __post_init__(self) -> None:
        _require_names(self.motifs, 2, "multi-motif")
        if self.counts:
            require_range(self.counts, "the numbers of motifs", most=len(self.motifs))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the motifs."""
        return tuple(motif.name for motif in self.motifs)

    def labels(self, count: int, rng: np.random.Generator) -> Labels:
        """Draw which motifs each sequence has: 0 or 1, shape (count, motifs)."""
        if self.counts:
            return _subsets(count, len(self.motifs), self.counts, rng).astype(np.int64)
        return rng.integers(0, 2, (count, len(self.motifs)))

    def scenes(self, labels: Labels, length: int,
               rng: np.random.Generator) -> Iterator[Scene]:  # noqa: ARG002 - all is in the labels
        """Put in what the labels say."""
        yield Scene(np.arange(len(labels)), _units(self.motifs), labels == 1, 0, length)


@dataclass(frozen=True)
class DifferentialAccessibility:
    """Two conditions, each with motifs of its own: in which is a sequence accessible?

    Half of the sequences have motifs of the first condition, half of the second.

    Attributes:
        first, second: the motifs of each condition.
        counts: how many different ones of them a sequence has; each number is equally likely.
    """

    question: ClassVar[str] = "In which of two conditions is it open?"
    columns: ClassVar[tuple[str, ...]] = ("condition1", "condition2")
    first: tuple[Motif, ...]
    second: tuple[Motif, ...]
    counts: Range = (1, 1)

    def __post_init__(self) -> None:
        _require_names(self.motifs, 2, "differential-accessibility")
        fewest = min(len(self.first), len(self.second))
        require_range(self.counts, "the numbers of motifs", least=1, most=fewest)

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The motifs of both conditions."""
        return (*self.first, *self.second)

    def labels(self, count: int, rng: np.random.Generator) -> Labels:
        """Draw labels: 0 or 1, shape (count, 2); each row has a single 1."""
        first = rng.permutation(np.arange(count) % 2)
        return np.stack([first, 1 - first], axis=1)

    def scenes(self, labels: Labels, length: int, rng: np.random.Generator) -> Iterator[Scene]:
        """Put in motifs of the condition that the labels say."""
        units = _units(self.motifs)
        for column, own in ((0, units[:len(self.first)]), (1, units[len(self.first):])):
            rows = np.flatnonzero(labels[:, column])
            yield Scene(rows, own, _subsets(len(rows), len(own), self.counts, rng), 0, length)


@dataclass(frozen=True)
class HeterodimerGrammar(TwoClasses):
    """Both motifs are in all: side by side in positives, independent of each other in negatives.

    In positives, the second motif follows the first at a short distance, both on one strand, which
    is either; in negatives each lies anywhere on a strand of its own, but never at such a distance.

    Attributes:
        first, second: the motifs.
        spacing: bp between them in positives; each number is equally likely.
    """

    question: ClassVar[str] = "Do two motifs stand side by side, or anywhere?"
    first: Motif
    second: Motif
    spacing: Range = (2, 5)

    def __post_init__(self) -> None:
        _require_names(self.motifs, 2, "heterodimer-grammar")
        require_range(self.spacing, "the bp between the motifs")

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The two motifs."""
        return (self.first, self.second)

    def scenes(self, labels: Labels, length: int, rng: np.random.Generator) -> Iterator[Scene]:
        """Put pairs into positives, single motifs into negatives."""
        least, most = self.spacing
        positives = np.flatnonzero(labels[:, 0] == 1)
        drawn = rng.integers(least, most, len(positives), endpoint=True)
        for spacing in range(least, most + 1):
            rows = positives[drawn == spacing]
            yield Scene(rows, (self._pair(spacing),), np.ones((len(rows), 1), bool), 0, length)
        rows = np.flatnonzero(labels[:, 0] == 0)
        yield Scene(rows, _units(self.motifs), np.ones((len(rows), 2), bool), 0, length,
                    not_apart_by=self.spacing)

    def _pair(self, spacing: int) -> Unit:
        offset = self.first.width + spacing
        return Unit(((0, 0), (1, offset)), offset + self.second.width)


def _units(motifs: tuple[Motif, ...]) -> tuple[Unit, ...]:
    return tuple(Unit(((index, 0),), motif.width) for index, motif in enumerate(motifs))


def _subsets(count: int, size: int, counts: Range, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw subsets of each number in turn equally often: shape (count, size)."""
    drawn = rng.integers(counts[0], counts[1], count, endpoint=True)
    places = rng.random((count, size)).argsort(axis=1)
    found: NDArray[np.bool_] = places < drawn[:, None]
    return found


def _require_names(motifs: tuple[Motif, ...], least: int, task: str) -> None:
    names = [motif.name for motif in motifs]
    if len(set(names)) < max(least, len(names)):
        raise DataError(f"{task} must have {least} different motifs at least. "
                        f"Received: {', '.join(names) or 'none'}.", path=f"simulate {task}")

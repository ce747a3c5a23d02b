"""What a task is: labels, and scenes that fit them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError
from dlgenomics.simulate.motifs import Motif
from dlgenomics.simulate.scene import Scene

Labels = NDArray[np.int64]
Range = tuple[int, int]
"""A least and a greatest number, both included."""


class Task(Protocol):
    """A question about motifs in sequences."""

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The motifs that it embeds."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its labels."""

    def labels(self, count: int, rng: np.random.Generator) -> Labels:
        """Draw labels: 0 or 1, shape (count, columns)."""

    def scenes(self, labels: Labels, length: int, rng: np.random.Generator) -> Iterator[Scene]:
        """Say what goes where; each scene is drawn when it is asked for."""


class TwoClasses:
    """Half of the sequences positive, in random order, under the label ``bound``."""

    columns: ClassVar[tuple[str, ...]] = ("bound",)

    def labels(self, count: int, rng: np.random.Generator) -> Labels:
        """Draw labels: 0 or 1, shape (count, 1)."""
        return rng.permutation(np.arange(count) % 2)[:, None]


def require_range(given: Range, what: str, *, least: int = 0, most: int | None = None) -> None:
    """Require a range in order and within limits.

    Raises:
        DataError: it is not; ``what`` says of what.
    """
    if not least <= given[0] <= given[1] or (most is not None and given[1] > most):
        upper = "" if most is None else f" and {most} at most"
        raise DataError(f"{what} must be {least} at least{upper}, the lower number first. "
                        f"Received: {range_text(given)}.", path="simulate")


def range_text(given: Range) -> str:
    """Return a range as it is written: ``2-4``."""
    return f"{given[0]}-{given[1]}"

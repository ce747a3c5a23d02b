"""What a writer is told before the first row, and what every writer does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers.result import Result


@dataclass(frozen=True)
class Heading:
    """What is known before the first row.

    Attributes:
        naming: how predictions become columns.
        lengths: of the genome's contigs, where there is a genome.
        column: the column that a format with one number at a place takes; None: the only one.
    """

    naming: Naming = field(default_factory=Naming)
    lengths: Mapping[str, int] = field(default_factory=dict)
    column: str | None = None


class Writer(Protocol):
    """Takes rows of predictions, in order."""

    def write(self, result: Result) -> None:
        """Add rows; every call brings the same columns."""

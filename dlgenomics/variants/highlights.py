"""The alleles with the largest effects, for pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from dlgenomics.errors import DlgError
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.writers.scored import Scored

EFFECTS: Final = ("diff", "logit_diff", "logit", "log_odds", "profile_max")
"""Scores with a sign, which a picture can show; the first that is computed is taken."""

MOST: Final = 2000


@dataclass(frozen=True)
class Effect:
    """What one allele does to the column that it changes most.

    Attributes:
        allele: the allele.
        contig: as the VCF names it.
        value: the score.
        column: the column.
    """

    allele: Allele
    contig: str
    value: float
    column: str

    @property
    def position(self) -> int:
        """POS, which counts from 1."""
        return self.allele.start + 1

    @property
    def label(self) -> str:
        """The variant, such as ``chr1:54,490 G>A``; long alleles are cut."""
        ref, alt = (text if len(text) <= 6 else f"{text[:3]}…({len(text)} bp)"
                    for text in (self.allele.ref, self.allele.alt))
        return f"{self.contig}:{self.position:,} {ref}>{alt}"


@dataclass
class Highlights:
    """Collects the alleles with the largest effects, at most `MOST`.

    Attributes:
        score: which score is collected.
        columns: the names of its columns.
        count: how many alleles came by.
    """

    score: str
    columns: Sequence[str]
    count: int = 0
    _effects: list[Effect] = field(default_factory=list)

    def write(self, scored: Scored) -> None:
        """Take in some records."""
        for (record, one), values in zip(scored.flat(), scored.scores[self.score], strict=True):
            if not one.skipped:
                place = int(np.abs(values).argmax())
                self._effects.append(Effect(one, record.contig, float(values[place]),
                                            self.columns[place]))
                self.count += 1
        if len(self._effects) > 2 * MOST:
            self._effects = self.strongest(MOST)

    def strongest(self, count: int) -> list[Effect]:
        """Return the alleles with the largest effects, the largest first."""
        return sorted(self._effects, key=lambda one: -abs(one.value))[:count]

    def around(self, effect: Effect, reach: int) -> list[Effect]:
        """Return those at most ``reach`` bases from one, by position."""
        near = [one for one in self.strongest(MOST) if one.contig == effect.contig
                and abs(one.position - effect.position) <= reach]
        return sorted(near, key=lambda one: one.position)


def highlights_of(described: Mapping[str, Sequence[str]]) -> Highlights:
    """Return what collects the effects of a plan.

    Args:
        described: the columns of each score.

    Raises:
        DlgError: no score has a sign.
    """
    for score in EFFECTS:
        if score in described:
            return Highlights(score, described[score])
    raise DlgError(f"a picture shows one of the scores {', '.join(EFFECTS)}. Received: "
                   f"{', '.join(described)}. Add one with --scores (scores=).")

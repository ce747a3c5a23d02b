"""Some records with the scores of their alleles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.scores import Numbers
from dlgenomics.variants.vcf import Record


@dataclass(frozen=True, eq=False)
class Scored:
    """Some records, in order.

    Attributes:
        records: as they were read.
        alleles: of each record.
        scores: float64, shape (alleles, columns), by score; NaN for skipped alleles.
        unknown: how many letters of each allele's reference window are N.
        profiles: alt less ref along positions, by output; NaN for skipped alleles.
    """

    records: Sequence[Record]
    alleles: Sequence[Sequence[Allele]]
    scores: Mapping[str, Numbers]
    unknown: NDArray[np.int64]
    profiles: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def flat(self) -> list[tuple[Record, Allele]]:
        """Return each allele with its record."""
        return [(record, one) for record, ones in zip(self.records, self.alleles, strict=True)
                for one in ones]

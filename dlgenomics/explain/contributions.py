"""The outcome: what each base of many sequences contributes to one number of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, OneHot
from dlgenomics.explain.attribution import Numbers
from dlgenomics.explain.substrate import codes_of
from dlgenomics.predict.loaders.ranges import Ranges


@dataclass(frozen=True, eq=False)
class Contributions:
    """Scores of sequences, in their order.

    Attributes:
        model: the model's name.
        method: the method and its settings, such as ``ig, references shuffles:5, steps 50``.
        quantity: the number that is explained, in words.
        names: of the sequences.
        one_hot: float32, shape (sequences, length, 4).
        hypothetical: what each letter would contribute if it stood there; the same shape.
        values: the explained number of each sequence.
        baseline: that of what each was compared with; NaN where a method compares with nothing.
        details: further arrays of the method, by name; the same shape.
        places: where the sequences lie in a genome, if they do.
    """

    model: str
    method: str
    quantity: str
    names: tuple[str, ...]
    one_hot: OneHot
    hypothetical: Numbers
    values: Numbers
    baseline: Numbers
    details: Mapping[str, Numbers] = field(default_factory=dict)
    places: Ranges | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def codes(self) -> Codes:
        """The letters: uint8, shape (sequences, length)."""
        return codes_of(self.one_hot)

    @property
    def actual(self) -> Numbers:
        """What the letter that is there contributes: shape (sequences, length)."""
        found: Numbers = (self.one_hot * self.hypothetical).sum(axis=-1)
        return found

    @property
    def every_letter(self) -> Numbers:
        """What each letter changes, if the method says so (mutagenesis), or would contribute."""
        return self.details.get("difference", self.hypothetical)

    @property
    def gap(self) -> NDArray[np.float64]:
        """The completeness gap: what of value less baseline the contributions do not add up to."""
        total = self.actual.astype(np.float64).sum(axis=1)
        found: NDArray[np.float64] = self.values.astype(np.float64) - self.baseline - total
        return found

    @property
    def largest_gap(self) -> float | None:
        """The gap of the sequence where it is largest; None where there is no such thing."""
        known = np.abs(self.gap[~np.isnan(self.gap)])
        return float(known.max()) if len(known) else None

"""DeepLIFT with the rescale rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlgenomics.explain.attribution import Attribution, Case, against_references
from dlgenomics.explain.references import References, Shuffles


@dataclass(frozen=True)
class DeepLift:
    """Follows the difference between sequence and reference back through the network.

    Shrikumar, Greenside and Kundaje, Learning important features through propagating activation
    differences, 2017, arXiv:1704.02685. The contributions add up exactly to the difference of the
    explained number. Layers without a rule are refused; see `dlgenomics.explain.rules`.

    Attributes:
        references: what is compared with; with several, the mean.
    """

    references: References = field(default_factory=Shuffles)

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with one backward pass for each sequence and reference."""
        drawn = self.references.draw(case.x)
        multipliers = case.multipliers(drawn)
        return Attribution(against_references(multipliers, drawn), case.values(drawn).mean(axis=1))

"""Integrated gradients."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlgenomics.explain.attribution import (
    Attribution,
    Case,
    against_references,
    mean_along_path,
)
from dlgenomics.explain.references import References, Shuffles


@dataclass(frozen=True)
class IntegratedGradients:
    """The gradient along the straight way from a reference to the sequence, times their difference.

    Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, 2017, arXiv:1703.01365.
    With several references, the mean. The contributions add up to the difference of the explained
    number between sequence and references, but for the gap that finitely many steps leave.

    Attributes:
        references: where the ways begin.
        steps: midpoints on each way; the gap shrinks with more.
    """

    references: References = field(default_factory=Shuffles)
    steps: int = 50

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with ``steps`` gradients for each sequence and reference."""
        drawn = self.references.draw(case.x)
        gradients = mean_along_path(case, drawn, self.steps)
        return Attribution(against_references(gradients, drawn), case.values(drawn).mean(axis=1))

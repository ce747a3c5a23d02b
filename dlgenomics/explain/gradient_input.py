"""Gradient times input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgenomics.explain.attribution import Attribution, Case


@dataclass(frozen=True)
class GradientInput:
    """The gradient at the letter that is there: its whole contribution if the network were linear.

    Shrikumar et al., Not just a black box, 2016, arXiv:1605.01713. The gap is against no letters at
    all; it is large wherever the network bends.
    """

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with one gradient for each sequence."""
        baseline = case.values(np.zeros_like(case.x[:, None]))[:, 0]
        return Attribution(case.gradients(case.x[:, None])[:, 0], baseline)

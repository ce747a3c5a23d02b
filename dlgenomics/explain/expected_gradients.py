"""Expected gradients."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dlgenomics.explain.attribution import Attribution, Case, against_references
from dlgenomics.explain.references import References, Shuffles


@dataclass(frozen=True)
class ExpectedGradients:
    """Integrated gradients with many references, each seen from one random place on its way.

    Erion et al., Improving performance of deep learning models with axiomatic attribution priors
    and expected gradients, Nature Machine Intelligence 2021, doi:10.1038/s42256-021-00343-w. For
    the same work, more references than `IntegratedGradients` and a rougher way.

    Attributes:
        references: where the ways begin.
        samples: gradients for each sequence; the references take turns.
        seed: of the places on the ways, which are the same for all sequences.
    """

    references: References = field(default_factory=lambda: Shuffles(20))
    samples: int = 200
    seed: int = 1

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with ``samples`` gradients for each sequence."""
        drawn = self.references.draw(case.x)
        count = drawn.shape[1]
        places = np.random.default_rng(self.seed).random(self.samples, np.float32)
        total = np.zeros(case.x.shape, np.float64)
        for first in range(0, self.samples, count):
            here = places[first:first + count, None, None]
            starts = drawn[:, :len(here)]
            gradients = case.gradients(starts + here * (case.x[:, None] - starts))
            total += against_references(gradients, starts) * len(here)
        return Attribution((total / self.samples).astype(np.float32),
                           _mean_value(case.values(drawn), self.samples))


def _mean_value(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
                samples: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the mean over references as often as each was taken."""
    turns = np.bincount(np.arange(samples) % values.shape[1], minlength=values.shape[1])
    return (values @ (turns / samples)).astype(np.float32)

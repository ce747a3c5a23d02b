"""The gradient, less its mean over the four letters."""

from __future__ import annotations

from dataclasses import dataclass

from dlgenomics.explain.attribution import Attribution, Case


@dataclass(frozen=True)
class Gradient:
    """What a letter changes to first order, compared with the average letter at its position.

    It is what mutagenesis finds if the network is linear near the sequence. What a gradient says of
    all four letters together is about sequences that cannot be (Majdandzic et al., Correcting
    gradient-based interpretations of deep neural networks for genomics, Genome Biology 2023,
    doi:10.1186/s13059-023-02956-3), so it is taken off. ``details`` has ``gradient``, as it is.
    """

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with one gradient for each sequence."""
        gradient = case.gradients(case.x[:, None])[:, 0]
        centred = gradient - gradient.mean(axis=-1, keepdims=True)
        return Attribution(centred, details={"gradient": gradient})

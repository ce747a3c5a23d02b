"""Attention: where the layers of a network look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgenomics.explain.attribution import Attribution, Case


@dataclass(frozen=True)
class Attention:
    """How much of the attention each base gets; all bases together get 1.

    The mean over heads, over the positions that attend, and over the layers with attention. A
    position of such a layer stands for several bases, which share what it gets. Attention says
    where a network looks, not what it makes of it: it has no sign, is the same for every target,
    and has no completeness gap (Jain and Wallace, Attention is not explanation, 2019,
    arXiv:1902.10186). Letters that are not there get nothing. ``details`` has each layer alone.
    """

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with one pass through the network.

        Raises:
            DlgError: the network has no attention.
        """
        found = {f"attention/{name}": case.x * one[..., None]
                 for name, one in case.attention().items()}
        return Attribution(np.mean(list(found.values()), axis=0), details=found)

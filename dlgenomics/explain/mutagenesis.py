"""In-silico saturation mutagenesis: every letter at every position, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dlgenomics.data.encoding import UNKNOWN
from dlgenomics.explain.attribution import Attribution, Case, Numbers
from dlgenomics.explain.substrate import codes_of

_OTHERS: Final = np.arange(1, 4)
"""From a letter's code to those of the three others, modulo four."""


@dataclass(frozen=True)
class Mutagenesis:
    """Replaces each base by the three others and looks what becomes of the explained number.

    The score of a letter is its number less the mean of the four letters at that position: a base
    that matters is better, or worse, than the average letter. ``details`` has ``difference``, the
    number of each mutant less that of the sequence. N has no score. The scores do not add up to
    anything, so there is no completeness gap. Where the network allows, only what a letter reaches
    is computed again; see `dlgenomics.explain.reach`.
    """

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with three evaluations of the network for each base."""
        codes = codes_of(case.x)
        letters = (codes[..., None].astype(np.int64) + _OTHERS) % 4
        own = case.values(case.x[:, None])
        difference = np.zeros(case.x.shape, np.float32)
        np.put_along_axis(difference, letters, case.substituted(letters) - own[:, :, None], axis=2)
        difference[codes == UNKNOWN] = 0
        centred: Numbers = difference - difference.mean(axis=-1, keepdims=True)
        return Attribution(centred, details={"difference": difference})

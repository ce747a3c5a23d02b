"""In-silico saturation mutagenesis: every letter at every position, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, OneHot
from dlgenomics.explain.attribution import Attribution, Case, Numbers
from dlgenomics.explain.references import Several
from dlgenomics.explain.substrate import codes_of

_BLOCK: Final = 1 << 22
"""Bases of mutants that are made at once: 64 MB."""

_OTHERS: Final = np.arange(1, 4)
"""From a letter's code to those of the three others, modulo four."""


@dataclass(frozen=True)
class Mutagenesis:
    """Replaces each base by the three others and looks what becomes of the explained number.

    The score of a letter is its number less the mean of the four letters at that position: a base
    that matters is better, or worse, than the average letter. ``details`` has ``difference``, the
    number of each mutant less that of the sequence. N has no score. The scores do not add up to
    anything, so there is no completeness gap.
    """

    def attribute(self, case: Case) -> Attribution:
        """Score a batch, with three evaluations of the network for each base."""
        count, length = case.x.shape[:2]
        own = case.values(case.x[:, None])
        difference = np.zeros(case.x.shape, np.float32)
        at_once = max(1, _BLOCK // (len(_OTHERS) * max(count, 1) * length))
        for first in range(0, length, at_once):
            positions = np.arange(first, min(first + at_once, length))
            letters = other_letters(case.x, positions)
            values = case.values(mutants(case.x, positions, letters)).reshape(letters.shape)
            here = difference[:, positions]
            np.put_along_axis(here, letters, values - own[:, :, None], axis=2)
            difference[:, positions] = here
        difference[codes_of(case.x) == UNKNOWN] = 0
        centred: Numbers = difference - difference.mean(axis=-1, keepdims=True)
        return Attribution(centred, details={"difference": difference})


def other_letters(x: OneHot, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the three letters that each sequence does not have at some positions.

    Returns:
        shape (sequences, positions, 3).
    """
    found: NDArray[np.int64] = (codes_of(x)[:, positions, None].astype(np.int64) + _OTHERS) % 4
    return found


def mutants(x: OneHot, positions: NDArray[np.int64], letters: NDArray[np.int64]) -> Several:
    """Return copies of sequences with one letter replaced in each.

    Args:
        x: shape (sequences, length, 4).
        positions: where.
        letters: by what: shape (sequences, positions, choices).

    Returns:
        Shape (sequences, positions * choices, length, 4), position by position.
    """
    choices = letters.shape[2]
    found = np.repeat(x[:, None], len(positions) * choices, axis=1)
    each = np.arange(found.shape[1])
    new = np.eye(4, dtype=np.float32)[letters.reshape(len(x), -1)]
    found[:, each, np.repeat(positions, choices)] = new
    return found

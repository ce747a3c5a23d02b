"""How predictions for two alleles become scores; the names and definitions of Kipoi's are kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError, did_you_mean

Numbers = NDArray[np.float64]

_LOWEST: Final = float(np.finfo(np.float32).tiny)
_HIGHEST: Final = 1 - 2.0**-24
"""The float32 numbers next to 0 and 1, which stand for 0 and 1 themselves: their logits are
infinite."""


class Pair(Protocol):
    """What a network says of the two alleles: float64, shape (alleles, columns)."""

    @property
    def ref(self) -> Numbers:
        """For the reference allele."""

    @property
    def alt(self) -> Numbers:
        """For the alternative allele."""


def logit_of(values: Numbers) -> Numbers:
    """Return the natural logarithm of the odds; 0 and 1 count as the nearest float32."""
    held = np.clip(values, _LOWEST, _HIGHEST)
    found: Numbers = np.log(held) - np.log1p(-held)
    return found


def _logit(pair: Pair) -> Numbers:
    return logit_of(pair.alt) - logit_of(pair.ref)


SCORES: Final[Mapping[str, tuple[Callable[[Pair], Numbers], str]]] = {
    "ref": (lambda pair: pair.ref, "prediction for the reference allele"),
    "alt": (lambda pair: pair.alt, "prediction for the alternative allele"),
    "diff": (lambda pair: pair.alt - pair.ref, "alt less ref"),
    "logit_ref": (lambda pair: logit_of(pair.ref), "natural log of the odds of ref"),
    "logit_alt": (lambda pair: logit_of(pair.alt), "natural log of the odds of alt"),
    "logit": (_logit, "logit_alt less logit_ref"),
    "log_odds": (lambda pair: _logit(pair) / math.log(2), "log2 of the ratio of the odds"),
    "deepsea_effect": (lambda pair: np.abs(_logit(pair)) * np.abs(pair.alt - pair.ref),
                       "absolute logit times absolute diff"),
}
"""Scores of each column of the output: how they are computed and what they are."""

OF_NETWORK: Final = {"logit_diff": "alt less ref of what comes before the last activation"}
OF_ALLELE: Final = {"absmax": "the largest absolute diff of all columns"}
OF_PROFILE: Final = {
    "profile_max": "alt less ref at the position where they differ most",
    "profile_at": "that position, in positions of the output from the one that holds POS",
    "profile_l1": "sum over positions of the absolute differences",
}
ALL_SCORES: Final = {**{name: words for name, (_, words) in SCORES.items()}, **OF_NETWORK,
                     **OF_ALLELE, **OF_PROFILE}
"""Every score by name, in words."""

OF_PROBABILITIES: Final = frozenset(
    {"logit_ref", "logit_alt", "logit", "log_odds", "deepsea_effect"})
"""Those that need numbers between 0 and 1."""


def check_scores(names: Sequence[str]) -> tuple[str, ...]:
    """Return score names, each once.

    Raises:
        DlgError: there is no such score.
    """
    for name in names:
        if name not in ALL_SCORES:
            raise DlgError(f"a score is one of {', '.join(ALL_SCORES)}. Received: {name!r}."
                           f"{did_you_mean(name, ALL_SCORES)}")
    if not names:
        raise DlgError(f"name at least one score of {', '.join(ALL_SCORES)}. Received: none.")
    return tuple(dict.fromkeys(names))


def absmax(pair: Pair) -> Numbers:
    """Return the largest absolute difference over the columns: shape (alleles, 1)."""
    found: Numbers = np.abs(pair.alt - pair.ref).max(axis=1, keepdims=True)
    return found


def aligned_profile(profile: NDArray[np.float32], longer: int) -> NDArray[np.float32]:
    """Return the profile of an alternative allele, one base a position, at the reference's places.

    Behind an insertion its bases are left out; of a deletion they are NaN, and so is what lies
    past the profile's end.

    Args:
        profile: shape (positions, columns), the base of POS at ``positions // 2``.
        longer: bases that the alternative has more than the reference; less than 0 for a deletion.
    """
    centre = len(profile) // 2
    found = np.full_like(profile, np.nan)
    found[:centre + 1] = profile[:centre + 1]
    behind = profile[centre + 1 + max(longer, 0):]
    first = centre + 1 + max(-longer, 0)
    found[first:first + len(behind)] = behind[:len(found) - first]
    return found


def profile_scores(difference: Numbers, centre: int) -> dict[str, Numbers]:
    """Return the scores of profiles.

    Args:
        difference: alt less ref, shape (alleles, positions, columns); NaN counts as no difference.
        centre: the position that holds POS.

    Returns:
        Arrays of shape (alleles, columns) by score.
    """
    difference = np.nan_to_num(difference, nan=0.0)
    size = np.abs(difference)
    at = size.argmax(axis=1)
    largest = np.take_along_axis(difference, at[:, None], axis=1)[:, 0]
    return {"profile_max": largest, "profile_at": (at - centre).astype(np.float64),
            "profile_l1": size.sum(axis=1)}

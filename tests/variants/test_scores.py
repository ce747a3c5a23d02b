"""The definitions of the scores, against formulas written out with the math module."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from dlgenomics.errors import DlgError
from dlgenomics.variants.scores import (
    ALL_SCORES,
    SCORES,
    absmax,
    aligned_profile,
    check_scores,
    logit_of,
    profile_scores,
)


@dataclass
class Pair:
    ref: np.ndarray
    alt: np.ndarray


PAIR = Pair(np.array([[0.2, 0.5], [0.9, 0.01]]), np.array([[0.6, 0.5], [0.1, 0.02]]))


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


BY_HAND = {
    "ref": lambda r, a: r, "alt": lambda r, a: a, "diff": lambda r, a: a - r,
    "logit_ref": lambda r, a: _logit(r), "logit_alt": lambda r, a: _logit(a),
    "logit": lambda r, a: _logit(a) - _logit(r),
    "log_odds": lambda r, a: math.log2((a / (1 - a)) / (r / (1 - r))),
    "deepsea_effect": lambda r, a: abs(_logit(a) - _logit(r)) * abs(a - r),
}


@pytest.mark.parametrize("name", SCORES)
def test_scores_are_those_of_kipoi(name: str) -> None:
    found = SCORES[name][0](PAIR)
    expected = [[BY_HAND[name](r, a) for r, a in zip(*rows, strict=True)]
                for rows in zip(PAIR.ref, PAIR.alt, strict=True)]
    assert found == pytest.approx(np.array(expected), rel=1e-12)


def test_the_names_of_kipoi_are_kept() -> None:
    assert {"diff", "ref", "alt", "logit", "logit_ref", "logit_alt", "deepsea_effect"} <= set(ALL_SCORES)


def test_certainty_has_a_finite_logit() -> None:
    found = logit_of(np.array([0.0, 1.0]))
    assert np.isfinite(found).all()
    assert found[0] < -80
    assert found[1] == pytest.approx(24 * math.log(2), rel=1e-6)


def test_the_largest_difference_of_all_columns() -> None:
    assert absmax(PAIR).ravel().tolist() == pytest.approx([0.4, 0.8])


def test_profiles_are_summarized() -> None:
    difference = np.zeros((2, 5, 1))
    difference[0, :, 0] = [0, 1, -3, 2, 0]
    difference[1, :, 0] = [0.5, 0, 0, 0, 0]
    found = profile_scores(difference, 2)
    assert found["profile_max"].ravel().tolist() == [-3, 0.5]
    assert found["profile_at"].ravel().tolist() == [0, -2]
    assert found["profile_l1"].ravel().tolist() == [6, 0.5]


@pytest.mark.parametrize(("longer", "expected"), [
    (0, [0, 1, 2, 3, 4, 5, 6]), (2, [0, 1, 2, 3, 6, None, None]), (-2, [0, 1, 2, 3, None, None, 4]),
    (9, [0, 1, 2, 3, None, None, None]), (-9, [0, 1, 2, 3, None, None, None]),
])
def test_profiles_are_moved_to_the_places_of_the_reference(longer: int, expected: list[int | None]) -> None:
    found = aligned_profile(np.arange(7, dtype=np.float32)[:, None], longer).ravel()
    assert [None if np.isnan(value) else int(value) for value in found] == expected


def test_an_unknown_score_offers_the_near_one() -> None:
    with pytest.raises(DlgError, match="Did you mean 'logit'"):
        check_scores(["logitt"])
    with pytest.raises(DlgError, match="at least one score"):
        check_scores([])
    assert check_scores(["diff", "ref", "diff"]) == ("diff", "ref")

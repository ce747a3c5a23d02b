"""The four delta scores and positions of a variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

NAMES: Final = ("AG", "AL", "DG", "DL")
"""Acceptor gain and loss, donor gain and loss."""

_ACCEPTOR: Final = 1
_DONOR: Final = 2


@dataclass(frozen=True)
class Deltas:
    """What a variant does to splicing.

    Attributes:
        scores: four: the largest gain of an acceptor, loss of an acceptor, gain of a donor and loss
            of a donor within the distance.
        positions: where, in bases from POS; positive is to the right.
    """

    scores: tuple[float, ...]
    positions: tuple[int, ...]


def aligned(alt: Numbers, ref_length: int, alt_length: int, distance: int) -> Numbers:
    """Return the predictions for an alternative allele at the positions of the reference.

    Behind a deletion positions move to the right, and those of the deleted bases are 0. Of the
    bases of an insertion each probability is the largest.

    Args:
        alt: float32, shape (2 distance + 1 + alt_length - ref_length, 3), POS at ``distance``.
        ref_length: bases of REF; 1 if ``alt_length`` is more.
        alt_length: bases of ALT; 1 if ``ref_length`` is more.
        distance: bases on either side of POS.

    Returns:
        float32, shape (2 distance + 1, 3).
    """
    if ref_length > alt_length:
        gap = np.zeros((ref_length - alt_length, alt.shape[1]), np.float32)
        return np.concatenate([alt[:distance + alt_length], gap, alt[distance + alt_length:]])
    inserted = alt[distance:distance + alt_length].max(axis=0, keepdims=True)
    return np.concatenate([alt[:distance], inserted, alt[distance + alt_length:]])


def deltas(ref: Numbers, alt: Numbers, boundary: int | None = None) -> Deltas:
    """Return the delta scores of one variant in one gene.

    Args:
        ref: probabilities of neither, acceptor and donor: shape (2 distance + 1, 3).
        alt: the same of the alternative allele, `aligned`.
        boundary: where the nearest exon boundary is, in bases from POS: gains there and losses
            elsewhere are masked, as they change nothing. None masks nothing.
    """
    distance = len(ref) // 2
    scores, positions = [], []
    for channel in (_ACCEPTOR, _DONOR):
        gain = alt[:, channel] - ref[:, channel]
        for change, is_gain in ((gain, True), (-gain, False)):
            at = int(change.argmax())
            masked = boundary is not None and (at - distance == boundary) == is_gain
            scores.append(0.0 if masked else float(change[at]))
            positions.append(at - distance)
    return Deltas(tuple(scores), tuple(positions))

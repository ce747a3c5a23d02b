"""Runs TF-MoDISco over contributions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from dlgenomics.errors import DlgError
from dlgenomics.explain.contributions import Contributions
from dlgenomics.motifs.patterns import Pattern, Places

EXTRA: Final = "pip install 'dlgenomics[motifs]'"
_SHORTEST: Final = 60
"""bp that a sequence needs, so that windows of 40 bp do not all stand at its ends."""


def find_patterns(found: Contributions, *, most_places: int = 20_000,
                  clusterings: int = 2) -> list[Pattern]:
    """Find the motifs that contributions repeat, those that raise the number first.

    TF-MoDISco (Shrikumar et al., Technical note on Transcription Factor Motif Discovery from
    Importance Scores, 2018, arXiv:1811.00416) as modisco-lite implements it, with its defaults: it
    cuts out places with large contributions, clusters those that are alike, and lays each cluster
    over each other.

    Args:
        found: contributions of sequences.
        most_places: places that are clustered, of each sign.
        clusterings: Leiden clusterings with different seeds, of which the best counts.

    Raises:
        DlgError: modisco-lite is not installed, or the sequences are too short.
    """
    length = found.one_hot.shape[1]
    if length < _SHORTEST:
        raise DlgError(f"motifs are looked for in sequences of {_SHORTEST} bp or more. Received: "
                       f"{length} bp. Explain longer sequences.")
    discover = _modisco()
    if not found.actual.any():
        return []
    both = discover(one_hot=found.one_hot.astype(np.float32),
                    hypothetical_contribs=found.hypothetical.astype(np.float32),
                    max_seqlets_per_metacluster=most_places, n_leiden_runs=clusterings)
    return [_pattern(f"{sign}_{i}", one)
            for sign, patterns in zip(("positive", "negative"), both, strict=True)
            for i, one in enumerate(sorted(patterns or [], key=lambda p: -len(p.seqlets)), 1)]


def _modisco() -> Any:
    try:
        from modiscolite.tfmodisco import TFMoDISco  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DlgError("motifs are found by the package modisco-lite. Received: an installation "
                       f"without it. Run: {EXTRA}") from error
    return TFMoDISco


def _pattern(name: str, found: Any) -> Pattern:
    seqlets = found.seqlets
    places = Places(np.array([one.example_idx for one in seqlets], np.int64),
                    np.array([one.start for one in seqlets], np.int64),
                    np.array([bool(one.is_revcomp) for one in seqlets]))
    return Pattern(name, np.asarray(found.sequence, np.float64),
                   np.asarray(found.contrib_scores, np.float64), places)

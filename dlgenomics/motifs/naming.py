"""Names patterns after the known motifs that are most like them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgenomics.errors import DlgError
from dlgenomics.motifs.discovery import EXTRA
from dlgenomics.motifs.patterns import Pattern
from dlgenomics.simulate import Motif


@dataclass(frozen=True)
class Match:
    """A known motif that is like a pattern.

    Attributes:
        motif: the known motif.
        p: the chance that one motif of the database is as like it.
        e: how many motifs of the database would be, by chance.
        minus: whether it is read from the other strand.
    """

    motif: Motif
    p: float
    e: float
    minus: bool


def name_patterns(patterns: Sequence[Pattern], database: Sequence[Motif],
                  count: int = 3) -> list[list[Match]]:
    """Return for each pattern the known motifs most like it, the likest first.

    TOMTOM (Gupta et al., Quantifying similarity between motifs, Genome Biology 2007,
    doi:10.1186/gb-2007-8-2-r24) as memelite implements it: the distances of columns, at the best
    offset on the better strand, against those of all columns of the database. The core of a
    pattern is compared.

    Args:
        patterns: what is to be named.
        database: the known motifs; with fewer than 25, p-values are rough.
        count: matches for each pattern.

    Raises:
        DlgError: memelite is not installed.
    """
    if not patterns:
        return []
    try:
        from memelite import tomtom  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DlgError("motifs are compared by the package memelite. Received: an installation "
                       f"without it. Run: {EXTRA}") from error
    queries = [pattern.probabilities[pattern.core].T.copy() for pattern in patterns]
    targets = [motif.matrix.T.copy() for motif in database]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of few targets; so does the page
        p, _, _, _, strand = (np.asarray(one) for one in tomtom(queries, targets, n_jobs=1)[:5])
    best = np.argsort(p, axis=1, kind="stable")[:, :count]
    return [[Match(database[i], float(p[row, i]), float(p[row, i]) * len(database),
                   bool(strand[row, i])) for i in line] for row, line in enumerate(best)]

"""Which places of one set overlap another's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.intervals import Intervals


def overlaps(some: Intervals, others: Intervals) -> NDArray[np.bool_]:
    """Return for each of some intervals whether it shares a base with any of the others.

    Both must have the same ``contigs``, as rows of one file have.
    """
    found = np.zeros(len(some), bool)
    for contig in np.intersect1d(some.contig, others.contig):
        there = others.contig == contig
        order = np.argsort(others.start[there], kind="stable")
        starts = others.start[there][order]
        reach = np.maximum.accumulate(others.end[there][order])
        here = some.contig == contig
        before = np.searchsorted(starts, some.end[here]) - 1  # the last that starts before the end
        found[here] = (before >= 0) & (reach[before] > some.start[here])
    return found

"""Where examples lie in the genome, and which places of one set overlap another's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.examples import fit_length
from dlgenomics.data.intervals import Intervals, make_intervals, read_intervals
from dlgenomics.spec.types import Spec

_COORDINATES: Final = re.compile(r"([^:\s]+):(\d+)-(\d+)")


def places_of(spec: Spec, folder: Path, names: Sequence[str]) -> Intervals | None:
    """Return the windows of the examples; None where they are sequences without coordinates."""
    source = spec.data.train
    if source is not None and source.intervals is not None:
        inputs = spec.data.inputs.values()
        length = max(getattr(one, "length", 0) for one in inputs)
        center = any(getattr(one, "center", False) for one in inputs)
        return fit_length(read_intervals(folder / source.intervals), length, center=center)
    found = [_COORDINATES.match(name) for name in names]
    rows = [(m[1], int(m[2]), int(m[3]), ".") for m in found if m]
    return make_intervals(rows) if len(rows) == len(names) else None


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

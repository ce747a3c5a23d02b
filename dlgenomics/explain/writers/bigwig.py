"""Contributions along a genome, as bigWig; needs the extra ``tracks``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import atomic_path
from dlgenomics.predict.writers import tracks

Row = tuple[str, int, int, float]


def write_bigwig(path: Path, found: Contributions, lengths: Mapping[str, int]) -> list[Path]:
    """Write the contribution of each base, on the plus strand's coordinates.

    Where intervals overlap, a base has the mean of its contributions.

    Args:
        path: the file.
        found: contributions of intervals.
        lengths: of the genome's contigs.

    Raises:
        DlgError: the sequences lie in no genome, or the extra ``tracks`` is not installed.
    """
    if found.places is None:
        raise DlgError("a bigWig needs intervals in a genome (--fasta with --intervals). Received: "
                       "sequences without places. Write .h5, .npz or .html.")
    tracks.require_bigwigs()
    with atomic_path(path) as part:
        tracks.write_bigwig(part, lengths, signal_rows(found, lengths))
    return [path]


def signal_rows(found: Contributions, lengths: Mapping[str, int]) -> Iterator[Row]:
    """Yield (contig, start, end, value) of each base, contigs by name and bases in order.

    What lies past the end of a contig is left out.
    """
    assert found.places is not None  # noqa: S101 - the caller looked
    places = found.places
    signal = found.actual.copy()
    minus = places.strand == "-"
    signal[minus] = signal[minus, ::-1]
    for contig in sorted(set(places.chr)):
        rows = np.flatnonzero(places.chr == contig)
        where = places.start[rows][:, None] + np.arange(signal.shape[1])
        inside = (where >= 0) & (where < lengths[contig])
        for position, value in zip(*_averaged(where[inside], signal[rows][inside]), strict=True):
            yield contig, position, position + 1, value


def _averaged(where: NDArray[np.int64],
              values: NDArray[np.float32]) -> tuple[list[int], list[float]]:
    """Return each position once, in order, with the mean of its values."""
    positions, place, count = np.unique(where, return_inverse=True, return_counts=True)
    means = np.bincount(place, values, len(positions)) / count
    return positions.tolist(), means.tolist()

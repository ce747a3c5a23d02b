"""Windows that are equal go through the network once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.data.intervals import Intervals, make_intervals
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.network import Network

Outputs = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Shared:
    """The windows of some alleles, each different one once.

    Attributes:
        windows: uint8 codes, shape (different windows, length).
        places: where each lies.
        ref: for each allele, which window its reference is.
        alt: the same of its alternative.
    """

    windows: Codes
    places: Intervals
    ref: NDArray[np.int64]
    alt: NDArray[np.int64]

    def predict(self, network: Network) -> tuple[Outputs, Outputs]:
        """Return the predictions for the reference and the alternative alleles, by output."""
        found = network.predict(self.windows, self.places)
        return ({name: one[self.ref] for name, one in found.items()},
                {name: one[self.alt] for name, one in found.items()})


def share(alleles: Sequence[Allele], ref: Codes, alt: Codes, *, by_place: bool) -> Shared:
    """Find the windows that differ.

    Args:
        alleles: one for each row of the windows.
        ref: windows of the reference alleles.
        alt: those of the alternatives.
        by_place: whether equal windows of different places count as different.
    """
    count = len(alleles)
    both = np.concatenate([ref, alt])
    rows = np.empty(2 * count, np.int64)
    first: list[int] = []
    number: dict[Any, int] = {}
    for i, row in enumerate(both):
        one = alleles[i % count]
        key = (row.tobytes(), one.contig, one.start) if by_place else row.tobytes()
        rows[i] = number.setdefault(key, len(first))
        if rows[i] == len(first):
            first.append(i)
    chosen = [alleles[i % count] for i in first]
    places = make_intervals([(one.contig, one.start, one.start + 1, "+") for one in chosen])
    return Shared(both[first], places, rows[:count], rows[count:])

"""The places of some rows, as Kipoi's metadata hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.intervals import Intervals


class Ranges(dict[str, NDArray[Any]]):
    """Columns ``chr``, ``start``, ``end``, ``id`` and ``strand``; also as attributes.

    Coordinates are 0-based and half-open; a strand that plays no part is ``*`` or ``.``.
    """

    @property
    def chr(self) -> NDArray[Any]:
        """The contigs' names."""
        return self["chr"]

    @property
    def start(self) -> NDArray[Any]:
        """First positions, 0-based."""
        return self["start"]

    @property
    def end(self) -> NDArray[Any]:
        """Positions behind the last."""
        return self["end"]

    @property
    def id(self) -> NDArray[Any]:
        """The rows' names."""
        return self["id"]

    @property
    def strand(self) -> NDArray[Any]:
        """``+``, ``-``, ``.`` or ``*``."""
        return self["strand"]


def ranges_of(places: Intervals, rows: NDArray[np.int64]) -> Ranges:
    """Return the ranges of some intervals; each one's ``id`` is its row, as text.

    Args:
        places: the intervals, already those of ``rows``.
        rows: their numbers in the file, from 0.
    """
    return Ranges(chr=places.contig_names, start=places.start, end=places.end,
                  id=rows.astype(str), strand=places.strand)

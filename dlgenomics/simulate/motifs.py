"""Motifs as position weight matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif.

    Attributes:
        name: its first name in the file.
        matrix: float64, shape (width, 4), columns in the order A C G T; rows add to 1.
        other_name: its second name in the file, if any.
    """

    name: str
    matrix: NDArray[np.float64]
    other_name: str = ""

    @property
    def width(self) -> int:
        """The width in bp."""
        return len(self.matrix)

"""What a designed sequence must keep to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgenomics.data.encoding import UNKNOWN, Codes
from dlgenomics.design.sites import Site
from dlgenomics.errors import DlgError

Stretch = tuple[int, int]
"""First position and end, 0-based and half-open."""


@dataclass(frozen=True)
class Constraints:
    """What a designed sequence must keep to.

    Attributes:
        fixed: stretches whose letters stay.
        gc: the least and the greatest share of G and C; None allows any.
        forbidden: sites that must not stand on either strand.
    """

    fixed: tuple[Stretch, ...] = ()
    gc: tuple[float, float] | None = None
    forbidden: tuple[Site, ...] = ()

    def __post_init__(self) -> None:
        if self.gc is not None and not 0 <= self.gc[0] <= self.gc[1] <= 1:
            raise DlgError("the range of GC contents is two shares from 0 to 1, the lower first. "
                           f"Received: {self.gc[0]:g}-{self.gc[1]:g}.")

    def free(self, length: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which positions may change: bool, shape (length,).

        Raises:
            DlgError: a fixed stretch does not lie within the length, or nothing is free.
        """
        found = np.ones(length, bool)
        for first, end in self.fixed:
            if not 0 <= first < end <= length:
                raise DlgError(f"fixed stretches lie within the {length} positions, 0-based and "
                               f"half-open. Received: {first}-{end}.")
            found[first:end] = False
        if not found.any():
            raise DlgError("at least one position must be free to change. Received: all fixed.")
        return found

    def broken(self, codes: Codes) -> str:
        """Return in words what a sequence breaks; nothing if it keeps to everything.

        Args:
            codes: uint8, shape (length,).
        """
        if (codes >= UNKNOWN).any():
            return f"{int((codes >= UNKNOWN).sum())} N or other ambiguity codes"
        share = gc_share(codes)
        if self.gc is not None and not self.gc[0] <= share <= self.gc[1]:
            return f"a GC content of {share:.3f}"
        for site in self.forbidden:
            starts = site.starts(codes)
            if len(starts):
                return f"the site {site.name} at position {starts[0] + 1}"
        return ""

    def require(self, codes: Codes, name: str) -> None:
        """Refuse a sequence to start from that breaks a constraint.

        Raises:
            DlgError: what it breaks.
        """
        broken = self.broken(codes)
        if broken:
            raise DlgError(f"a design starts from a sequence that keeps to the constraints. "
                           f"Received: {name!r} with {broken}. Change it, or start from random "
                           "sequences (--random).")


def gc_share(codes: Codes) -> float:
    """Return the share of G and C in a sequence."""
    return float(np.isin(codes, (1, 2)).mean())

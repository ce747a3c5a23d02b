"""Random sequences that designs start from."""

from __future__ import annotations

from typing import Final

import numpy as np

from dlgenomics.data.encoding import Codes
from dlgenomics.design.constraints import Constraints
from dlgenomics.errors import DlgError
from dlgenomics.simulate import Independent

_TRIES: Final = 1000


def random_starts(count: int, length: int, constraints: Constraints | None = None, *,
                  gc: float = 0.5, seed: int = 1) -> Codes:
    """Return random sequences that keep to constraints: uint8, shape (count, length).

    Args:
        count: how many.
        length: bp in each.
        constraints: what they keep to; each is drawn until it does.
        gc: the share of G and C; where the constraints do not allow it, the nearest they do.
        seed: the same seed gives the same sequences.

    Raises:
        DlgError: hardly any sequence keeps to the constraints.
    """
    limits = constraints or Constraints()
    limits.free(length)
    low, high = limits.gc or (0.0, 1.0)
    background = Independent(min(max(gc, low), high))
    rng = np.random.default_rng(seed)
    found: list[Codes] = []
    for _ in range(_TRIES * count):
        (codes,) = background.draw(1, length, rng)
        if not limits.broken(codes):
            found.append(codes)
        if len(found) == count:
            return np.stack(found)
    raise DlgError(f"one in {_TRIES} random sequences of {length} bp must keep to the constraints. "
                   "Received: fewer. Allow more GC contents or fewer forbidden sites, or start "
                   "from sequences of your own (--sequences).")

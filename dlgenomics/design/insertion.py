"""Puts motifs into a sequence, each where it serves best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, reverse_complement
from dlgenomics.design.constraints import Constraints
from dlgenomics.design.designs import Design, Objective, begin
from dlgenomics.errors import DlgError
from dlgenomics.progress import Progress, silent
from dlgenomics.simulate import Motif


def insert_motifs(
    objective: Objective,
    start: Codes,
    motifs: Sequence[Motif],
    constraints: Constraints | None = None,
    *,
    name: str = "design",
    progress: Progress = silent,
) -> Design:
    """Write motifs over a sequence, one after the other, where the objective grows most.

    Of each the likeliest letters are tried at every place on both strands. A place that a motif has
    taken is not written over by the next. Each is put somewhere, even if the objective shrinks.

    Args:
        objective: what is to grow.
        start: uint8, shape (length,).
        motifs: in their order; one that stands twice is put in twice.
        constraints: what every step keeps to.
        name: of the design.
        progress: told of motifs.

    Raises:
        DlgError: the sequence breaks a constraint, or a motif has no place.
    """
    limits = constraints or Constraints()
    limits.require(start, name)
    free = limits.free(len(start))
    design = begin(objective, start, name)
    for done, motif in enumerate(motifs, 1):
        design, position = _put(objective, design, motif, limits, free)
        free[position:position + motif.width] = False
        progress(name, done, len(motifs))
    return design


def likeliest(motif: Motif) -> Codes:
    """Return the letters that a motif has most often: uint8, shape (width,)."""
    found: Codes = motif.matrix.argmax(axis=1).astype(np.uint8)
    return found


def _put(objective: Objective, design: Design, motif: Motif, limits: Constraints,
         free: NDArray[np.bool_]) -> tuple[Design, int]:
    """Return the design with one motif more, and where it begins."""
    letters = likeliest(motif)
    forms = {"+": letters, "-": reverse_complement(letters)}
    tries = [(position, strand) for position in _rooms(free, motif.width) for strand in forms]
    candidates = []
    for position, strand in tries:
        codes = design.codes
        codes[position:position + motif.width] = forms[strand]
        candidates.append(codes)
    good = [i for i, codes in enumerate(candidates) if not limits.broken(codes)]
    if not good:
        raise DlgError(f"the motif {motif.name} must have a place of {motif.width} free bp where "
                       "it breaks no constraint. Received: none. Fix less, allow more, or put in "
                       "fewer motifs.")
    values = objective.values(np.stack([candidates[i] for i in good]))
    best = int(values.argmax())
    position, strand = tries[good[best]]
    return design.changed(position, forms[strand], float(values[best]),
                          f"{motif.name} ({strand})"), position


def _rooms(free: NDArray[np.bool_], width: int) -> list[int]:
    """Return where so many free positions follow each other."""
    if len(free) < width:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(free, width)
    starts: list[int] = np.flatnonzero(windows.all(axis=1)).tolist()
    return starts

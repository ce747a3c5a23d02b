"""Evolves a sequence by substitutions: the best at each step, or a beam of the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.design.constraints import Constraints
from dlgenomics.design.designs import Design, Objective, begin
from dlgenomics.progress import Progress, silent


def evolve(
    objective: Objective,
    start: Codes,
    constraints: Constraints | None = None,
    *,
    steps: int = 20,
    beam: int = 1,
    name: str = "design",
    progress: Progress = silent,
) -> Design:
    """Replace one letter a step so that the objective grows.

    All substitutions of all sequences of the beam are tried, and the ``beam`` best new sequences
    kept. A beam of 1 is greedy evolution, which stops where no substitution helps; a wider one
    goes on through worse sequences to better ones, and the best that it has seen is returned.

    Args:
        objective: what is to grow.
        start: uint8, shape (length,).
        constraints: what every step keeps to.
        steps: the most substitutions.
        beam: sequences that are kept at each step.
        name: of the design.
        progress: told of steps.

    Raises:
        DlgError: the sequence breaks a constraint, or nothing may change.
    """
    limits = constraints or Constraints()
    limits.require(start, name)
    free = limits.free(len(start))
    best = begin(objective, start, name)
    kept = [best]
    seen = {start.tobytes()}
    for step in range(steps):
        kept = _next(objective, kept, limits, free, seen, beam)
        if not kept or (beam == 1 and kept[0].value <= best.value):
            break
        best = max([best, *kept], key=lambda one: one.value)
        progress(name, step + 1, steps)
    return best


def _next(objective: Objective, kept: Sequence[Design], limits: Constraints,
          free: NDArray[np.bool_], seen: set[bytes], beam: int) -> list[Design]:
    """Return the best new sequences that are one substitution away."""
    codes = np.stack([one.codes for one in kept])
    values = objective.substituted(codes)
    found: list[Design] = []
    for row, position, letter in _descending(values, codes, free):
        new = codes[row].copy()
        new[position] = letter
        if new.tobytes() not in seen and not limits.broken(new):
            seen.add(new.tobytes())
            found.append(kept[row].changed(position, new[position:position + 1],
                                           float(values[row, position, letter])))
        if len(found) == beam:
            break
    return found


def _descending(values: NDArray[np.float64], codes: Codes,
                free: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Yield row, position and letter of all substitutions, the best first; ties by place."""
    allowed = np.broadcast_to(free[None, :, None], values.shape).copy()
    np.put_along_axis(allowed, codes[..., None].astype(np.int64), values=False, axis=2)
    order = np.argsort(-np.where(allowed, values, -np.inf), axis=None, kind="stable")
    rows, positions, letters = np.unravel_index(order[:int(allowed.sum())], values.shape)
    yield from zip(rows.tolist(), positions.tolist(), letters.tolist(), strict=True)

"""Windows that slide along one axis (sequence) or two; always channels last."""

from __future__ import annotations

import math
from typing import Final

from dlgenomics.spec.layers.rule import CannotFollow

AXES: Final = {1: "length, channels", 2: "rows, columns, channels"}


def per_axis(value: int | tuple[int, ...] | None, rank: int) -> tuple[int, ...]:
    """Return one number for each of ``rank`` axes."""
    if isinstance(value, tuple):
        return value
    return (value or 1,) * rank


def windowed(length: int | None, window: int, stride: int, padding: str) -> int | None:
    """Return how many windows of that width and stride a length holds."""
    if length is None:
        return None
    if padding != "valid":
        return math.ceil(length / stride)
    if length < window:
        raise CannotFollow(f"its window of {window} is wider than the {length} positions there are")
    return (length - window) // stride + 1

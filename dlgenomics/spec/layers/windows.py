"""Windows that slide along one axis (sequence) or two; always channels last."""

from __future__ import annotations

import math
from typing import Final

from dlgenomics.spec.layers.rule import CannotFollow, Span

AXES: Final = {1: "length, channels", 2: "rows, columns, channels"}


def per_axis(value: int | tuple[int, ...] | None, rank: int) -> tuple[int, ...]:
    """Return one number for each of ``rank`` axes."""
    if isinstance(value, tuple):
        return value
    return (value or 1,) * rank


def window_span(length: int | None, window: int, stride: int, padding: str) -> Span | None:
    """Return the span of a window of that width and stride; None if its place is not known."""
    if padding == "valid":
        return Span(window, stride)
    if padding == "causal":
        return Span(window, stride, window - 1)
    if length is None and stride > 1:
        return None
    # With stride 1 the padding does not depend on the length.
    steps = 1 if length is None else length
    padded = max((math.ceil(steps / stride) - 1) * stride + window - steps, 0)
    return Span(window, stride, padded // 2)


def windowed(length: int | None, window: int, stride: int, padding: str) -> int | None:
    """Return how many windows of that width and stride a length holds."""
    if length is None:
        return None
    if padding != "valid":
        return math.ceil(length / stride)
    if length < window:
        raise CannotFollow(f"its window of {window} is wider than the {length} positions there are")
    return (length - window) // stride + 1

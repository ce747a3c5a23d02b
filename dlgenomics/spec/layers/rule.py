"""What a spec knows of a layer: its arguments, and how it changes shape, size and field of view.

All without Keras, so that checking a spec takes milliseconds and allocates nothing. A test builds
every layer in Keras and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from dlgenomics.spec.arguments import Argument, Boolean
from dlgenomics.spec.vocabulary import CONSTRAINT, INITIALIZER, REGULARIZER

Shape = tuple[int | None, ...]
"""A shape without the batch axis."""

Values = Mapping[str, Any]
"""A layer's arguments with Keras's defaults filled in."""


class CannotFollow(Exception):  # noqa: N818 - a rule broken by the spec, turned into a Problem
    """A layer cannot take the shape it is given; the text says what it needs."""


class Size(NamedTuple):
    """Numbers of parameters: those that training changes, and those it does not (statistics)."""

    trainable: int
    frozen: int = 0


class Span(NamedTuple):
    """The positions that one output position sees, and the step between two of them.

    Output position i sees ``width`` input positions from ``i * stride - left`` on. The stride is
    negative where the sequence is reversed.
    """

    width: int
    stride: int
    left: int = 0


def _same_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    return shapes[0]


def _no_parameters(_values: Values, _shapes: Sequence[Shape]) -> Size:
    return Size(0)


def local(_values: Values, _shapes: Sequence[Shape]) -> Span | None:
    """Each output position sees the one input position at its place."""
    return Span(1, 1)


def whole(_values: Values, _shapes: Sequence[Shape]) -> Span | None:
    """Each output sees every position."""
    return None


@dataclass(frozen=True)
class LayerRule:
    """One layer that a spec may use.

    Attributes:
        arguments: what may be written, with Keras's defaults.
        shape: gives the output shape, or raises `CannotFollow`.
        size: gives the numbers of parameters.
        span: gives the positions seen along the sequence; None means all of them.
        inputs: the least and the greatest number of inputs (``from:``).
        initializer: whether ``kernel_initializer: auto`` applies.
        transparent: whether `auto` looks through it for the activation that follows.
        wraps: whether it takes another layer as ``layer:``.
    """

    arguments: Mapping[str, Argument]
    shape: Callable[[Values, Sequence[Shape]], Shape] = _same_shape
    size: Callable[[Values, Sequence[Shape]], Size] = _no_parameters
    span: Callable[[Values, Sequence[Shape]], Span | None] = local
    inputs: tuple[int, int] = (1, 1)
    initializer: bool = False
    transparent: bool = False
    wraps: bool = False

    @property
    def weightless(self) -> bool:
        """Whether the layer never has parameters."""
        return self.size is _no_parameters


def weight_arguments(*names: str) -> dict[str, Argument]:
    """Return initializer, regularizer and constraint arguments for weights such as ``kernel``."""
    table: dict[str, Argument] = {}
    for name in names:
        default = "zeros" if name == "bias" else "glorot_uniform"
        table[f"{name}_initializer"] = Argument(INITIALIZER, default)
    for name in names:
        table[f"{name}_regularizer"] = Argument(REGULARIZER, None)
    for name in names:
        table[f"{name}_constraint"] = Argument(CONSTRAINT, None)
    return table


USE_BIAS: Final = {"use_bias": Argument(Boolean(), True)}


def known(number: int | None, what: str) -> int:
    """Return ``number``, or refuse: a layer with weights must know this size beforehand."""
    if number is None:
        raise CannotFollow(f"it needs a fixed {what}")
    return number


def rank_is(shape: Shape, rank: int, axes: str) -> None:
    """Refuse a shape that has not ``rank`` axes besides the batch."""
    if len(shape) != rank:
        raise CannotFollow(f"it needs ({axes}) behind the batch axis")


def axis_at(axis: int, shape: Shape) -> int:
    """Return where in ``shape`` an axis of Keras stands: for Keras 0 is the batch, -1 the last."""
    position = axis - 1 if axis > 0 else len(shape) + axis
    if axis == 0 or not 0 <= position < len(shape):
        raise CannotFollow(f"axis must be -1 or from 1 to {len(shape)}")
    return position


def along_last(values: Values, shapes: Sequence[Shape]) -> Span | None:
    """Each output position sees its own place if ``axis`` is the channels, else every position."""
    return whole(values, shapes) if axis_at(values["axis"], shapes[0]) == 0 else Span(1, 1)


def product(shape: Sequence[int | None]) -> int | None:
    """Return the product of all axes, or None if one is unknown."""
    total = 1
    for axis in shape:
        if axis is None:
            return None
        total *= axis
    return total

"""Between the layout that a source's users know and the array that a network takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from dlgenomics.data.encoding import ALPHABET
from dlgenomics.data.layout import Layout
from dlgenomics.errors import ShapeError
from dlgenomics.spec.inputs import ArrayInput, DnaInput, Input


def source_layouts(inputs: Mapping[str, Input]) -> dict[str, Layout]:
    """Return the layouts of the inputs that have one."""
    given = {name: one.layout for name, one in inputs.items()
             if isinstance(one, DnaInput) and one.layout is not None}
    return {name: Layout(one.alphabet_axis, one.dummy_axis, one.alphabet)
            for name, one in given.items()}


def as_network(x: NDArray[Any], name: str, one: Input, layout: Layout) -> NDArray[Any]:
    """Return an array as a network takes it.

    Args:
        x: in the source's layout, or as (batch, length, 4) in the order A C G T. Where both have
            one shape, it is taken for the source's.
        name: of the input, for messages.
        one: the input. One of kind ``array`` whose shape is the layout's takes it as it is;
            every other takes (batch, length, 4).
        layout: the source's.

    Raises:
        ShapeError: another shape; the message states both.
    """
    length = bases_of(one, layout)
    plain, source = (length, len(ALPHABET)), layout.shape(length)
    if x.shape[1:] == source:
        return x if _takes_source(one, layout) else layout.undo(x)
    if x.shape[1:] == plain:
        return layout.apply(x) if _takes_source(one, layout) else x
    raise ShapeError(f"input {name!r}", (None, *source), x.shape, other=(None, *plain))


def from_plain(x: NDArray[Any], one: Input, layout: Layout) -> NDArray[Any]:
    """Return (batch, length, 4) in the order A C G T as a network takes it."""
    return layout.apply(x) if _takes_source(one, layout) else x


def as_source(x: NDArray[Any], one: Input, layout: Layout) -> NDArray[Any]:
    """Return a network's array, or its gradient, in the source's layout."""
    return x if _takes_source(one, layout) else layout.apply(x)


def as_plain(x: NDArray[Any], one: Input, layout: Layout) -> NDArray[Any]:
    """Return a network's array, or its gradient, as (batch, length, 4) in the order A C G T."""
    return layout.undo(x) if _takes_source(one, layout) else x


def is_source(shape: tuple[int, ...], one: Input, layout: Layout) -> bool:
    """Return whether a batch of this shape is in the source's layout."""
    return shape[1:] == layout.shape(bases_of(one, layout))


def bases_of(one: Input, layout: Layout) -> int:
    """Return how many bases a network takes."""
    place = layout.axes.index("length") if _takes_source(one, layout) else 0
    return one.shape[place] or 0  # only tokens have no number there, and they have no layout


def _takes_source(one: Input, layout: Layout) -> bool:
    return isinstance(one, ArrayInput) and layout.fits(one.shape)

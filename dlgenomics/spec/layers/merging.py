"""Layers that join several inputs into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Integer
from dlgenomics.spec.layers.rule import CannotFollow, LayerRule, Shape, Values, along_last, axis_at

_MANY: Final = (2, 1000)


def _elementwise_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    if len({len(s) for s in shapes}) > 1:
        raise CannotFollow("its inputs need the same number of axes")
    return tuple(_broadcast(axes) for axes in zip(*shapes, strict=True))


def _broadcast(axes: Sequence[int | None]) -> int | None:
    sizes = {n for n in axes if n != 1}
    if len(sizes - {None}) > 1:
        raise CannotFollow("its inputs need equal shapes")
    if None in sizes:
        return None
    return sizes.pop() if sizes else 1


def _concatenated_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    axis = axis_at(values["axis"], shapes[0])
    others = {(*s[:axis], "joined", *s[axis + 1:]) for s in shapes if axis < len(s)}
    if len({len(s) for s in shapes}) > 1 or len(others) > 1:
        raise CannotFollow("its inputs need equal shapes on every axis but the one joined")
    joined = [s[axis] for s in shapes]
    total = None if None in joined else sum(n for n in joined if n is not None)
    return (*shapes[0][:axis], total, *shapes[0][axis + 1:])


_ELEMENTWISE: Final = LayerRule({}, shape=_elementwise_shape, inputs=_MANY)

RULES: Final[dict[str, LayerRule]] = {
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply"), _ELEMENTWISE),
    "Subtract": LayerRule({}, shape=_elementwise_shape, inputs=(2, 2)),
    "Concatenate": LayerRule(
        {"axis": Argument(Integer(minimum=-10), -1)},
        shape=_concatenated_shape,
        span=along_last,  # positions put behind each other come from different places
        inputs=_MANY,
    ),
}

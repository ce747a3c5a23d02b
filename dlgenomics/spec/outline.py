"""Shapes, sizes and receptive fields through a graph, without Keras and without allocating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlgenomics.spec.arguments import with_defaults
from dlgenomics.spec.blocks import RESIDUAL
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.layers.rule import CannotFollow, Shape, Size, Span, Values
from dlgenomics.spec.problems import Problems
from dlgenomics.spec.types import Layer


@dataclass(frozen=True)
class View:
    """The positions of the input that one position sees.

    Position i sees the input from ``i * jump + first`` to ``i * jump + last``, both included.
    """

    first: int = 0
    last: int = 0
    jump: int = 1
    all: bool = False
    """Whether it sees every position, or it cannot be told which; the rest is then void."""

    @property
    def width(self) -> int | None:
        """How many positions it sees; None means all of them."""
        return None if self.all else self.last - self.first + 1

    def through(self, span: Span | None) -> View:
        """Return the view behind a layer of that span."""
        if self.all or span is None:
            return View(all=True)
        ends = (-span.left * self.jump, (span.width - 1 - span.left) * self.jump)
        return View(self.first + min(ends), self.last + max(ends), self.jump * span.stride)


def joined_views(views: Sequence[View]) -> View:
    """Return what a position sees that joins the positions at its place in several branches.

    Branches of different steps drift apart along the sequence: between them they see all of it.
    """
    if any(v.all for v in views) or len({v.jump for v in views}) > 1:
        return View(all=True)
    first, last = min(v.first for v in views), max(v.last for v in views)
    return View(first, last, views[0].jump)


@dataclass(frozen=True)
class Outline:
    """What is known of a layer before it is built."""

    shape: Shape
    size: Size
    view: View


def outline(layers: Sequence[Layer], inputs: Mapping[str, Shape],
            problems: Problems | None = None) -> dict[str, Outline]:
    """Follow shapes, sizes and views through the graph, without Keras and without allocating.

    Args:
        layers: the graph, each layer after those it follows.
        inputs: shapes of the inputs without the batch axis.
        problems: takes a problem where a layer cannot follow a shape; the layers behind it are
            then left out. Without it, `CannotFollow` is raised.
    """
    known = {name: Outline(shape, Size(0), View()) for name, shape in inputs.items()}
    for layer in layers:
        if not all(source in known for source in layer.inputs):
            continue
        before = [known[source] for source in layer.inputs]
        try:
            known[layer.name] = _outline_one(layer, before)
        except CannotFollow as error:
            if problems is None:
                raise
            problems.add(layer.path, _message(layer, [b.shape for b in before], error),
                         at_key=True)
    return known


def _batch(shape: Shape) -> str:
    return str((None, *shape))


def _closes_residual(layer: Layer) -> bool:
    """Tell whether a layer is the Add that the reader put at the end of a ``Residual`` block."""
    return layer.path[-1:] == (RESIDUAL,)


def _message(layer: Layer, shapes: Sequence[Shape], error: CannotFollow) -> str:
    if _closes_residual(layer):
        came, gone = map(_batch, shapes)
        return ("Residual adds its input to its output, so both must have the same shape. "
                f"Received: input {came} and output {gone}. Use padding: same, and as many "
                "filters or units as channels come in.")
    return f"{layer.kind} cannot follow shape {' and '.join(map(_batch, shapes))}: {error}."


def _outline_one(layer: Layer, before: Sequence[Outline]) -> Outline:
    shapes = [b.shape for b in before]
    if _closes_residual(layer) and shapes[0] != shapes[1]:
        raise CannotFollow("input and output of Residual must have the same shape")
    if layer.wrapped:
        shape, size = _wrapper(layer, layer.wrapped, shapes)
    else:
        values = _values(layer)
        shape = RULES[layer.kind].shape(values, shapes)
        size = RULES[layer.kind].size(values, shapes)
    span = RULES[layer.kind].span(_values(layer), shapes) if not _is_flat(layer, shapes) else None
    return Outline(shape, size, joined_views([b.view.through(span) for b in before]))


def _is_flat(layer: Layer, shapes: Sequence[Shape]) -> bool:
    """Tell whether the sequence axis is already gone, so that every output sees all of it."""
    return layer.kind == "Dense" and len(shapes[0]) == 1


def _values(layer: Layer) -> Values:
    return with_defaults(RULES[layer.kind].arguments, layer.arguments)


def _wrapper(layer: Layer, inner: Layer, shapes: Sequence[Shape]) -> tuple[Shape, Size]:
    rule, values = RULES[inner.kind], _values(inner)
    if layer.kind == "TimeDistributed":
        if len(shapes[0]) < 2:
            raise CannotFollow("it needs (steps, ...) behind the batch axis")
        each = [shapes[0][1:]]
        return (shapes[0][0], *rule.shape(values, each)), rule.size(values, each)
    if inner.kind not in ("LSTM", "GRU", "SimpleRNN"):
        raise CannotFollow(f"it can wrap LSTM, GRU or SimpleRNN, not {inner.kind}")
    shape, size = rule.shape(values, shapes), rule.size(values, shapes)
    merge = _values(layer)["merge_mode"]
    if merge is None:
        raise CannotFollow("merge_mode must be sum, mul, concat or ave")
    last = shape[-1]
    wide = 2 * last if merge == "concat" and last is not None else last
    return (*shape[:-1], wide), Size(2 * size.trainable)

"""Shapes, sizes and receptive fields through a graph, without Keras and without allocating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    by_name = {layer.name: layer for layer in layers}
    for layer in layers:
        needed = [*layer.inputs, *([layer.shares] if layer.shares else [])]
        if not all(source in known for source in needed):
            continue
        before = [known[source] for source in layer.inputs]
        try:
            found = _outline_one(layer, before)
            if layer.shares:
                original = [known[source].shape for source in by_name[layer.shares].inputs]
                _check_shared(layer, [b.shape for b in before], original)
                found = replace(found, size=Size(0))
            known[layer.name] = found
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
    shape, size = _shape_and_size(layer, shapes)
    span = RULES[layer.kind].span(_values(layer), shapes) if not _is_flat(layer, shapes) else None
    return Outline(shape, size, joined_views([b.view.through(span) for b in before]))


def _check_shared(layer: Layer, shapes: Sequence[Shape], original: Sequence[Shape]) -> None:
    """Refuse inputs for which the weights of another layer were not made."""
    alike = len(shapes) == len(original) and all(
        len(a) == len(b) and a[-1:] == b[-1:] for a, b in zip(shapes, original, strict=True))
    if not alike or _shape_and_size(layer, shapes)[1] != _shape_and_size(layer, original)[1]:
        raise CannotFollow(f"it has the weights of {layer.shares!r}, which follows "
                           f"{' and '.join(map(_batch, original))}")


def _shape_and_size(layer: Layer, shapes: Sequence[Shape]) -> tuple[Shape, Size]:
    if layer.wrapped:
        return _wrapper(layer, layer.wrapped, shapes)
    values, rule = _values(layer), RULES[layer.kind]
    return rule.shape(values, shapes), rule.size(values, shapes)


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

"""Which bases of the input the positions of each layer stand for, without Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlgenomics.spec.arguments import with_defaults
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.layers.rule import Shape, Span, product
from dlgenomics.spec.outline import View, joined_views, outline
from dlgenomics.spec.types import Layer, Spec

_ELSEWHERE = View(all=True)


def aligned_views(spec: Spec, inputs: Mapping[str, View]) -> dict[str, View]:
    """Return the bases that the positions of inputs and layers stand for.

    That is what they see, but for layers that mix all positions and leave each its place, such as
    attention. A branch without positions of its own, such as a count that is repeated along a
    profile, does not move those that it joins.

    Args:
        spec: its layers.
        inputs: what the positions of each input stand for.
    """
    known = outline(spec.model.layers,
                    {name: tuple(spec.data.inputs[name].shape) for name in spec.model.inputs})
    views = {name: inputs.get(name, _ELSEWHERE) for name in spec.model.inputs}
    for layer in spec.model.layers:
        shapes = [known[source].shape for source in layer.inputs]
        before = [views[source] for source in layer.inputs]
        views[layer.name] = _behind(layer, shapes, before, known[layer.name].shape)
    return views


def _behind(layer: Layer, shapes: Sequence[Shape], before: Sequence[View], shape: Shape) -> View:
    """Return the view of a layer's positions, which are its first axis."""
    first = shapes[0]
    if not first or not shape or (layer.kind == "Dense" and len(first) == 1):
        return _ELSEWHERE
    if layer.kind in ("Flatten", "Reshape"):
        stays = shape[0] == first[0] is not None and product(shape) == product(first)
        return before[0] if stays else _ELSEWHERE
    if layer.kind in ("UpSampling1D", "Conv1DTranspose") and shape[0] != first[0]:
        return _finer(before[0], first[0], shape[0])
    span = _span(layer, shapes)
    if span is not None:
        placed = [view.through(span) for view in before if not view.all]
        return joined_views(placed) if placed else _ELSEWHERE
    if len(first) < 2 or len(shape) < 2 or shape[0] != first[0] or layer.kind == "Permute":
        return _ELSEWHERE
    backwards = Span(1, -1, 1 - (first[0] or 0))
    return before[0].through(backwards) if layer.arguments.get("go_backwards") else before[0]


def _span(layer: Layer, shapes: Sequence[Shape]) -> Span | None:
    """Return which positions one position sees; None where these are all."""
    if layer.wrapped:
        return None
    rule = RULES[layer.kind]
    return rule.span(with_defaults(rule.arguments, layer.arguments), shapes)


def _finer(view: View, before: int | None, behind: int | None) -> View:
    """Return the view where each position has become several, each for a part of its bases."""
    if view.all or not before or not behind or behind % before or view.jump % (behind // before):
        return _ELSEWHERE
    jump = view.jump // (behind // before)
    return View(view.first - view.jump + jump, view.last, jump)

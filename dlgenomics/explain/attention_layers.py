"""Which layers have attention to show, and for which bases their positions stand, from a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.explain.point import Point
from dlgenomics.explain.rules import layers_between
from dlgenomics.spec.arguments import with_defaults
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.layers.rule import Shape, Span
from dlgenomics.spec.outline import View, joined_views, outline
from dlgenomics.spec.types import Layer, Spec

GIVES_SCORES: Final = frozenset({
    "AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention",
})
"""Keras's layers, which return their scores when asked; they attend to their second input."""

KINDS: Final = GIVES_SCORES | {"AttentionSummary", "RelativeMultiHeadAttention"}
"""Layers whose attention can be shown."""


def find_attention(spec: Spec, point: Point, explained: str) -> Mapping[str, NDArray[np.int64]]:
    """Find the layers with attention on the way from the explained input to the point.

    Returns:
        For each layer the position, of those it attends to, that each base belongs to: shape
        (length,).

    Raises:
        DlgError: there is none.
    """
    between = layers_between(spec, explained, point.layer)
    shapes = {name: tuple(spec.data.inputs[name].shape) for name in spec.model.inputs}
    known = {name: one.shape for name, one in outline(spec.model.layers, shapes).items()}
    views = _views(spec, known)
    found = {layer.name: _positions(views[attended_by(layer)], known[attended_by(layer)][0] or 0,
                                    known[explained][0] or 0)
             for layer in between if layer.kind in KINDS}
    if not found:
        came = ", ".join(dict.fromkeys(layer.kind for layer in between))
        raise DlgError(f"attention can be shown of a network with one of {', '.join(sorted(KINDS))}"
                       f". Received: one with {came}. Use another method, such as integrated "
                       "gradients (--method ig).")
    return found


def attended_by(layer: Layer) -> str:
    """Return the input whose positions a layer attends to."""
    return layer.inputs[1] if layer.kind in GIVES_SCORES else layer.inputs[0]


def _views(spec: Spec, known: Mapping[str, Shape]) -> dict[str, View]:
    """Return the bases that the positions of each layer stand for.

    That is what they see, but for layers that mix all positions and leave each its place.
    """
    views = {name: View() for name in spec.model.inputs}
    for layer in spec.model.layers:
        shapes = [known[source] for source in layer.inputs]
        before = [views[source] for source in layer.inputs]
        rule = RULES[layer.kind]
        span = None if layer.wrapped else rule.span(
            with_defaults(rule.arguments, layer.arguments), shapes)
        if span is None and len(known[layer.name]) == 2 and known[layer.name][0] == shapes[0][0]:
            span, before = Span(1, 1), before[:1]
        views[layer.name] = joined_views([one.through(span) for one in before])
    return views


def _positions(view: View, positions: int, length: int) -> NDArray[np.int64]:
    """Return the position whose centre is nearest to each base; evenly spread if not known."""
    bases = np.arange(length)
    if view.all:
        return bases * positions // length
    middle = (view.first + view.last) / 2
    return np.rint((bases - middle) / view.jump).astype(np.int64).clip(0, positions - 1)

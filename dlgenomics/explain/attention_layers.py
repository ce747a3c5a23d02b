"""Which layers have attention to show, and for which bases their positions stand, from a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.explain.point import Point
from dlgenomics.explain.rules import layers_between
from dlgenomics.spec.alignment import aligned_views
from dlgenomics.spec.outline import View, outline
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
    views = aligned_views(spec, {name: View() for name in spec.model.inputs})
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


def _positions(view: View, positions: int, length: int) -> NDArray[np.int64]:
    """Return the position whose centre is nearest to each base; evenly spread if not known."""
    bases = np.arange(length)
    if view.all:
        return bases * positions // length
    middle = (view.first + view.last) / 2
    return np.rint((bases - middle) / view.jump).astype(np.int64).clip(0, positions - 1)

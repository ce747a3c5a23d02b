"""Which positions of which layers a substitution can reach, told from a spec.

A convolution sees a few positions, so one other base changes a few of its outputs; pooling and
further convolutions widen that a little. Up to the first layer that sees the whole sequence, only
such windows need computing again. Nair et al., fastISM: performant in silico saturation mutagenesis
for convolutional neural networks, Bioinformatics 2022, doi:10.1093/bioinformatics/btac135.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.explain.point import ACTIVATION_LAYERS, Point
from dlgenomics.explain.rules import layers_between
from dlgenomics.spec.arguments import with_defaults
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.layers.rule import Shape, Span, product
from dlgenomics.spec.outline import Outline, outline
from dlgenomics.spec.types import Layer, Spec

PADDED_WITH_LEAST: Final = frozenset({"MaxPooling1D"})
"""Layers that pad with what is less than everything; all others pad with zeros."""

SLIDING: Final = frozenset({
    "AttentionPooling1D", "AveragePooling1D", "Conv1D", "DepthwiseConv1D", "MaxPooling1D",
    "SeparableConv1D",
})
"""Layers that slide a window along the positions."""

MOVING: Final = frozenset({"Cropping1D", "ZeroPadding1D"})
"""Layers that pass positions on and add or take some at the ends."""

_ALONG_POSITIONS: Final = (ACTIVATION_LAYERS - {"PReLU"}) | {
    "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization", "Concatenate",
    "Dense", "Dropout", "GaussianDropout", "GaussianNoise", "Identity", "LayerNormalization",
    "Maximum", "Minimum", "Multiply", "RMSNormalization", "Rescaling", "ReverseComplement", "Scale",
    "SpatialDropout1D", "Subtract", "UnitNormalization",
}
"""Layers that do the same at each position, whichever it is."""

_WINDOWED: Final = SLIDING | MOVING | _ALONG_POSITIONS
_WORTH: Final = 0.7
"""Windows are worth their trouble if they leave no more than this share of the work."""


@dataclass(frozen=True, eq=False)
class Window:
    """The positions of one tensor that are computed again.

    Attributes:
        first: where they begin, for each place of the substitution: int64, shape (length,).
        width: how many; the same for all places.
    """

    first: NDArray[np.int64]
    width: int


@dataclass(frozen=True)
class Reach:
    """How far a substitution reaches.

    Attributes:
        windows: of the explained input and of each layer that is computed in part, in order.
        spans: how the positions of those layers follow from those before.
        rest: the layers behind them that are computed as a whole, in order.
        share: the work that is left, as a share of computing everything.
    """

    windows: Mapping[str, Window]
    spans: Mapping[str, Span]
    rest: tuple[Layer, ...]
    share: float

    @property
    def is_worth_it(self) -> bool:
        """Whether windows save enough."""
        return self.share <= _WORTH


def find_reach(spec: Spec, point: Point, explained: str) -> Reach:
    """Follow substitutions from the explained input to the point.

    The layer of the point itself is always computed as a whole.
    """
    known = outline(spec.model.layers,
                    {name: tuple(spec.data.inputs[name].shape) for name in spec.model.inputs})
    between = layers_between(spec, explained, point.layer)
    length = known[explained].shape[0]
    if length is None:
        return Reach({}, {}, tuple(between), 1.0)
    place = np.arange(length)
    ends = {explained: (place, place)}
    spans: dict[str, Span] = {}
    dependent = {explained, *(layer.name for layer in between)}
    for layer in between:
        span = _span(layer, [known[one].shape for one in layer.inputs])
        is_ready = all(one in ends for one in layer.inputs if one in dependent)
        if span is not None and is_ready and layer.name != point.layer:
            spans[layer.name] = span
            ends[layer.name] = _joined([_reached(*ends[one], span, known[layer.name].shape[0] or 0)
                                        for one in layer.inputs if one in ends])
    windows = {name: _window(low, high, known[name].shape[0] or 0)
               for name, (low, high) in ends.items()}
    rest = tuple(layer for layer in between if layer.name not in windows)
    return Reach(windows, spans, rest, _share(between, windows, known))


def _span(layer: Layer, shapes: Sequence[Shape]) -> Span | None:
    """Return how a layer's positions follow from those before; None if it is not done by window."""
    is_sequence = all(len(shape) == 2 and shape[0] for shape in shapes)
    if layer.kind not in _WINDOWED or not is_sequence or len({shape[0] for shape in shapes}) > 1:
        return None
    values = with_defaults(RULES[layer.kind].arguments, layer.arguments)
    if layer.kind == "AveragePooling1D" and values["padding"] != "valid":
        return None  # what is padded does not count in its means
    if layer.kind in ("BatchNormalization", "RMSNormalization") and values["axis"] not in (-1, 2):
        return None
    return RULES[layer.kind].span(values, shapes)


def _reached(low: NDArray[np.int64], high: NDArray[np.int64], span: Span,
             length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first and last output that see inputs from ``low`` to ``high``."""
    if span.stride < 0:
        low, high = -span.left - high, -span.left - low
    else:
        low = -((span.width - 1 - span.left - low) // span.stride)
        high = (high + span.left) // span.stride
    low = low.clip(0, length - 1)
    return low, high.clip(low, length - 1)


def _joined(several: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> tuple[
        NDArray[np.int64], NDArray[np.int64]]:
    lows, highs = zip(*several, strict=True)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _window(low: NDArray[np.int64], high: NDArray[np.int64], length: int) -> Window:
    width = int((high - low).max()) + 1
    return Window(low.clip(0, length - width), width)


def _share(layers: Sequence[Layer], windows: Mapping[str, Window],
           known: Mapping[str, Outline]) -> float:
    """Return what is left of the multiplications if windows are computed instead of sequences."""
    whole = part = 0.0
    for layer in layers:
        found = known[layer.name]
        places = (found.shape[0] or 1) if len(found.shape) > 1 else 1
        # Weights are used once for each position; without any, there is still each number.
        each = float(sum(found.size) or (product(found.shape[1:]) or 1))
        whole += places * each
        part += (windows[layer.name].width if layer.name in windows else places) * each
    return part / whole if whole else 1.0

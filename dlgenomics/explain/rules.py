"""For which layers DeepLIFT has a rule, told from a spec."""

from __future__ import annotations

from typing import Final

from dlgenomics.errors import DlgError
from dlgenomics.explain.point import ACTIVATION_LAYERS, AFFINE, Point, activation_of
from dlgenomics.spec.types import Layer, Spec
from dlgenomics.spec.vocabulary import ACTIVATIONS, OWN_ACTIVATIONS

_JOINT: Final = frozenset({"glu", "log_softmax", "softmax", "sparsemax"})

ELEMENTWISE: Final = frozenset((*ACTIVATIONS, *OWN_ACTIVATIONS)) - _JOINT
"""Activations of one number each: their rule is the slope from reference to input."""

LINEAR: Final = AFFINE | {
    "ActivityRegularization", "Add", "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D",
    "AlphaDropout", "Average", "AveragePooling1D", "AveragePooling2D", "BatchNormalization",
    "Concatenate", "Cropping1D", "Cropping2D", "Dropout", "Flatten", "FrameSlice",
    "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "Identity", "Permute", "RepeatVector", "Rescaling", "Reshape", "ReverseComplement",
    "ReverseComplementBatchNormalization", "Scale", "SpatialDropout1D", "SpatialDropout2D",
    "StochasticShift", "Subtract", "UpSampling1D", "UpSampling2D", "ZeroPadding1D",
    "ZeroPadding2D",
}
"""Layers whose output is a sum of weighted inputs and an offset: the weights are the multipliers.
BatchNormalization is one in prediction, when its statistics are fixed."""

MAXIMA: Final = frozenset({
    "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    "MaxPooling1D", "MaxPooling2D", "ReverseComplementPool",
})
"""Layers that pass on a maximum."""


def check_rules(spec: Spec, point: Point, explained: str) -> None:
    """Refuse a network with a layer, between the sequence and the point, that has no rule.

    Raises:
        DlgError: names the layer and another method.
    """
    for layer in layers_between(spec, explained, point.layer):
        without = _without_rule(layer, point)
        if without:
            raise DlgError(f"DeepLIFT needs a rule for each layer, and has none for {without}. "
                           f"Received: {layer.name!r} between the sequence and the output. Use "
                           "integrated gradients (--method ig), which take any network.")


def layers_between(spec: Spec, first: str, last: str) -> list[Layer]:
    """Return the layers that lead from an input or layer to another, which is the last of them."""
    reached = {first}
    for layer in spec.model.layers:
        if reached & set(layer.inputs):
            reached.add(layer.name)
    needed = {last}
    for layer in reversed(spec.model.layers):
        if layer.name in needed:
            needed.update(layer.inputs)
    return [layer for layer in spec.model.layers if layer.name in reached & needed]


def _without_rule(layer: Layer, point: Point) -> str:
    """Return what has no rule in a layer; nothing if all has."""
    one = layer.wrapped if layer.kind == "TimeDistributed" and layer.wrapped else layer
    if one.kind not in LINEAR | MAXIMA | ACTIVATION_LAYERS - {"Softmax"}:
        return one.kind
    activation = activation_of(one)
    is_left_off = layer.name == point.layer and point.is_linear
    return "" if is_left_off or activation in ELEMENTWISE else f"the activation {activation}"

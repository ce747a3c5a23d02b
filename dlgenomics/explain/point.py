"""Which number of a network is explained: found in its spec, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.columns import column_names
from dlgenomics.spec.arguments import with_defaults
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.outline import outline
from dlgenomics.spec.types import Layer, Spec

On = Literal["logit", "output"]

AFFINE: Final = frozenset({
    "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv1D",
    "DepthwiseConv2D", "EinsumDense", "ReverseComplementConv1D", "SeparableConv1D",
    "SeparableConv2D",
})
"""Layers that are sums of weighted inputs, and then their own activation if they have one."""

ACTIVATION_LAYERS: Final = frozenset({
    "Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "Threshold",
})
_TRANSPARENT: Final = frozenset({
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise",
    "Identity", "IsotonicCalibration",
})
"""Layers behind an activation that change nothing in prediction, or only the scale."""


@dataclass(frozen=True)
class Point:
    """One number for each example.

    Attributes:
        layer: the layer or input at which the network is left.
        is_linear: whether that layer's own activation is left off.
        column: the place on the last axis; all other axes are summed.
        words: what the number is.
    """

    layer: str
    is_linear: bool
    column: int
    words: str


def find_point(spec: Spec, target: str | None = None, layer: str | None = None,
               on: On = "logit") -> Point:
    """Find the number that is to be explained.

    Args:
        spec: the model's.
        target: a column of the output as tables of predictions name it, or with ``layer`` the
            number of a unit or filter, from 0. None where there is only one.
        layer: a layer; None is the output.
        on: ``logit`` leaves off the last activation, ``output`` keeps it.

    Raises:
        DlgError: no such target or layer, or none is named where there are several.
    """
    if on not in get_args(On):
        raise DlgError(f"what is explained is the logit or the output. Received: {on!r}.")
    name, column, what = (_output(spec, target) if layer is None else _unit(spec, layer, target))
    by_name = {one.name: one for one in spec.model.layers}
    place, is_linear, before = _before_activation(by_name, name) if on == "logit" else (
        name, False, "")
    words = f"{what}, {before}" if before else f"{what}, as the layer {name!r} gives it"
    return Point(place, is_linear, column, words + _summed(spec, name))


def activation_of(layer: Layer) -> str:
    """Return the name of a layer's own activation; ``linear`` for none."""
    one = layer.wrapped if layer.wrapped is not None else layer
    if one.kind not in AFFINE and one.kind != "Activation":
        return "linear"
    values = with_defaults(RULES[one.kind].arguments, one.arguments)
    return str(values.get("activation") or "linear")


def _output(spec: Spec, target: str | None) -> tuple[str, int, str]:
    columns = column_names(spec.data)
    known = {name: (output, place) for output in spec.model.outputs
             for place, name in enumerate(columns[output])}
    output, place = known[_chosen(target, list(known), "a target")]
    return output, place, f"target {columns[output][place]!r}"


def _unit(spec: Spec, layer: str, unit: str | None) -> tuple[str, int, str]:
    names = [one.name for one in spec.model.layers]
    if layer not in names:
        raise DlgError(f"a layer is one of {', '.join(names)}. Received: {layer!r}."
                       f"{did_you_mean(layer, names)}")
    units = [str(i) for i in range(_shape(spec, layer)[-1] or 0)]
    chosen = _chosen(unit, units, f"a unit of layer {layer!r}")
    return layer, int(chosen), f"unit {chosen} of layer {layer!r}"


def _chosen(name: str | None, known: list[str], what: str) -> str:
    if name is None and len(known) == 1:
        return known[0]
    if name is None or name not in known:
        shown = ", ".join(known[:12]) + (f" … ({len(known)})" if len(known) > 12 else "")
        came = f"{name!r}.{did_you_mean(name, known)}" if name is not None else (
            "none. Name one with --target (target=).")
        raise DlgError(f"{what} is one of {shown}. Received: {came}")
    return name


def _before_activation(by_name: Mapping[str, Layer], name: str) -> tuple[str, bool, str]:
    """Return where the last activation is left off, whether inside a layer, and that in words."""
    one = by_name[name]
    while one.kind in _TRANSPARENT and one.inputs[0] in by_name:
        one = by_name[one.inputs[0]]
    activation = activation_of(one)
    if one.kind in ACTIVATION_LAYERS:
        what = activation if one.kind == "Activation" else one.kind
        return one.inputs[0], False, f"before the {what} of layer {one.name!r}"
    if activation != "linear":
        return one.name, True, f"before the {activation} of layer {one.name!r}"
    return name, False, ""


def _shape(spec: Spec, layer: str) -> tuple[int | None, ...]:
    inputs = {name: tuple(spec.data.inputs[name].shape) for name in spec.model.inputs}
    return outline(spec.model.layers, inputs)[layer].shape


def _summed(spec: Spec, layer: str) -> str:
    places = _shape(spec, layer)[:-1]
    if not places:
        return ""
    return f", summed over its {' x '.join(map(str, places))} positions"

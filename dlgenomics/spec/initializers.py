"""Which initializer fits a layer: the one for the activation that its output meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dlgenomics.spec.arguments import Reference, snake_case
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.problems import Problems
from dlgenomics.spec.types import Layer

_HE: Final = ("relu", "relu6", "leaky_relu", "elu", "celu", "gelu", "quick_gelu", "silu", "swish",
              "mish")
_GLOROT: Final = ("sigmoid", "tanh", "softmax", "linear", "hard_sigmoid", "hard_sigmoid_keras2",
                  "softsign")
_ACTIVATION_LAYERS: Final = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "leaky_relu", "ELU": "elu",
    "Softmax": "softmax", "Threshold": "relu",
}
_FAMILIES: Final = {
    "HeNormal": "He", "HeUniform": "He", "GlorotNormal": "Glorot", "GlorotUniform": "Glorot",
    "LecunNormal": "LeCun", "LecunUniform": "LeCun",
}


def choose_initializers(layers: tuple[Layer, ...], problems: Problems) -> tuple[Layer, ...]:
    """Choose the initializers that were not written, and warn where a written one does not fit.

    The arguments of the layers returned stand in the order of the rules' tables, whatever they
    come from, so that a resolved spec is always written the same way.
    """
    found = {layer.name: _in_order(_initialized(layer, layers, problems))
             for layer in layers if not layer.shares}
    return tuple(_like(layer, found[layer.shares]) if layer.shares else found[layer.name]
                 for layer in layers)


def _like(layer: Layer, original: Layer) -> Layer:
    """Return a layer that shares weights, with the choices made for the one that has them."""
    return replace(layer, arguments=original.arguments, reasons=original.reasons,
                   wrapped=original.wrapped)


def _in_order(layer: Layer) -> Layer:
    found = {k: layer.arguments[k] for k in RULES[layer.kind].arguments if k in layer.arguments}
    wrapped = _in_order(layer.wrapped) if layer.wrapped else None
    return replace(layer, arguments=found, wrapped=wrapped)


def _initialized(layer: Layer, layers: Sequence[Layer], problems: Problems) -> Layer:
    if layer.wrapped:
        return replace(layer, wrapped=_initialized_as(layer.wrapped, layer.name, layers, problems))
    return _initialized_as(layer, layer.name, layers, problems)


def _initialized_as(layer: Layer, name: str, layers: Sequence[Layer],
                    problems: Problems) -> Layer:
    if not RULES[layer.kind].initializer:
        return layer
    activation, whence = _activation_after(layer, name, layers)
    fitting = "HeNormal" if activation in _HE else "GlorotUniform"
    if activation == "selu":
        fitting = "LecunNormal"
    written = layer.arguments.get("kernel_initializer")
    if written is None:
        chosen = {**layer.arguments, "kernel_initializer": Reference(fitting)}
        reason = f"{_FAMILIES[fitting]}, chosen for {activation}{whence}"
        return replace(layer, arguments=chosen,
                       reasons={**layer.reasons, "kernel_initializer": reason})
    family = _FAMILIES.get(written.name)
    doubtful = family and family != _FAMILIES[fitting] and activation in (*_HE, *_GLOROT, "selu")
    if doubtful and _is_first_copy(layer, name, layers):
        problems.warn((*layer.path, "kernel_initializer"),
                      f"{snake_case(written.name)} does not match {activation}{whence}; "
                      f"{snake_case(fitting)} does. Leave it out to have it chosen.")
    return layer


def _is_first_copy(layer: Layer, name: str, layers: Sequence[Layer]) -> bool:
    """Tell whether a layer is not one that ``repeat`` made again of the same entry."""
    place = layer.path
    copies = (o.name for o in layers if place in (o.path, o.wrapped.path if o.wrapped else None))
    return next(copies, name) == name


def _activation_after(layer: Layer, name: str, layers: Sequence[Layer]) -> tuple[str, str]:
    """Return the activation that a layer's output meets, and how it was found."""
    own = layer.arguments.get("activation")
    if own and own != "linear":
        return own, ""
    followers = [other for other in layers if name in other.inputs]
    while len(followers) == 1 and RULES[followers[0].kind].transparent:
        name = followers[0].name
        followers = [other for other in layers if name in other.inputs]
    if len(followers) == 1:
        next_one = followers[0]
        if next_one.kind == "Activation":
            return next_one.arguments["activation"] or "linear", f" in {next_one.name}"
        if next_one.kind in _ACTIVATION_LAYERS:
            return _ACTIVATION_LAYERS[next_one.kind], f" in {next_one.name}"
    return "linear", ""

"""Runs a network layer by layer along its spec, with a say in how each layer is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import keras

from dlgenomics.explain.point import Point
from dlgenomics.predict.model import Model
from dlgenomics.spec.types import Layer

Call = Callable[[Layer, keras.Layer, list[Any]], Any]
"""A layer in the spec, in Keras, and the tensors it follows → its output."""

SEPARATE: Final = ("GroupQueryAttention", "MultiHeadAttention")
"""Layers that take their inputs one by one, not as a list."""


def run_to(model: Model, point: Point, arrays: Mapping[str, Any], call: Call) -> Any:
    """Return the tensor at a point for some inputs; see `run_all`."""
    return run_all(model, point, arrays, call)[point.layer]


def run_all(model: Model, point: Point, arrays: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """Return the tensors of all inputs and layers up to a point.

    Args:
        model: the network with its spec.
        point: where it is left; its own activation is left off if the point says so.
        arrays: input tensors by name.
        call: how every other layer is called; see `plainly`.
    """
    tensors = {name: _scaled(model.model, name, tensor) for name, tensor in arrays.items()}
    for layer in model.spec.model.layers:
        if point.layer in tensors:
            break
        before = [tensors[source] for source in layer.inputs]
        tensors[layer.name] = call_at(model, point, layer, before, call)
    return tensors


def call_at(model: Model, point: Point, layer: Layer, before: list[Any], call: Call) -> Any:
    """Call one layer; at the point without its own activation if the point says so."""
    made = model.model.get_layer(layer.shares or layer.name)
    if layer.name == point.layer and point.is_linear:
        with without_activation(made) as bare:
            return plainly(layer, bare, before)
    return call(layer, made, before)


def plainly(layer: Layer, made: keras.Layer, before: list[Any]) -> Any:
    """Call a layer as in prediction."""
    if layer.kind in SEPARATE:
        return made(*before, training=False)
    return made(before if len(before) > 1 else before[0], training=False)


def holder_of(made: keras.Layer) -> keras.Layer:
    """Return the layer that holds the activation: the one inside ``TimeDistributed``."""
    return made.layer if isinstance(made, keras.layers.TimeDistributed) else made


@contextmanager
def without_activation(made: keras.Layer) -> Iterator[keras.Layer]:
    """Give a layer without its own activation, which it has again afterwards."""
    one = holder_of(made)
    function = one.activation
    one.activation = keras.activations.linear
    try:
        yield made
    finally:
        one.activation = function


def _scaled(network: keras.Model, name: str, tensor: Any) -> Any:
    """Return an input as the layers take it: numbers are scaled as training found."""
    scaling = [one for one in network.layers if one.name == f"{name}_scaled"
               and isinstance(one, keras.layers.Normalization)]
    return scaling[0](tensor) if scaling else tensor

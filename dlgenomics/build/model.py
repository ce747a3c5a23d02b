"""A spec → a `keras.Model`: the graph, its layers and their names, and nothing from elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import keras
import numpy as np

from dlgenomics.build.layers import layer_class
from dlgenomics.build.objects import make_arguments
from dlgenomics.build.units import axes_of_a_unit
from dlgenomics.spec import check_size
from dlgenomics.spec.calibration import score_layers
from dlgenomics.spec.inputs import WHOLE_NUMBERS, Input
from dlgenomics.spec.summary import PARAMETER_LIMIT
from dlgenomics.spec.transfer import frozen_layers
from dlgenomics.spec.types import Layer, Precision, Spec

_CALLED_WITH_SEPARATE_INPUTS: Final = ("MultiHeadAttention", "GroupQueryAttention")
_LOSES_MASKS: Final = ("RMSNormalization",)
"""Layers of Keras that treat positions alike and still do not hand a mask on."""


def build_model(spec: Spec) -> keras.Model:
    """Build the network of a spec with the initial weights that training starts from.

    Seeds Python, NumPy and TensorFlow with ``training.seed``: the same spec gives the same weights.

    Returns:
        See `assemble_model`.

    Raises:
        TooLargeError: too many parameters, found before anything is allocated.
    """
    keras.utils.set_random_seed(spec.training.seed)
    return assemble_model(spec, spec.training.precision)


def assemble_model(spec: Spec, precision: Precision | Literal["bfloat16"] = "float32", *,
                   limit: int = PARAMETER_LIMIT) -> keras.Model:
    """Put the network of a spec together, for weights that come from elsewhere; seeds nothing.

    Args:
        spec: what to build.
        precision: what layers compute in. Weights are float32, but bfloat16 (2 bytes a number,
            for prediction alone) with ``bfloat16``. Outputs are float32 always: losses and small
            probabilities need all digits.
        limit: the most parameters.

    Returns:
        A functional model. Its input and output layers bear the names of the spec's inputs and
        targets; with several outputs it returns a dict by target.

    Raises:
        TooLargeError: too many parameters, found before anything is allocated.
    """
    check_size(spec, limit)
    with _computing_in(precision):
        return _assembled(spec)


def assemble_empty_model(spec: Spec, precision: Precision | Literal["bfloat16"] = "float32", *,
                         limit: int = PARAMETER_LIMIT) -> keras.Model:
    """Put a large network together with weights of 0, to be filled in one by one.

    Random numbers for billions of weights would take minutes, and memory for two more layers that
    TensorFlow does not give back. Arguments, result and errors: as `assemble_model`.
    """
    with _starting_at_zero():
        return assemble_model(spec, precision, limit=limit)


@contextlib.contextmanager
def _starting_at_zero() -> Iterator[None]:
    """Make weights of layers that are built inside the block zeros, also those in layers."""
    add_weight = keras.Layer.add_weight

    def add_zeros(layer: keras.Layer, *shape: Any, **given: Any) -> Any:
        return add_weight(layer, *shape[:1], **{**given, "initializer": "zeros"})

    keras.Layer.add_weight = add_zeros
    try:
        yield
    finally:
        keras.Layer.add_weight = add_weight


@contextlib.contextmanager
def _computing_in(precision: str) -> Iterator[None]:
    """Make layers that are built inside the block compute in a precision, also those in layers."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _assembled(spec: Spec) -> keras.Model:
    inputs = {name: _make_input(name, spec.data.inputs[name]) for name in spec.model.inputs}
    tensors = {name: _scaled(spec.data.inputs[name], inputs[name]) for name in inputs}
    made: dict[str, keras.Layer] = {}
    frozen, precise = frozen_layers(spec), score_layers(spec)
    for layer in spec.model.layers:
        before = [tensors[source] for source in layer.inputs]
        dtype = "float32" if layer.name in precise else None
        if layer.shares:
            again = _apply(made[layer.shares], layer, before)
            tensors[layer.name] = keras.layers.Identity(name=layer.name, dtype=dtype)(again)
        else:
            made[layer.name] = _make_layer(layer, dtype)
            if layer.name in frozen:
                made[layer.name].trainable = False
            tensors[layer.name] = _apply(made[layer.name], layer, before)
    outputs = {name: tensors[name] for name in spec.model.outputs}
    return keras.Model(_single(inputs), _single(outputs), name=_model_name(spec.name))


def _make_input(name: str, one: Input) -> Any:
    return keras.Input(one.shape, name=name, dtype="int32" if one.kind in WHOLE_NUMBERS else None)


def _scaled(one: Input, tensor: Any) -> Any:
    """Return an input as the network takes it: numbers scaled as training found, else as it is."""
    if one.kind != "numeric" or one.fitted is None:
        return tensor
    spread = np.asarray(one.fitted.spread, np.float64)
    return keras.layers.Normalization(
        mean=list(one.fitted.center), variance=list(spread ** 2), name=f"{tensor.name}_scaled",
        dtype="float32",  # numbers as they are measured may be too large for float16
    )(tensor)


def _single(tensors: Mapping[str, Any]) -> Any:
    return next(iter(tensors.values())) if len(tensors) == 1 else dict(tensors)


def _model_name(name: str) -> str:
    return name.replace("/", "_").replace("-", "_").replace(".", "_")


def _make_layer(layer: Layer, dtype: str | None) -> keras.Layer:
    make = layer_class(layer.kind)
    arguments = make_arguments(layer.arguments, lambda weight: axes_of_a_unit(layer.kind, weight))
    if layer.wrapped is not None:
        inner = _make_layer(layer.wrapped, dtype)
        return make(inner, **arguments, name=layer.name, dtype=dtype)
    made = make(**arguments, name=layer.name, dtype=dtype)
    if layer.kind in _LOSES_MASKS:
        made.supports_masking = True
    return made


def _apply(made: keras.Layer, layer: Layer, before: list[Any]) -> Any:
    if layer.kind in _CALLED_WITH_SEPARATE_INPUTS:
        return made(*before)
    return made(before if len(before) > 1 else before[0])

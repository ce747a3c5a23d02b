"""Activations inside a network, and gradients with respect to its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.errors import DlgError, LayerNotFoundError

AVERAGES: Final[Mapping[str, Callable[..., Any]]] = {
    "sum": tf.reduce_sum,
    "max": tf.reduce_max,
    "min": tf.reduce_min,
    "absmax": lambda values, axis: tf.reduce_max(tf.abs(values), axis=axis),
}


def find_layer(model: keras.Model, layer: str | int) -> keras.Layer:
    """Return a layer by name, or by Kipoi's index, which counts from 1.

    Raises:
        LayerNotFoundError: no such layer; the message lists those there are.
    """
    names = [one.name for one in model.layers]
    if isinstance(layer, int):
        if 1 <= layer <= len(names):
            return model.layers[layer - 1]
    elif layer in names:
        return model.get_layer(layer)
    raise LayerNotFoundError(layer, names)


def activation(
    model: keras.Model, x: Any, layer: keras.Layer, *, pre_nonlinearity: bool
) -> Any:
    """Return a layer's output tensor for a batch.

    Args:
        model: a functional model.
        x: its input tensors.
        layer: one of its layers.
        pre_nonlinearity: before the layer's own activation function, where it has one.
    """
    if not pre_nonlinearity or not hasattr(layer, "activation"):
        return keras.Model(model.input, layer.output)(x, training=False)
    before = keras.Model(model.input, layer.input)(x, training=False)
    function = layer.activation
    layer.activation = keras.activations.linear
    try:
        return layer(before)
    finally:
        layer.activation = function


def input_gradient(
    model: keras.Model,
    arrays: Mapping[str, NDArray[np.float32]],
    layer: keras.Layer,
    *,
    filter_idx: int | slice | tuple[Any, ...] | None,
    avg_func: str | None,
    pre_nonlinearity: bool,
) -> dict[str, NDArray[np.float32]]:
    """Return the gradient of a layer's (averaged) output with respect to each input.

    Args:
        model: a functional model.
        arrays: the batch by input.
        layer: whose output is differentiated.
        filter_idx: which channels of the last axis; None is all of them.
        avg_func: how several values become one: sum, max, min or absmax.
        pre_nonlinearity: see `activation`.

    Returns:
        Arrays shaped as the inputs, by input.

    Raises:
        ValueError: several values are left and no ``avg_func`` joins them.
        DlgError: an input holds words or tokens, which have no gradient.
    """
    _refuse_words(arrays)
    tensors = {name: tf.convert_to_tensor(array) for name, array in arrays.items()}
    found = _gradients(model, tensors, layer, filter_idx, avg_func, pre_nonlinearity)
    return {name: gradient.numpy() for name, gradient in found.items()}


class InputGradient:
    """What `input_gradient` gives, as one compiled function for batches of any size.

    Args:
        model: a functional model.
        layer: whose output is differentiated.
        filter_idx, avg_func, pre_nonlinearity: see `input_gradient`.
    """

    def __init__(self, model: keras.Model, layer: keras.Layer, *,
                 filter_idx: int | slice | tuple[Any, ...] | None = None,
                 avg_func: str | None = None, pre_nonlinearity: bool = False) -> None:
        signature = {t.name: tf.TensorSpec((None, *t.shape[1:]), t.dtype) for t in model.inputs}
        self._run = tf.function(
            lambda tensors: _gradients(model, tensors, layer, filter_idx, avg_func,
                                       pre_nonlinearity),
            input_signature=[signature], autograph=False)

    def __call__(self, arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return gradients shaped as the inputs, by input; see `input_gradient`."""
        _refuse_words(arrays)
        found = self._run({name: tf.convert_to_tensor(array) for name, array in arrays.items()})
        return {name: gradient.numpy() for name, gradient in found.items()}


def _gradients(model: keras.Model, tensors: dict[str, Any], layer: keras.Layer,
               filter_idx: int | slice | tuple[Any, ...] | None, avg_func: str | None,
               pre_nonlinearity: bool) -> dict[str, Any]:
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        x = tensors if len(tensors) > 1 else next(iter(tensors.values()))
        found = activation(model, x, layer, pre_nonlinearity=pre_nonlinearity)
        value = averaged(chosen(found, filter_idx), avg_func)
    # An input on which the layer does not depend has the gradient 0.
    gradients: dict[str, Any] = tape.gradient(
        value, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return gradients


def _refuse_words(arrays: Mapping[str, NDArray[Any]]) -> None:
    words = [name for name, array in arrays.items() if array.dtype.kind not in "fc"]
    if words:
        raise DlgError("gradients are taken with respect to inputs of measured numbers or one-hot "
                       f"letters. Received: {', '.join(words)}, whole numbers that stand for "
                       "words. Change letters and compare predictions instead.")


def chosen(found: Any, filter_idx: int | slice | tuple[Any, ...] | None) -> Any:
    """Return some channels of the last axis, or what a whole index names."""
    if filter_idx is None:
        return found
    return found[(..., filter_idx)] if not isinstance(filter_idx, tuple) else found[filter_idx]


def averaged(found: Any, avg_func: str | None) -> Any:
    """Return one value a row, joined by ``avg_func`` where there are several.

    Raises:
        ValueError: several values, and no such function.
    """
    axes = list(range(1, len(found.shape)))
    if avg_func is None:
        if int(np.prod(found.shape[1:])) == 1:
            return tf.reshape(found, [-1])
        raise ValueError(f"avg_func must be one of {', '.join(AVERAGES)} where a layer gives "
                         f"several values. Received: none for shape {tuple(found.shape)}.")
    if avg_func not in AVERAGES:
        raise ValueError(f"avg_func must be one of {', '.join(AVERAGES)}. Received: {avg_func!r}.")
    return AVERAGES[avg_func](found, axis=axes) if axes else found

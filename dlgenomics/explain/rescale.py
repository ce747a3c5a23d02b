"""DeepLIFT's rescale rule as gradients: backpropagation through it gives the multipliers.

Inputs and references go through the network together, one half of the batch each. The values are
those of the network. Only the way back differs: where the network bends, the gradient of the
inputs' half is replaced by the slope from reference to input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import tensorflow as tf

from dlgenomics.explain.graph import holder_of, plainly, without_activation
from dlgenomics.explain.point import AFFINE, activation_of
from dlgenomics.explain.rules import LINEAR, MAXIMA
from dlgenomics.spec.types import Layer

_NEAR: Final = 1e-7
"""Where input and reference differ by less, the slope is the derivative."""


def rescaled(layer: Layer, made: keras.Layer, before: list[Any]) -> Any:
    """Call a layer on inputs and references so that its gradient is DeepLIFT's multiplier."""
    kind = layer.wrapped.kind if layer.wrapped is not None else layer.kind
    if kind in MAXIMA and getattr(made, "mode", "max") == "max":
        return _maximum(made, before[0])
    if kind in AFFINE and activation_of(layer) != "linear":
        function = holder_of(made).activation
        with without_activation(made) as bare:
            found = plainly(layer, bare, before)
        return _slope(function, found)
    if kind in LINEAR | MAXIMA:
        return plainly(layer, made, before)
    return _slope(lambda x: made(x, training=False), before[0])


def _slope(function: Callable[[Any], Any], both: Any) -> Any:
    """Apply an elementwise function; its gradient is the slope from reference to input."""
    x, reference = tf.split(both, 2)
    with tf.GradientTape() as tape:
        tape.watch(x)
        here = function(x)
    there = function(reference)
    change = x - reference
    is_near = tf.abs(change) < _NEAR
    slope = tf.where(is_near, tape.gradient(here, x),
                     (here - there) / tf.where(is_near, tf.ones_like(change), change))
    return tf.concat([_linear(here, slope, x), tf.stop_gradient(there)], axis=0)


def _maximum(made: keras.Layer, both: Any) -> Any:
    """Apply a maximum; its gradient shares the change between the places of both maxima.

    If the input's maximum is the greater, the change happened at its place; if the reference's is,
    there. So the parts add up to the change.
    """
    x, reference = tf.split(both, 2)
    here, there = made(x), made(reference)
    change = x - reference
    is_same = tf.equal(change, 0)
    share = tf.where(is_same, tf.zeros_like(x), 1 / tf.where(is_same, tf.ones_like(x), change))
    unit = _linear(tf.zeros_like(x), share, x)
    up = tf.stop_gradient(tf.maximum(here - there, 0))
    down = tf.stop_gradient(tf.minimum(here - there, 0))
    at_x = made(tf.stop_gradient(x) + unit)
    at_reference = made(tf.stop_gradient(reference) + unit)
    found = (tf.stop_gradient(here) + up * (at_x - tf.stop_gradient(at_x))
             + down * (at_reference - tf.stop_gradient(at_reference)))
    return tf.concat([found, tf.stop_gradient(there)], axis=0)


def _linear(value: Any, slope: Any, x: Any) -> Any:
    """Return ``value``, with ``slope`` as its gradient with respect to ``x``."""
    return (tf.stop_gradient(value)
            + tf.stop_gradient(slope) * (x - tf.stop_gradient(x)))

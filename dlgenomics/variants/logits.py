"""What a network computes before the last activation of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.predict.gradients import activation, find_layer
from dlgenomics.predict.model import Model


def linear_forward(
    model: Model,
) -> Callable[[Mapping[str, NDArray[Any]]], dict[str, NDArray[np.float32]]]:
    """Return the compiled forward pass up to the last activations.

    Raises:
        DlgError: an output's layer has no activation to leave off.
    """
    layers = {name: find_layer(model.model, name) for name in model.spec.model.outputs}
    for name, layer in layers.items():
        if getattr(layer, "activation", keras.activations.linear) is keras.activations.linear:
            raise DlgError("logit_diff needs outputs with an activation, such as sigmoid. "
                           f"Received: {name!r}, whose layer {type(layer).__name__} has none that "
                           "can be left off. Leave out logit_diff; diff says the same where there "
                           "is none.")
    names = list(model.inputs)

    def linear(arrays: Any) -> Any:
        given = arrays if len(names) > 1 else arrays[names[0]]
        return {name: activation(model.model, given, layer, pre_nonlinearity=True)
                for name, layer in layers.items()}

    run = tf.function(linear, reduce_retracing=True)

    def forward(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        found = run({name: tf.convert_to_tensor(arrays[name]) for name in names})
        return {name: one.numpy() for name, one in found.items()}

    return forward

"""Runs a Keras graph over arrays: compiled once, for batches of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.data.encoding import ALIGNMENT

Arrays = dict[str, NDArray[np.float32]]


class Forward:
    """A model's forward pass as one compiled TensorFlow function.

    The same batch gives the same bits as ``model.predict_on_batch``.

    Args:
        model: a functional Keras model.
        inputs: the names of its inputs, in order.
        outputs: the names of its outputs.
    """

    def __init__(self, model: keras.Model, inputs: list[str], outputs: list[str]) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._shapes = {
            name: tuple(tensor.shape[1:])
            for name, tensor in zip(outputs, _in_order(model.output, outputs), strict=True)
        }
        signature = {t.name: tf.TensorSpec((None, *t.shape[1:]), t.dtype) for t in model.inputs}
        self._run = tf.function(
            lambda arrays: model(
                arrays if len(inputs) > 1 else arrays[inputs[0]], training=False
            ),
            input_signature=[signature],
        )

    def __call__(self, arrays: Mapping[str, NDArray[np.float32]]) -> Arrays:
        """Return predictions by output: float32, the batch on axis 0."""
        if not len(arrays[self._inputs[0]]):  # some of TensorFlow's kernels refuse empty batches
            return {name: np.empty((0, *(n or 0 for n in shape)), np.float32)
                    for name, shape in self._shapes.items()}
        found: Any = self._run({name: _tensor(arrays[name]) for name in self._inputs})
        if not isinstance(found, dict):
            found = {self._outputs[0]: found}
        return {name: found[name].numpy() for name in self._outputs}


def _tensor(array: NDArray[Any]) -> tf.Tensor:
    """Return an array as a tensor: where it lies if that is where TensorFlow can use it.

    A copy of one-hot DNA would take a sixth of a small network's time.
    """
    flags = array.flags
    if array.ctypes.data % ALIGNMENT or not (flags.c_contiguous and flags.writeable):
        return tf.convert_to_tensor(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _in_order(tensors: Any, names: list[str]) -> list[Any]:
    """Return a model's output tensors in the order of ``names``; Keras sorts a dict by name."""
    return [tensors[name] for name in names] if isinstance(tensors, dict) else [tensors]

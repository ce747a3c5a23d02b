"""Networks on OpenVINO, which is faster on CPUs; needs the extra ``openvino``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.errors import DlgError

Arrays = dict[str, NDArray[np.float32]]

_ROWS: Final = 64
"""Rows at a time: what passes from layer to layer then stays in the processor's cache. More were
slower, up to twice for a small network."""


class OpenVinoEngine:
    """A network exported from its Keras model and compiled for this CPU.

    It is compiled anew for each number of rows that comes; a run has one or two.

    Args:
        model: a functional Keras model.
        inputs: the names of its inputs, in order.
        outputs: the names of its outputs.
        precision: of what is computed: ``f32``, or ``bf16``, which OpenVINO uses where the CPU has
            instructions for it.

    Raises:
        DlgError: the extra is not installed, or OpenVINO lacks an operation of the network.
    """

    def __init__(self, model: keras.Model, inputs: list[str], outputs: list[str],
                 precision: str = "f32") -> None:
        self._openvino = _import()
        self._inputs, self._outputs, self._precision = inputs, outputs, precision
        with _errors():
            self._graph = self._read(model)
        self._requests: dict[int, Any] = {}

    def __call__(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """Return predictions by output: float32, the batch on axis 0."""
        ordered = [arrays[name] for name in self._inputs]
        parts = [self._run([array[first:first + _ROWS] for array in ordered])
                 for first in range(0, max(len(ordered[0]), 1), _ROWS)]
        return {name: np.concatenate(found)
                for name, found in zip(self._outputs, zip(*parts, strict=True), strict=True)}

    def _run(self, arrays: list[NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Return the outputs of some rows, in order."""
        count = len(arrays[0])
        if count not in self._requests:
            with _errors():
                self._requests[count] = self._compile(count)
        request = self._requests[count]
        held = [np.ascontiguousarray(array) for array in arrays]  # OpenVINO reads them in place
        for place, array in enumerate(held):
            request.set_tensor(f"input_{place}", self._openvino.Tensor(array, shared_memory=True))
        request.start_async()
        request.wait()
        return [np.array(request.get_tensor(f"output_{place}").data, np.float32)
                for place in range(len(self._outputs))]

    def _read(self, model: keras.Model) -> Any:
        """Return OpenVINO's graph of a model.

        OpenVINO's converter for Python reports its use over the internet; its reader of saved
        models does not.
        """
        with tempfile.TemporaryDirectory() as folder:
            module = tf.Module()
            module.model, module.run = model, _traced(model, self._inputs, self._outputs)
            tf.saved_model.save(module, folder, signatures={"serving_default": module.run})
            return self._openvino.Core().read_model(folder)

    def _compile(self, count: int) -> Any:
        graph = self._graph.clone()
        graph.reshape({one: [count, *list(one.partial_shape)[1:]] for one in graph.inputs})
        settings = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        return self._openvino.Core().compile_model(graph, "CPU", settings).create_infer_request()


def _traced(model: keras.Model, inputs: list[str], outputs: list[str]) -> Any:
    """Return a model as a function of TensorFlow with plain names."""
    shapes = {one.name: one for one in model.inputs}
    signature = [tf.TensorSpec((None, *shapes[name].shape[1:]), shapes[name].dtype,
                               name=f"input_{place}") for place, name in enumerate(inputs)]

    def run(*tensors: Any) -> dict[str, Any]:
        named = dict(zip(inputs, tensors, strict=True))
        found = model(named if len(named) > 1 else tensors[0], training=False)
        by_name = found if isinstance(found, dict) else {outputs[0]: found}
        return {f"output_{place}": by_name[name] for place, name in enumerate(outputs)}

    return tf.function(run, input_signature=signature)


def _import() -> Any:
    try:
        import openvino  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DlgError("this engine needs the package openvino. Received: an installation without "
                       "it. Run: pip install 'dlgenomics[openvino]'") from error
    return openvino


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Turn an error of OpenVINO into one that says what to do."""
    try:
        yield
    except RuntimeError as error:
        raise DlgError("a network must have operations that OpenVINO knows. Received: "
                       f"{str(error).strip().splitlines()[-1]}. Leave --engine out.") from error

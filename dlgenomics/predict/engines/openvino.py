"""Networks on OpenVINO, which is faster on CPUs; needs the extra ``openvino``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.errors import DlgError

Arrays = dict[str, NDArray[np.float32]]


class OpenVinoEngine:
    """A network exported from its Keras model and compiled for this CPU, in float32.

    It is compiled anew for each size of batch that comes; a run has one.

    Args:
        model: a functional Keras model.
        inputs: the names of its inputs, in order.
        outputs: the names of its outputs.

    Raises:
        DlgError: the extra is not installed, or OpenVINO lacks an operation of the network.
    """

    def __init__(self, model: keras.Model, inputs: list[str], outputs: list[str]) -> None:
        self._openvino = _import()
        self._inputs, self._outputs = inputs, outputs
        with _errors():
            self._graph = self._read(model)
        self._requests: dict[int, Any] = {}

    def __call__(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """Return predictions by output: float32, the batch on axis 0."""
        count = len(arrays[self._inputs[0]])
        if count not in self._requests:
            with _errors():
                self._requests[count] = self._compile(count)
        found = self._requests[count].infer(
            {f"input_{place}": arrays[name] for place, name in enumerate(self._inputs)},
            share_inputs=True)
        return {name: np.array(found[f"output_{place}"], np.float32)
                for place, name in enumerate(self._outputs)}

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
        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
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

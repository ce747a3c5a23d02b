"""Networks on OpenVINO, which is faster on CPUs; needs the extra ``openvino``."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.cores import available_cores
from dlgenomics.errors import DlgError
from dlgenomics.predict.engines.maxima import pool_in_windows

Arrays = dict[str, NDArray[np.float32]]

_ROWS: Final = 64
"""Rows at a time: what passes from layer to layer then stays in the processor's cache. More were
slower, up to twice for a small network."""

_NO_MEMORY: Final = ("Failed to allocate", "bad_alloc")

_MOST_STREAMS: Final = 8
"""Each has memory of its own for what passes from layer to layer."""


@dataclass(frozen=True)
class _Compiled:
    """The network for one number of rows.

    Attributes:
        network: OpenVINO's.
        free: requests that nobody waits for.
    """

    network: Any
    free: list[Any] = field(default_factory=list)

    @contextlib.contextmanager
    def request(self) -> Iterator[Any]:
        """Give a request to the caller alone, and wait in the end for what it was asked."""
        try:
            request = self.free.pop()
        except IndexError:
            request = self.network.create_infer_request()
        try:
            yield request
        finally:
            request.wait()
            self.free.append(request)


class OpenVinoEngine:
    """A network exported from its Keras model and compiled for this CPU.

    Each of its streams, one for a core up to eight, takes some rows of a batch: cores that wait for
    each other within a layer wait long where another thread reads files. It is compiled anew for
    each number of rows that comes; a run has one or two. Several threads may call it.

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
        self._compiled: dict[int, _Compiled] = {}
        self._one_compiler = threading.Lock()

    def __call__(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """Return predictions by output: float32, the batch on axis 0."""
        held = [np.ascontiguousarray(arrays[name]) for name in self._inputs]  # read where they lie
        count = len(held[0])
        parts = [slice(first, first + _ROWS) for first in range(0, count, _ROWS)]
        network = self._for_rows(min(max(count, 1), _ROWS)).network
        found = [np.empty((count, *list(network.output(f"output_{place}").shape)[1:]), np.float32)
                 for place in range(len(self._outputs))]
        with _errors(), contextlib.ExitStack() as stack:  # whatever happens, all are waited for
            for part in parts:
                request = stack.enter_context(self._for_rows(len(held[0][part])).request())
                self._start(request, [one[part] for one in held], [one[part] for one in found])
        return dict(zip(self._outputs, found, strict=True))

    def _start(self, request: Any, arrays: list[NDArray[Any]],
               found: list[NDArray[np.float32]]) -> None:
        for kind, ones in (("input", arrays), ("output", found)):
            for place, one in enumerate(ones):
                request.set_tensor(f"{kind}_{place}",
                                   self._openvino.Tensor(one, shared_memory=True))
        request.start_async()

    def _for_rows(self, count: int) -> _Compiled:
        with self._one_compiler:
            if count not in self._compiled:
                with _errors():
                    self._compiled[count] = _Compiled(self._compile(count))
        return self._compiled[count]

    def _read(self, model: keras.Model) -> Any:
        """Return OpenVINO's graph of a model.

        OpenVINO's converter for Python reports its use over the internet; its reader of saved
        models does not.
        """
        with tempfile.TemporaryDirectory() as folder:
            module = tf.Module()
            module.model, module.run = model, _traced(model, self._inputs, self._outputs)
            tf.saved_model.save(module, folder, signatures={"serving_default": module.run})
            return pool_in_windows(self._openvino.Core().read_model(folder))

    def _compile(self, count: int) -> Any:
        graph = self._graph.clone()
        graph.reshape({one: [count, *list(one.partial_shape)[1:]] for one in graph.inputs})
        streams = min(available_cores(), _MOST_STREAMS) if count == _ROWS else 1
        return self._openvino.Core().compile_model(graph, "CPU", {
            "INFERENCE_PRECISION_HINT": self._precision, "NUM_STREAMS": streams,
            "ENABLE_CPU_PINNING": False})  # several runs on one machine would share a core


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
    """Turn an error of OpenVINO into one that says what to do, or that memory is short."""
    try:
        yield
    except RuntimeError as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError(str(error).strip().splitlines()[-1]) from error
        raise DlgError("a network must have operations that OpenVINO knows. Received: "
                       f"{str(error).strip().splitlines()[-1]}. Leave --engine out.") from error

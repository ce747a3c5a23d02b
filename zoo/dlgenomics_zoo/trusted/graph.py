"""A graph of TensorFlow 1, which is a program, with its checkpoint; run only with trust."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray

from dlgenomics.errors import DlgError, ShapeError, did_you_mean
from dlgenomics.predict.gradients import averaged, chosen
from dlgenomics.predict.inputs import named
from dlgenomics.predict.nested import join_rows, map_leaves

Nodes = str | Sequence[str] | Mapping[str, str]
"""The names of operations: of one, of several in an order, or of several by name."""

_FEW: Final = 8
_BROKEN: Final = (tf.errors.OpError, DecodeError, OSError, ValueError, KeyError, TypeError)
"""What TensorFlow raises for a graph that it cannot restore."""
_v1: Final = tf.compat.v1


class Graph:
    """Runs a graph between named operations.

    Attributes:
        inputs: name → shape with the batch axis; a graph whose inputs have no names of their own
            has those of its operations.
        batch: how many rows the graph takes at a time; None for any number.

    Args:
        checkpoint: what ``Saver.save`` was given: the files are this with ``.meta``, ``.index``
            and ``.data-…`` behind.
        inputs: the operations that are fed.
        outputs: the operations whose first output is predicted.
        constants: operation → what it is fed at all times.

    Raises:
        DlgError: the files are damaged, TensorFlow lacks an operation, or one of those named is
            not in the graph.
    """

    def __init__(self, checkpoint: Path, inputs: Nodes, outputs: Nodes,
                 constants: Mapping[str, Any]) -> None:
        self._graph, self._path = tf.Graph(), checkpoint
        self._session = _v1.Session(graph=self._graph,
                                    config=_v1.ConfigProto(allow_soft_placement=True))
        self._restore()
        self._takes = {name: self._tensor(node) for name, node in _by_name(inputs).items()}
        self._several = not isinstance(inputs, str)
        self._gives = _mapped(outputs, self._tensor)
        self._constants = {self._tensor(node): value for node, value in constants.items()}
        self._slopes: dict[str, Any] = {}
        self.inputs = {name: _shape(one) for name, one in self._takes.items()}
        self.batch = next((shape[0] for shape in self.inputs.values() if shape and shape[0]), None)

    def predict_on_batch(self, x: Any) -> Any:
        """Return what the graph says of a batch, nested as its outputs are named.

        Args:
            x: an array; or for several inputs a list in their order, or a dict by name.

        Raises:
            ValueError: the inputs given are not those of the graph.
            DlgError: an output has not one row for each row of the input.
        """
        return self._run(self._gives, self._fed(x))

    def predict_activation_on_batch(self, x: Any, layer: str | int,
                                    pre_nonlinearity: bool = False) -> NDArray[Any]:
        """Return what an operation says of a batch.

        Args:
            x: see `predict_on_batch`.
            layer: the operation's name.
            pre_nonlinearity: False; name the operation before the nonlinearity instead.
        """
        _check_nonlinearity(asked=pre_nonlinearity)
        found: NDArray[Any] = self._run(self._tensor(str(layer)), self._fed(x))
        return found

    def input_grad(self, x: Any, filter_idx: Any = None, avg_func: str | None = None,
                   layer: str | None = None, pre_nonlinearity: bool = False) -> Any:
        """Return the gradient of an output with respect to the input.

        Args:
            x: see `predict_on_batch`.
            filter_idx: which channels of the last axis; None is all of them.
            avg_func: how several values become one: sum, max, min or absmax.
            layer: an operation's name; None is the only output.
            pre_nonlinearity: see `predict_activation_on_batch`.
        """
        _check_nonlinearity(asked=pre_nonlinearity)
        if layer is None and not tf.is_tensor(self._gives):
            raise DlgError("a gradient is of one output. Received: a graph with several. Name an "
                           "operation: layer=NAME.")
        feed = self._fed(x)
        found = self._run(self._slope(layer, filter_idx, avg_func), feed)
        arrays = dict(zip(self._takes, found, strict=True))
        return arrays if self._several else next(iter(arrays.values()))

    def operations(self, shape: Sequence[int | None]) -> list[str]:
        """Return operations that read the inputs and give rows of a shape, the last ones first."""
        reached = self._reached()
        return [one.name for one in reversed(self._graph.get_operations())
                if one in reached and one.outputs and not one.name.startswith("gradients")
                and _shape(one.outputs[0]) == (self.batch, *shape)]

    def _restore(self) -> None:
        with self._graph.as_default():
            try:
                saver = _v1.train.import_meta_graph(f"{self._path}.meta", clear_devices=True)
                if saver is None:
                    saver = _v1.train.Saver()
                saver.restore(self._session, str(self._path))
            except _BROKEN as error:
                raise DlgError(
                    "a graph of TensorFlow 1 must be whole and of operations that TensorFlow "
                    f"{tf.__version__} has. Received: {self._path.name}: {type(error).__name__}: "
                    f"{str(error)[:300]}. Fetch its files again, or use its authors' own program."
                ) from error

    def _tensor(self, node: str) -> Any:
        """Return the first output of an operation."""
        try:
            return self._graph.get_operation_by_name(node.removesuffix(":0")).outputs[0]
        except (KeyError, ValueError, IndexError):
            names = [one.name for one in self._graph.get_operations() if one.outputs]
            raise DlgError("a node must be an operation of the graph with an output. Received: "
                           f"{node!r}.{did_you_mean(node, names)}") from None

    def _fed(self, x: Any) -> dict[str, NDArray[Any]]:
        given = named(x, list(self._takes))
        arrays = {name: np.asarray(given[name], one.dtype.as_numpy_dtype)
                  for name, one in self._takes.items()}
        for name, shape in self.inputs.items():
            if not self._takes[name].shape[1:].is_compatible_with(arrays[name].shape[1:]):
                raise ShapeError(f"input {name!r}", (None, *shape[1:]), arrays[name].shape)
        return arrays

    def _run(self, wanted: Any, feed: Mapping[str, NDArray[Any]]) -> Any:
        """Return some tensors for a batch, which goes in parts where the graph's size is fixed."""
        count = len(next(iter(feed.values())))
        if not count:
            raise DlgError("a batch must have rows. Received: none.")
        size = self.batch or count
        parts = []
        for first in range(0, count, size):
            rows = np.minimum(np.arange(first, first + size), count - 1)
            found = self._session.run(wanted, {
                **{self._takes[name]: array[rows] for name, array in feed.items()},
                **self._constants})
            whole = map_leaves(functools.partial(self._checked, size=size), found)
            parts.append(map_leaves(operator.itemgetter(slice(count - first)), whole))
        return join_rows(parts)

    def _checked(self, found: NDArray[Any], size: int) -> NDArray[Any]:
        """Return what a tensor says, if it says something of each row."""
        if found.ndim and len(found) == size:
            return found
        near = self.operations(found.shape) or self.operations(found.shape[1:])
        names = f", such as {', '.join(near[:_FEW])}" if near else ""
        raise DlgError(
            f"an output must have one row for each of the {size} rows of the input. Received: "
            f"shape {found.shape}, of a node that does not follow the input. Name another{names}: "
            "predict_activation_on_batch(x, layer=NAME), or --layer NAME.")

    def _reached(self) -> set[Any]:
        """Return the operations that read an input, directly or not."""
        found: set[Any] = set()
        todo = [one.op for one in self._takes.values()]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += [user for output in one.outputs for user in output.consumers()]
        return found

    def _slope(self, layer: str | None, filter_idx: Any, avg_func: str | None) -> Any:
        key = repr((layer, filter_idx, avg_func))
        if key not in self._slopes:
            with self._graph.as_default():
                value = averaged(chosen(self._gives if layer is None else self._tensor(layer),
                                        filter_idx), avg_func)
                self._slopes[key] = _v1.gradients(value, list(self._takes.values()))
        if None in self._slopes[key]:
            raise DlgError(f"an output must follow the input to have a gradient. Received: "
                           f"{layer or 'the one that the descriptor names'}, which does not.")
        return self._slopes[key]


def _check_nonlinearity(*, asked: bool) -> None:
    if asked:
        raise DlgError("pre_nonlinearity must be False for a graph. Received: True. Name the "
                       "operation before the nonlinearity: layer=NAME.")


def _by_name(nodes: Nodes) -> dict[str, str]:
    if isinstance(nodes, str):
        return {nodes: nodes}
    return dict(nodes) if isinstance(nodes, Mapping) else {node: node for node in nodes}


def _mapped(nodes: Nodes, change: Any) -> Any:
    if isinstance(nodes, str):
        return change(nodes)
    if isinstance(nodes, Mapping):
        return {name: change(node) for name, node in nodes.items()}
    return [change(node) for node in nodes]


def _shape(tensor: Any) -> tuple[int | None, ...]:
    return () if tensor.shape.rank is None else tuple(tensor.shape.as_list())

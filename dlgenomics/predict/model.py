"""The model object: a Keras model together with what it is and how to feed it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.build import assemble_model
from dlgenomics.data.layout import Layout
from dlgenomics.errors import PackageError, ReplayError
from dlgenomics.predict.columns import column_names
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.engines import open_engine
from dlgenomics.predict.forward import Forward
from dlgenomics.predict.gradients import InputGradient, activation, find_layer, input_gradient
from dlgenomics.predict.inputs import as_named_arrays, named
from dlgenomics.predict.layout import as_plain, as_source, is_source, source_layouts
from dlgenomics.predict.loaders.opening import own_dataloader
from dlgenomics.predict.network import Engine, OpenedEngine
from dlgenomics.predict.pipeline import Pipeline
from dlgenomics.predict.schema import Schema, schema_of
from dlgenomics.spec.inputs import Input
from dlgenomics.spec.types import Data, Info, Spec

RTOL: Final = 1e-4
ATOL: Final = 1e-5
"""Float32 results of other machines and versions lie well within these."""


@dataclass(frozen=True)
class SourceRecord:
    """Where a model came from.

    Attributes:
        kind: the source, such as ``local`` or ``built-in``.
        location: folder or address.
        sha256: of ``model.yaml``, which holds the hashes of all other files.
    """

    kind: str
    location: str
    sha256: str = ""


@dataclass(frozen=True)
class StoredTest:
    """Inputs and the outputs they gave when the model was packaged."""

    inputs: Mapping[str, NDArray[np.float32]]
    expected: Mapping[str, NDArray[np.float32]]
    rtol: float = RTOL
    atol: float = ATOL


@dataclass(frozen=True)
class Replay:
    """The outcome of replaying a stored test: it passed, and by how much."""

    examples: int
    difference: float


@dataclass(frozen=True, eq=False)
class Model:
    """A model that is ready to predict.

    >>> model = get_model("dragonn/tal1")                                   # doctest: +SKIP
    >>> model.predict_on_batch(x).shape                                     # doctest: +SKIP
    (32, 1)

    Attributes:
        spec: the resolved spec.
        model: the Keras model.
        source: where it came from.
        stored_test: test arrays of its package, if it has any.
        dataloader: what feeds it; None is our own, which the spec describes.
        type: for a model of Kipoi the class that runs it there.
        args: for a model of Kipoi the arguments of that class, besides its files.
    """

    spec: Spec
    model: keras.Model
    source: SourceRecord
    stored_test: StoredTest | None = None
    dataloader: Dataloader | None = None
    type: str = "keras"
    args: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def forward(self) -> Forward:
        """The compiled forward pass, from arrays by input to arrays by output."""
        return Forward(self.model, list(self.spec.model.inputs), list(self.spec.model.outputs))

    def __repr__(self) -> str:
        return f"<Model {self.name} from {self.source.location}>"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.spec.name

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of its package's manifest, or else of its spec and weights."""
        if self.source.sha256:
            return self.source.sha256
        digest = hashlib.sha256(repr(self.spec.to_data()).encode())
        for weight in self.model.weights:
            digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return digest.hexdigest()

    @property
    def source_dir(self) -> str:
        """The folder of its package."""
        return self.source.location

    @property
    def info(self) -> Info:
        """Authors, tags, training data."""
        return self.spec.info

    @property
    def data(self) -> Data:
        """The spec's inputs and targets."""
        return self.spec.data

    @property
    def inputs(self) -> dict[str, Input]:
        """The inputs of the network, in their order."""
        return {name: self.data.inputs[name] for name in self.spec.model.inputs}

    @cached_property
    def layouts(self) -> Mapping[str, Layout]:
        """How the source's users lay out some inputs; both forms are accepted."""
        return source_layouts(self.inputs)

    @property
    def schema(self) -> Schema:
        """Shapes and columns of inputs and targets."""
        return schema_of(self.data)

    @property
    def columns(self) -> list[str]:
        """The names of the output columns, in order."""
        return [name for names in column_names(self.data).values() for name in names]

    @property
    def pipeline(self) -> Pipeline:
        """Whole-pipeline prediction from files."""
        return Pipeline(self)

    @property
    def default_dataloader(self) -> Dataloader:
        """Call it with ``fasta_file`` and ``intervals_file``, ``sequences_file`` or ``table_file``.

        ``print_args()`` lists what it takes. The loader has ``batch_iter(batch_size)`` and
        ``load_all()``, which give dicts with ``inputs`` and ``metadata``.
        """
        return self.dataloader or own_dataloader(self.inputs)

    def predict_on_batch(self, x: Any) -> Any:
        """Return predictions for a batch.

        Args:
            x: an array with the batch on axis 0, as `schema` describes it, such as one-hot DNA,
                float32, shape (batch, length, 4), order A C G T; for several inputs a list in their
                order or a dict by name. For a language model texts, token ids of shape (batch,
                tokens) filled up with the pad's, or what a tokenizer of transformers gives.

        Returns:
            float32, shape (batch, columns) or (batch, positions, tracks); with several targets a
            dict of such arrays.

        Raises:
            ShapeError: another shape; the message states both.
            TokensError: a text has too many tokens, or an id is none of the vocabulary.
        """
        found = self.forward(self._arrays(x))
        return next(iter(found.values())) if len(found) == 1 else found

    def predict_activation_on_batch(
        self, x: Any, layer: str | int, pre_nonlinearity: bool = False
    ) -> NDArray[np.float32]:
        """Return the output of a layer for a batch.

        Args:
            x: as in `predict_on_batch`.
            layer: its name, or its index counted from 1 (as in Kipoi).
            pre_nonlinearity: before the layer's own activation function.
        """
        return self.layer_output(self._arrays(x), layer, pre_nonlinearity=pre_nonlinearity)

    def layer_output(
        self, arrays: Mapping[str, NDArray[Any]], layer: str | int, *,
        pre_nonlinearity: bool = False,
    ) -> NDArray[np.float32]:
        """Return the output of a layer for the arrays of the network; see above."""
        given = arrays if len(arrays) > 1 else next(iter(arrays.values()))
        one = find_layer(self.model, layer)
        found: NDArray[np.float32] = np.asarray(
            activation(self.model, given, one, pre_nonlinearity=pre_nonlinearity)
        )
        return found

    def engine(self, name: str) -> OpenedEngine:
        """Return what runs the network: ``tensorflow``, or one of `engines.ENGINES`; opened once.

        Raises:
            DlgError: see `engines.open_engine`.
        """
        if name not in self._engines:
            self._engines[name] = open_engine(name, self)
        return self._engines[name]

    @cached_property
    def _engines(self) -> dict[str, OpenedEngine]:
        return {"tensorflow": OpenedEngine("tensorflow", self.forward)}

    def engine_on(self, device: str) -> Engine:
        """Return a copy of the network that runs on a device of TensorFlow, such as ``/GPU:1``."""
        with tf.device(device):
            copy = assemble_model(self.spec)
            copy.set_weights(self.model.get_weights())
        forward = Forward(copy, list(self.spec.model.inputs), list(self.spec.model.outputs))

        def run(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
            with tf.device(device):
                return forward(arrays)

        return run

    def layer_engine(self, layer: str | int) -> Forward:
        """Return the compiled pass up to a layer; its output is called ``layer``."""
        one = find_layer(self.model, layer)
        return Forward(keras.Model(self.model.input, {"layer": one.output}),
                       list(self.spec.model.inputs), ["layer"])

    def layer_shape(self, layer: str | int) -> tuple[str, tuple[int | None, ...]]:
        """Return a layer's name and the shape of its output, without the batch axis."""
        found = find_layer(self.model, layer)
        return found.name, tuple(found.output.shape[1:])

    def input_grad(
        self,
        x: Any,
        filter_idx: int | slice | tuple[Any, ...] | None = None,
        avg_func: str | None = None,
        layer: str | int | None = None,
        final_layer: bool = True,
        selected_fwd_node: None = None,
        pre_nonlinearity: bool = False,
    ) -> Any:
        """Return the gradient of an output with respect to the input.

        Args:
            x: as in `predict_on_batch`.
            filter_idx: which channels of the layer's last axis; None is all of them.
            avg_func: ``sum``, ``max``, ``min`` or ``absmax``, where several values are left.
            layer: name or index from 1; None is the (first) output.
            final_layer: whether the output is meant where ``layer`` is None.
            selected_fwd_node: None; Kipoi has the argument and no use for it either.
            pre_nonlinearity: before the layer's own activation, such as the final sigmoid.

        Returns:
            An array shaped as the input; for several inputs a dict of them.

        Raises:
            ValueError: no such layer, or arguments that name none.
        """
        one = self._differentiated(layer, final_layer, selected_fwd_node)
        found = input_gradient(self.model, self._arrays(x), one, filter_idx=filter_idx,
                               avg_func=avg_func, pre_nonlinearity=pre_nonlinearity)
        return self._laid_out(found, x)

    def gradient(self, arrays: Mapping[str, NDArray[Any]], **how: Any) -> Any:
        """Return gradients for the arrays of the network, in the layout of the source's users.

        Compiled at the first call, for all that ask for the same: a run has many batches.

        Args:
            arrays: the batch by input.
            how: see `input_grad`.
        """
        x = {name: as_source(array, self.inputs[name], self.layouts[name])
             if name in self.layouts else array for name, array in arrays.items()}
        wanted = repr(sorted(how.items()))
        if wanted not in self._compiled:
            self._compiled.clear()
            self._compiled[wanted] = self._compile_gradient(**how)
        return self._laid_out(self._compiled[wanted](self._arrays(x)), x)

    @cached_property
    def _compiled(self) -> dict[str, InputGradient]:
        """The gradient that was asked for last, by how it was asked for."""
        return {}

    def _compile_gradient(self, layer: str | int | None = None, final_layer: bool = True,
                          selected_fwd_node: None = None, **how: Any) -> InputGradient:
        return InputGradient(
            self.model, self._differentiated(layer, final_layer, selected_fwd_node), **how)

    def _differentiated(self, layer: str | int | None, final_layer: bool,
                        selected_fwd_node: None) -> keras.Layer:
        """Return the layer whose output is differentiated; see `input_grad`."""
        if selected_fwd_node is not None or (layer is None and not final_layer):
            raise ValueError("input_grad must have a layer, or final_layer=True, and no "
                             f"selected_fwd_node. Received: layer={layer!r}, final_layer="
                             f"{final_layer}, selected_fwd_node={selected_fwd_node!r}.")
        return find_layer(self.model, self.spec.model.outputs[0] if layer is None else layer)

    def _laid_out(self, found: dict[str, NDArray[np.float32]], x: Any) -> Any:
        """Return gradients as the inputs ``x`` are laid out; the array itself where it is one."""
        given = named(x, list(self.inputs))
        for name, layout in self.layouts.items():
            one = self.inputs[name]
            form = as_source if is_source(np.shape(given[name]), one, layout) else as_plain
            found[name] = form(found[name], one, layout)
        return next(iter(found.values())) if len(found) == 1 else found

    def test(self) -> Replay:
        """Replay the stored test inputs and compare with the stored outputs.

        Raises:
            ReplayError: an output differs by more than the stored tolerance, or none is stored.
        """
        stored = self.stored_test
        if stored is None:
            raise PackageError("a model can be tested if its package holds test arrays. Received: "
                               "none. Package it with dlgenomics.", folder=self.source.location)
        found = self.forward(stored.inputs)
        differences = [np.abs(found[name] - stored.expected[name]) for name in stored.expected]
        largest = max(float(one.max(initial=0.0)) for one in differences)
        good = all(np.allclose(found[name], stored.expected[name], stored.rtol, stored.atol)
                   for name in stored.expected)
        if not good:
            raise ReplayError(self.source.location, largest, stored.rtol, stored.atol)
        return Replay(len(next(iter(stored.expected.values()))), largest)

    def _arrays(self, x: Any) -> dict[str, NDArray[np.float32]]:
        return as_named_arrays(x, self.inputs, self.layouts)

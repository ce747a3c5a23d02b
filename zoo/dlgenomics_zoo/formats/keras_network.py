"""Old Keras models of any form that is data → a network in the words of a spec, and weights."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics.files import require_file
from dlgenomics_zoo.formats.archive import open_archive, read_member
from dlgenomics_zoo.formats.errors import UnknownLayersError, WeightsError, damaged
from dlgenomics_zoo.formats.hdf5 import Array
from dlgenomics_zoo.formats.keras1 import NoCounterpart, modernise
from dlgenomics_zoo.formats.keras_arrays import (
    LayerArrays,
    array_counts,
    convert,
    slides_a_kernel,
)
from dlgenomics_zoo.formats.keras_document import Architecture, read_architecture, release_of
from dlgenomics_zoo.formats.keras_graph import MAX_OUTPUTS, Call, Graph, LayerPath, Tensor, flatten
from dlgenomics_zoo.formats.keras_layers import apply_layer
from dlgenomics_zoo.formats.keras_match import Counts, match, store_arrays
from dlgenomics_zoo.formats.keras_steps import Network, Step, Value, has_weights, layer_name
from dlgenomics_zoo.formats.keras_weights import StoredArray, StoredWeights, read_keras_weights
from dlgenomics_zoo.formats.recognise import Format, recognise, refuse_untrusted

_MODULES: Final = ("keras", "tensorflow.keras", "tensorflow.python.keras", "tf_keras",
                   "builtins", "concise", "dlgenomics")


@dataclass(frozen=True)
class LegacyNetwork:
    """A network that some Keras saved, in the words of a spec.

    Attributes:
        inputs: name → shape without the batch axis; None where a length varies.
        layers: what stands in a spec under ``model.layers``: plain data.
        outputs: names of layers, in the network's order, with their shapes without the batch axis.
        weights: layer → its arrays in the order of Keras 3's ``layer.weights``; empty if the
            network was read without weights.
        notes: sentences about what was translated, guessed or left out.
        keras_version: what saved the network, or None for a Keras 1 that does not say.
        source: facts about the files: their paths, the backend, the format.
    """

    inputs: Mapping[str, tuple[int | None, ...]]
    layers: Sequence[Mapping[str, Any]]
    outputs: Mapping[str, tuple[int | None, ...]]
    weights: Mapping[str, Sequence[Array]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    keras_version: str | None = None
    source: Mapping[str, str] = field(default_factory=dict)


def read_keras_network(path: Path | str, weights: Path | str | None = None, *,
                       kernel_flip: bool | None = None,
                       shapes: Mapping[str, Sequence[int]] | None = None,
                       replacements: Mapping[str, Mapping[str, Any] | str] | None = None
                       ) -> LegacyNetwork:
    """Read a model of Keras 1, 2 or 3 without running anything in it.

    Args:
        path: an architecture (JSON or YAML), a whole model (HDF5), or a ``.keras`` file.
        weights: an HDF5 file with the weights, for an architecture.
        kernel_flip: whether convolution kernels were made for Theano, which slides them the other
            way round; None decides by what the file says, and a note tells how.
        shapes: input name, its own or as a spec has it → its shape without the batch axis, where
            the network leaves a length open.
        replacements: layer name → the layer of a spec that stands for it, such as
            ``{"lambda_1": "ReverseComplement"}``, for layers that hold code or are unknown.

    Raises:
        MissingFileError: no such file.
        UnsafeModelError: a file is a program, refers to other files or is built to do harm.
        UnknownLayersError: layers have no counterpart; all are listed.
        WeightsError: weights and network do not fit together.
        DataError: a file is damaged or something else.
    """
    path = Path(path)
    form = recognise(path)
    refuse_untrusted(path, form)
    architecture, stored = _opened(path, form, Path(weights) if weights is not None else None)
    if architecture.release < (1, 0):
        raise damaged(path, "of Keras 1 or later", f"Keras {architecture.version}")
    graph = _with_shapes(flatten(architecture), shapes or {}, path)
    theano, sentence = made_by_theano(architecture, stored, kernel_flip)
    network, values, made = _translate(architecture, graph, replacements or {}, theano=theano)
    outputs = _outputs(network, graph, values)
    _prune(network, outputs)
    source = {"path": str(path), "format": form.value,
              "backend": architecture.backend or "not said",
              **({"weights": str(stored.path)} if stored else {})}
    arrays = _weights(architecture, graph, made, stored, network, theano) if stored else {}
    if arrays and sentence and any(slides_a_kernel(*_entry(network, name)) for name in arrays):
        network.notes[sentence] = None
    return LegacyNetwork(
        inputs={values[t].name: values[t].shape for t in graph.inputs},
        layers=tuple(network.entries), outputs=outputs, weights=arrays,
        notes=tuple(network.notes), keras_version=architecture.version, source=source,
    )


def _with_shapes(graph: Graph, shapes: Mapping[str, Sequence[int]], path: Path) -> Graph:
    """Return the graph with the lengths that were given for those that it leaves open."""
    inputs = dict(graph.inputs)
    for name, shape in shapes.items():
        tensor = next((t for t in inputs if name in (t.layer[-1], layer_name(t.layer[-1]))), None)
        old = inputs.get(tensor) if tensor is not None else None
        if tensor is None or old is None or len(old) != len(shape) or any(
            n not in (None, m) for n, m in zip(old, shape, strict=True)
        ):
            known = {t.layer[-1]: s for t, s in graph.inputs.items()}
            raise DataError(f"a shape may be given for what the inputs {known} leave open. "
                            f"Received: {name}: {tuple(shape)}. Give the others as they are.",
                            path=path)
        inputs[tensor] = tuple(shape)
    return replace(graph, inputs=inputs)


def _opened(path: Path, form: Format,
            weights: Path | None) -> tuple[Architecture, StoredWeights | None]:
    if form is Format.KERAS_ZIP:
        return _opened_zip(path)
    if form is Format.KERAS_HDF5:
        stored = read_keras_weights(path)
        text = stored.config or ""
        return read_architecture(text, path, version=stored.version,
                                 backend=stored.backend), stored
    if form in (Format.KERAS_JSON, Format.KERAS_YAML):
        stored_or_none = read_keras_weights(weights) if weights is not None else None
        text = require_file(path, "the architecture").read_text("utf-8", "replace")
        found = read_architecture(text, path)
        if stored_or_none is not None and found.backend is None:
            found = replace(found, backend=stored_or_none.backend)
        return found, stored_or_none
    advice = " Give the architecture (JSON) and these weights." if (
        form is Format.KERAS_WEIGHTS) else ""
    raise DataError(f"a Keras model must be an architecture, a whole HDF5 model or a .keras file. "
                    f"Received: {form.value}.{advice}", path=path)


def _opened_zip(path: Path) -> tuple[Architecture, StoredWeights]:
    known = ("config.json", "metadata.json", "model.weights.h5")
    with open_archive(path) as archive, tempfile.TemporaryDirectory() as scratch:
        others = [n for n in archive.namelist() if n not in known]
        if others:
            raise damaged(path, "a .keras file of three members", f"{others[0]!r} as well")
        text = read_member(path, archive, "config.json").decode("utf-8", "replace")
        copy = Path(scratch) / "model.weights.h5"
        copy.write_bytes(read_member(path, archive, "model.weights.h5"))
        stored = replace(read_keras_weights(copy), path=path)
    return read_architecture(text, path, version="3", backend=stored.backend), stored


@dataclass
class _Made:
    """The first call of each layer with weights, and the entry that it became."""

    calls: dict[LayerPath, tuple[Call, str]] = field(default_factory=dict)


def _translate(architecture: Architecture, graph: Graph,
               replacements: Mapping[str, Mapping[str, Any] | str], *, theano: bool
               ) -> tuple[Network, dict[Tensor, Value], _Made]:
    network, made = Network(), _Made()
    values: dict[Tensor, Value] = {}
    for tensor, shape in graph.inputs.items():
        values[tensor] = Value(network.free_name(tensor.layer[-1]), shape)
    unknown: list[str] = []
    first: dict[LayerPath, str] = {}
    for call in graph.calls:
        if not all(t in values for t in call.inputs):
            continue  # it follows a layer that is already among the unknown
        try:
            step = _step(architecture, network, call, values, first.get(call.layer))
            step.theano = theano
            found = _apply(step, call, replacements)
        except NoCounterpart as error:
            unknown.append(f"{'/'.join(call.layer)} ({call.class_name}: {error})")
            continue
        if step.made:
            first[call.layer] = step.made
            made.calls[call.layer] = (call, step.made)
        for index in range(MAX_OUTPUTS):
            values[Tensor(call.layer, call.number, index)] = found[min(index, len(found) - 1)]
    if unknown:
        raise UnknownLayersError(architecture.path, list(dict.fromkeys(unknown)))
    return network, values, made


def _step(architecture: Architecture, network: Network, call: Call,
          values: Mapping[Tensor, Value], first: str | None) -> Step:
    if call.module is not None and not call.module.startswith(_MODULES):
        raise NoCounterpart(f"a class of the module {call.module!r}")
    if not isinstance(call.config, Mapping):
        raise NoCounterpart("settings in an unknown form")
    if call.class_name == "Lambda":
        class_name, config = "Lambda", dict(call.config)
    else:
        class_name, config = modernise(call.class_name, call.config)
    if class_name in ("CuDNNLSTM", "CuDNNGRU"):
        raise NoCounterpart(f"it ran on graphics cards only; convert it to {class_name[5:]} with "
                            "the Keras that made it")
    inputs = [values[t] for t in call.inputs]
    wanted = call.name if call.number == 0 else f"{call.name}_call{call.number + 1}"
    return Step(network, wanted, class_name, config, inputs, architecture.release,
                architecture.version or "1", first)


def _apply(step: Step, call: Call,
           replacements: Mapping[str, Mapping[str, Any] | str]) -> list[Value]:
    """Add what stands for a call; nearly all layers give one tensor."""
    chosen = replacements.get(call.name)
    if chosen is not None:
        kind, arguments = (chosen, {}) if isinstance(chosen, str) else next(iter(chosen.items()))
        step.note(f"{call.name!r} was replaced by {kind}, as asked.")
        return [step.main(kind, arguments or {}, *map(step.straight, step.inputs))]
    if call.keywords:  # a mask, a state, or training=True at all times
        raise NoCounterpart(f"called with {', '.join(call.keywords)}")
    if step.class_name == "FrameSliceLayer":  # of Framepool
        return [step.main("FrameSlice", {"frame": frame}, step.straight(step.inputs[0]))
                for frame in range(3)]
    return [apply_layer(step)]


def _outputs(network: Network, graph: Graph,
             values: Mapping[Tensor, Value]) -> dict[str, tuple[int | None, ...]]:
    found = {}
    for tensor in graph.outputs:
        value = values[tensor]
        if value.turned:
            step = Step(network, value.name, "", {}, (), (3, 0))
            value = step.straight(value)
        found[value.name] = value.shape
    return found


def _prune(network: Network, outputs: Mapping[str, Any]) -> None:
    """Drop layers without weights that no output follows, such as a frame that nobody takes."""
    needed = set(outputs)
    kept: list[dict[str, Any]] = []
    for entry in reversed(network.entries):
        ((kind, body),) = entry.items()
        if body["name"] in needed or has_weights(kind, body):
            sources = body["from"] if isinstance(body["from"], list) else [body["from"]]
            needed |= {*sources, body.get("of", body["name"])}
            kept.append(entry)
    network.entries[:] = reversed(kept)


def _weights(architecture: Architecture, graph: Graph, made: _Made, stored: StoredWeights,
             network: Network, theano: bool) -> dict[str, list[Array]]:
    layers = [path for path in graph.order if path in made.calls]
    if stored.store:
        found = store_arrays(architecture, stored)
        notes: list[str] = []
        layers = [path for path in layers if path in found]
    else:
        counts = {p: _array_counts(made.calls[p], network) for p in layers}
        layers = [p for p in layers if counts[p] != (0, 0)]
        found, notes = match(stored, {p: counts[p] for p in layers}, branches=_branches(graph))
    network.notes.update(dict.fromkeys(notes))
    weights: dict[str, list[Array]] = {}
    problems: list[str] = []
    for path in layers:
        name = made.calls[path][1]
        try:
            weights[name] = convert(_layer_arrays(made.calls[path], network, found[path], theano))
        except (NoCounterpart, KeyError, ValueError, IndexError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise WeightsError(problems, stored.path)
    return weights


def _entry(network: Network, name: str) -> tuple[str, dict[str, Any]]:
    """Return the kind and arguments of a layer of the new network."""
    for entry in network.entries:
        ((kind, written),) = entry.items()
        if written["name"] == name:
            return kind, {k: v for k, v in written.items() if k not in ("from", "name")}
    raise KeyError(name)


def _array_counts(made: tuple[Call, str], network: Network) -> Counts | None:
    """Return how many arrays a layer has that training changes, and how many others."""
    call, name = made
    kind, arguments = _entry(network, name)
    counts = array_counts(kind, arguments)
    if counts is not None and call.config.get("trainable", True) is False:
        return 0, sum(counts)
    return counts


def _layer_arrays(made: tuple[Call, str], network: Network, stored: Sequence[StoredArray],
                  flip: bool) -> LayerArrays:
    call, name = made
    kind, arguments = _entry(network, name)
    config = call.config if call.class_name == "Lambda" else modernise(
        call.class_name, call.config)[1]
    return LayerArrays(kind, arguments, config, stored, flip)


def _branches(graph: Graph) -> bool:
    """Tell whether any tensor is used twice or any layer joins several."""
    sources = [t for call in graph.calls for t in call.inputs]
    return len(set(sources)) < len(sources) or any(len(c.inputs) > 1 for c in graph.calls) or (
        len(graph.inputs) > 1)


def made_by_theano(architecture: Architecture, stored: StoredWeights | None,
                   asked: bool | None) -> tuple[bool, str]:
    """Decide whether Theano made the weights, so that kernels must be reversed.

    Returns:
        The decision and a sentence for the user about it, empty if there is nothing to tell.
    """
    if stored is None:
        return False, ""
    if asked is not None:
        return asked, f"Convolution kernels were {'' if asked else 'not '}reversed, as asked."
    backend = stored.backend or architecture.backend
    if backend is not None:
        told = ("Convolution kernels were reversed: the file says that Theano made them. Set "
                "kernel_flip=False if they are not Theano's.")
        return backend == "theano", told if backend == "theano" else ""
    if release_of(stored.version) >= (2, 0) or stored.store:
        return False, ""
    theano = not any(a.name.endswith(":0") for a in stored.all_arrays)
    clue = "do not end in ':0', as with Theano" if theano else "end in ':0', as with TensorFlow"
    return theano, (
        f"Convolution kernels were {'' if theano else 'not '}reversed: a guess, because the file "
        f"does not say its backend and its array names {clue}. Set kernel_flip to decide.")

"""Rules of the network: what it takes, what it gives, and that all of it is used."""

from __future__ import annotations

from collections.abc import Mapping

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.document import Path
from dlgenomics.spec.heads import head_names
from dlgenomics.spec.inputs import KmerInput
from dlgenomics.spec.layers.rule import Shape
from dlgenomics.spec.outline import Outline, outline
from dlgenomics.spec.problems import Problems
from dlgenomics.spec.targets import InputTarget, Task
from dlgenomics.spec.tasks import TASKS
from dlgenomics.spec.types import Layer, Spec


def check_model(spec: Spec, problems: Problems) -> None:
    """Note what is wrong with the network of a spec whose types are right."""
    inputs = spec.data.inputs
    for i, name in enumerate(spec.model.inputs):
        if name not in inputs:
            problems.add(("model", "inputs", i), "model.inputs names inputs of data.inputs. "
                         f"Received: {name!r}.{did_you_mean(name, inputs)}")
    for key in ("inputs", "outputs"):
        names = getattr(spec.model, key)
        if len(set(names)) < len(names):
            problems.add(("model", key), f"model.{key} must name each once. "
                         f"Received: {', '.join(names)}.")
    if problems.found:
        return
    shapes: dict[str, Shape] = {name: inputs[name].shape for name in spec.model.inputs}
    known = outline(spec.model.layers, shapes, problems)
    if problems.found:
        return
    _check_tokens(spec, problems)
    _check_outputs(spec, known, problems)
    _check_all_used(spec, problems)


def _check_tokens(spec: Spec, problems: Problems) -> None:
    """Check that an Embedding gets whole numbers it has vectors for; Keras checks neither."""
    for layer in spec.model.layers:
        if layer.kind == "Embedding":
            given = spec.data.inputs.get(layer.inputs[0])
            if isinstance(given, KmerInput) and layer.arguments["input_dim"] <= 4 ** given.k:
                problems.add((*layer.path, "input_dim"), f"input_dim must be at least "
                             f"{4 ** given.k + 1}, 4^k words of {given.k} and 0 for a word with N. "
                             f"Received: {layer.arguments['input_dim']}.")
            if given is None or getattr(given, "kind", None) == "numeric":
                came = "a layer" if given is None else "an input of kind numeric"
                problems.add(layer.path, "Embedding must follow an input of whole numbers, such as "
                             f"k-mers. Received: {layer.inputs[0]!r}, {came}.", at_key=True)


def _check_outputs(spec: Spec, known: Mapping[str, Outline], problems: Problems) -> None:
    by_name = {layer.name: layer for layer in spec.model.layers}
    targets = spec.data.targets
    path: Path = ("model", "outputs")
    if path not in problems.document.values:
        path = (*spec.model.layers[-1].path, "name")
    if set(spec.model.outputs) != set(targets):
        problems.add(path, f"the model's outputs must be the targets {', '.join(targets)}. "
                     f"Received: {', '.join(spec.model.outputs)}. Give each output layer its "
                     "target's name.")
        return
    for name in spec.model.outputs:
        if name not in by_name:
            problems.add(path, f"an output must be a layer. Received: {name!r}."
                         f"{did_you_mean(name, by_name)}")
            continue
        _check_head(spec, by_name[name], known[name].shape, problems)


def _check_head(spec: Spec, layer: Layer, shape: Shape, problems: Problems) -> None:
    _check_head_shape(spec, layer, shape, problems)
    task = spec.task_of(layer.name)
    heads = head_names(spec.model.layers, [layer.name])
    for head in (one for one in spec.model.layers if one.name in heads):
        _check_activation(head, task, problems)
    loss = spec.training.loss.get(layer.name)
    if loss is not None and loss.name not in TASKS[task].losses:
        problems.add(("training", "loss"), f"the loss of {task} must be one of "
                     f"{', '.join(TASKS[task].losses)}. Received: {loss.name}.")


def _check_activation(layer: Layer, task: Task, problems: Problems) -> None:
    activation = layer.arguments.get("activation") or "linear"
    allowed = TASKS[task].activations
    if layer.kind in ("Dense", "Activation", "Conv1D", "Conv2D") and activation not in allowed:
        problems.add((*layer.path, "activation"), f"the output of {task} must have "
                     f"activation {' or '.join(allowed)}. Received: {activation}.")


def _check_head_shape(spec: Spec, layer: Layer, shape: Shape, problems: Problems) -> None:
    target = spec.data.targets[layer.name]
    if isinstance(target, InputTarget) and target.input not in spec.data.inputs:
        return
    wanted = spec.data.output_shape(layer.name)
    if len(shape) == len(wanted) and all(
            w in (None, s) for w, s in zip(wanted, shape, strict=True)):
        return
    if len(wanted) == 1:
        number = "columns" if wanted[0] is None else wanted[0]
        rule = f"(None, {number}), one value for each column of the target"
    else:
        rule = f"{(None, *wanted)}, as the target has"
    problems.add(layer.path, f"output {layer.name!r} must have shape {rule}. "
                 f"Received: {(None, *shape)}.", at_key=True)


def _check_all_used(spec: Spec, problems: Problems) -> None:
    used = {source for layer in spec.model.layers for source in layer.inputs}
    for layer in spec.model.layers:
        if layer.name not in used and layer.name not in spec.model.outputs:
            problems.add(layer.path, "every layer must lead to an output. Received: "
                         f"{layer.name!r}, which nothing follows. Remove it, or name it in 'from' "
                         "or 'outputs'.",
                         at_key=True)
    for i, name in enumerate(spec.model.inputs):
        if name not in used:
            path: Path = ("model", "inputs", i)
            path = path if path in problems.document.values else ("data", "inputs", name)
            problems.add(path, f"every input must be used. Received: {name!r}, which no layer "
                         "follows. Name it in 'from', or leave it out of model.inputs.",
                         at_key=True)

"""Rules that join sections of a spec: source and labels, network and targets, task and loss."""

from __future__ import annotations

from collections.abc import Mapping

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.document import Path
from dlgenomics.spec.heads import head_names
from dlgenomics.spec.layers.rule import Shape
from dlgenomics.spec.metrics import is_by_epoch
from dlgenomics.spec.outline import Outline, outline
from dlgenomics.spec.problems import Problems, must_be, received
from dlgenomics.spec.tasks import TASKS
from dlgenomics.spec.types import Data, Layer, Spec, Training
from dlgenomics.spec.wiring import NAME_RULE, is_layer_name


def check_together(spec: Spec, problems: Problems) -> None:
    """Note what is wrong between the sections of a spec whose types are right."""
    if not spec.data.inputs:
        problems.add(("data", "inputs"),
                     "data.inputs must name at least one input. Received: none.")
    if not spec.data.targets:
        problems.add(("data", "targets"),
                     "data.targets must name at least one target. Received: none.")
    _check_names(spec.data, problems)
    _check_targets_have_columns(spec, problems)
    _check_source(spec.data, problems)
    _check_split(spec.data, problems)
    _check_model(spec, problems)
    _check_training(spec, problems)


def _check_names(data: Data, problems: Problems) -> None:
    """Check the names that become names of Keras layers."""
    for section, names in (("inputs", data.inputs), ("targets", data.targets)):
        for name in names:
            if not is_layer_name(name):
                problems.add(("data", section, name), must_be("a name", NAME_RULE, name),
                             at_key=True)
            if section == "targets" and name in data.inputs:
                problems.add(("data", section, name), "inputs and targets must have names of their "
                             f"own. Received: {name!r} for both.", at_key=True)


def _check_targets_have_columns(spec: Spec, problems: Problems) -> None:
    for name, target in spec.data.targets.items():
        path = ("data", "targets", name)
        if (target.column is None) == (not target.columns):
            problems.add(path, f"target {name!r} needs either 'column' or 'columns'. "
                         f"Received: {'both' if target.columns else 'neither'}.", at_key=True)
        twice = [c for c in target.columns if target.columns.count(c) > 1]
        if twice:
            problems.add((*path, "columns"), f"columns must differ. Received: {twice[0]!r} twice.")
        if spec.task == "binary_classification" and len(target.columns) > 1:
            problems.add((*path, "columns"), "binary_classification has one column a target. "
                         f"Received: {len(target.columns)}. Use multilabel_classification.")
        if spec.task == "multiclass_classification" and len(target.names) == 1:
            problems.add(path, "multiclass_classification has one column a class. Received: 1. "
                         "Use binary_classification for two classes.", at_key=True)


def _check_source(data: Data, problems: Problems) -> None:
    source = data.train
    if source is None:
        return
    path = ("data", "train")
    if (source.fasta is None) == (source.intervals is None):
        got = "neither" if source.fasta is None else "both"
        problems.add(path, "data.train needs either 'fasta' (sequences) or 'intervals' "
                     f"(with data.reference). Received: {got}.", at_key=True)
        return
    if source.intervals is not None and data.reference is None:
        problems.add(path, "intervals need the genome as data.reference: {fasta: ...}. "
                     "Received: none.", at_key=True)
    if source.fasta is not None and source.labels is None:
        problems.add(path, "a FASTA of sequences needs 'labels', a table joined by name. "
                     "Received: none.", at_key=True)


def _check_split(data: Data, problems: Problems) -> None:
    split = data.split
    if split.by == "random":
        for key in ("test", "validation"):
            value = getattr(split, key)
            share = isinstance(value, float)
            if value < 0 or (share and value >= 1):
                problems.add(("data", "split", key), must_be(
                    key, "a share of at least 0 and below 1, or a whole number of examples", value))
        shares = [v for v in (split.test, split.validation) if isinstance(v, float)]
        if sum(shares) >= 1 and max(shares) < 1:
            problems.add(("data", "split"), "test and validation must leave examples to train on. "
                         f"Received: shares that add to {sum(shares):g}.")
    elif split.by == "chromosome":
        parts = {"test": split.test, "validation": split.validation, "exclude": split.exclude}
        seen: dict[str, str] = {}
        for part, names in parts.items():
            for name in names:
                if name in seen:
                    problems.add(("data", "split", part), "a chromosome belongs to one part. "
                                 f"Received: {name!r} in {seen[name]} and {part}.")
                seen[name] = part


def _check_model(spec: Spec, problems: Problems) -> None:
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
    """Check that an Embedding gets whole numbers; Keras would cut others off without a word."""
    for layer in spec.model.layers:
        if layer.kind == "Embedding":
            given = spec.data.inputs.get(layer.inputs[0])
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
    columns = spec.data.targets[layer.name].names
    if shape != (len(columns),):
        problems.add(layer.path, f"output {layer.name!r} must have shape (None, {len(columns)}), "
                     f"one value for each column of the target. Received: {(None, *shape)}.",
                     at_key=True)
    heads = head_names(spec.model.layers, [layer.name])
    for head in (one for one in spec.model.layers if one.name in heads):
        _check_activation(spec, head, problems)
    for name, loss in spec.training.loss.items():
        if name == layer.name and loss.name not in TASKS[spec.task].losses:
            problems.add(("training", "loss"), f"the loss of {spec.task} must be one of "
                         f"{', '.join(TASKS[spec.task].losses)}. Received: {loss.name}.")


def _check_activation(spec: Spec, layer: Layer, problems: Problems) -> None:
    activation = layer.arguments.get("activation") or "linear"
    allowed = TASKS[spec.task].activations
    if layer.kind in ("Dense", "Activation", "Conv1D") and activation not in allowed:
        problems.add((*layer.path, "activation"), f"the output of {spec.task} must have "
                     f"activation {' or '.join(allowed)}. Received: {activation}.")


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


def _check_training(spec: Spec, problems: Problems) -> None:
    training, targets = spec.training, spec.data.targets
    for name in targets:
        if name not in training.loss or name not in training.metrics:
            key = "loss" if name not in training.loss else "metrics"
            problems.add(("training", key), f"{key} must be given for each target. "
                         f"Received: none for {name!r}.")
    if training.class_weight is not None and (
        spec.task != "binary_classification" or len(targets) != 1
    ):
        problems.add(("training", "class_weight"), "class_weight is for one binary target. "
                     f"Received: {spec.task} with {len(targets)} target(s). Leave it out.")
    if isinstance(training.class_weight, Mapping) and set(training.class_weight) != {"0", "1"}:
        problems.add(("training", "class_weight"), "class_weight must hold the classes \"0\" and "
                     f"\"1\". Received: {received(dict(training.class_weight))}.")
    known = monitored_names(training)
    for i, callback in enumerate(training.callbacks):
        monitor = callback.arguments.get("monitor", "val_loss")
        if callback.name != "TerminateOnNaN" and monitor not in known:
            problems.add(("training", "callbacks", i, callback.name, "monitor"),
                         f"monitor must be one of {', '.join(known)}. Received: {monitor!r}."
                         f"{did_you_mean(monitor, known)}")


def monitored_names(training: Training) -> list[str]:
    """Return the names under which Keras logs losses and metrics of an epoch."""
    several = len(training.metrics) > 1
    names = ["loss"]
    for target, metrics in training.metrics.items():
        names += [f"{target}_loss"] if several else []
        each = [m for m in metrics if is_by_epoch(m)]
        names += [f"{target}_{m}" if several else m for m in each]
    return [*(f"val_{n}" for n in names), *names]

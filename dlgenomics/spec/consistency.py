"""Rules that join sections of a spec: source and labels, network and targets, task and loss."""

from __future__ import annotations

from collections.abc import Mapping

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.document import Path
from dlgenomics.spec.heads import head_names
from dlgenomics.spec.inputs import KmerInput, ProteinInput, TrackInput
from dlgenomics.spec.layers.rule import Shape
from dlgenomics.spec.outline import Outline, outline
from dlgenomics.spec.problems import Problems, must_be, received
from dlgenomics.spec.sources import Source
from dlgenomics.spec.targets import (
    ClassTarget,
    ColumnTarget,
    CountTarget,
    InputTarget,
    ProfileTarget,
    Task,
)
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
    _check_inputs(spec.data, problems)
    for name, target in spec.data.targets.items():
        if isinstance(target, ColumnTarget):
            _check_columns(spec, name, target, problems)
    _check_targets(spec.data, problems)
    _check_sources(spec.data, problems)
    _check_split(spec.data, problems)
    _check_sampling(spec, problems)
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


def _check_inputs(data: Data, problems: Problems) -> None:
    for name, one in data.inputs.items():
        path = ("data", "inputs", name)
        if isinstance(one, TrackInput):
            _check_tracks(one, path, problems)
        if isinstance(one, KmerInput) and one.k > one.length:
            problems.add((*path, "k"), f"k must be at most the length, {one.length}. "
                         f"Received: {one.k}.")
    proteins = [n for n, one in data.inputs.items() if isinstance(one, ProteinInput)]
    if proteins and len(proteins) < len(data.sequences):
        problems.add(("data", "inputs", proteins[0]), "sequences of one source are of one "
                     f"alphabet. Received: protein ({proteins[0]!r}) beside nucleotides.",
                     at_key=True)


def _check_tracks(one: TrackInput | ProfileTarget, path: Path, problems: Problems) -> None:
    if one.length % one.bin:
        problems.add((*path, "bin"), f"bin must divide the length, {one.length}. "
                     f"Received: {one.bin}.")
    _check_strands(one, path, problems)


def _check_strands(one: TrackInput | ProfileTarget | CountTarget, path: Path,
                   problems: Problems) -> None:
    if one.stranded and len(one.files) % 2:
        problems.add((*path, "files"), "stranded files come in pairs, plus strand then minus "
                     f"strand. Received: {len(one.files)}.")


def _check_targets(data: Data, problems: Problems) -> None:
    for name, target in data.targets.items():
        path = ("data", "targets", name)
        if isinstance(target, ProfileTarget):
            _check_tracks(target, path, problems)
        if isinstance(target, CountTarget):
            _check_strands(target, path, problems)
        if isinstance(target, InputTarget) and target.input not in data.inputs:
            problems.add((*path, "input"), "input must be one of data.inputs. Received: "
                         f"{target.input!r}.{did_you_mean(target.input, data.inputs)}")
        if isinstance(target, ClassTarget) and len(set(target.classes)) < len(target.classes):
            problems.add((*path, "classes"), "classes must differ. Received: one of them twice.")


def _check_columns(spec: Spec, name: str, target: ColumnTarget, problems: Problems) -> None:
    path: Path = ("data", "targets", name)
    ways = [key for key in ("column", "columns", "columns_from") if getattr(target, key)]
    if len(ways) != 1 and ways != ["columns", "columns_from"]:
        problems.add(path, f"target {name!r} needs one of 'column', 'columns' and 'columns_from'. "
                     f"Received: {' and '.join(ways) or 'none of them'}.", at_key=True)
    twice = [c for c in target.columns if target.columns.count(c) > 1]
    if twice:
        problems.add((*path, "columns"), f"columns must differ. Received: {twice[0]!r} twice.")
    task = spec.task_of(name)
    if task == "binary_classification" and len(target.columns) > 1:
        problems.add((*path, "columns"), "binary_classification has one column a target. "
                     f"Received: {len(target.columns)}. Use multilabel_classification.")
    if task == "multiclass_classification" and target.column is not None:
        problems.add(path, "multiclass_classification has one column a class. Received: 1. "
                     "Use binary_classification for two classes, or kind: classes for a column of "
                     "words.", at_key=True)


def _check_sources(data: Data, problems: Problems) -> None:
    for part in ("train", "validation", "test"):
        written = getattr(data, part)
        for i, source in enumerate(data.sources(part)):
            path: Path = ("data", part, i) if isinstance(written, tuple) else ("data", part)
            _check_source(data, source, path, problems)
        by_file = data.split.by == "file"
        if part != "train" and written is not None and not by_file:
            problems.add(("data", part), f"data.{part} is for 'split: {{by: file}}'. Received: a "
                         f"split by {data.split.by}. Change data.split, or add the source to "
                         "data.train.", at_key=True)
        if part == "validation" and written is None and by_file and data.train is not None:
            problems.add(("data", "split"), "a split by file needs data.validation. "
                         "Received: none.", at_key=True)


def _check_source(data: Data, source: Source, path: Path, problems: Problems) -> None:
    where = ".".join(map(str, path))
    given = [key for key in ("fasta", "intervals", "table") if getattr(source, key) is not None]
    if len(given) != 1 and not (source.arrays is not None and not given):
        problems.add(path, f"{where} needs one of 'fasta' (sequences), 'intervals' (with "
                     "data.reference), 'table' and 'arrays'. Received: "
                     f"{' and '.join(given) or 'none of them'}.", at_key=True)
        return
    kind = given[0] if given else "arrays"
    needs = [name for name in data.sequences if kind not in ("fasta", "intervals")]
    needs += [name for name in _on_the_genome(data) if kind != "intervals"]
    if needs:
        wanted = "fasta or intervals" if needs[0] in data.sequences else "intervals"
        problems.add(path, f"{needs[0]!r} needs {wanted} in {where}. Received: {kind}.",
                     at_key=True)
    if kind == "intervals" and data.reference is None and data.sequences:
        problems.add(path, "intervals need the genome as data.reference: {fasta: ...}. "
                     "Received: none.", at_key=True)
    if kind == "fasta" and source.labels is None and _needs_labels(data):
        problems.add(path, "a FASTA of sequences needs 'labels', a table joined by name. "
                     "Received: none.", at_key=True)
    if source.arrays is None and _needs_arrays(data):
        problems.add(path, f"{_needs_arrays(data)[0]!r} needs {where}.arrays, an .npz or HDF5 "
                     "file. Received: none.", at_key=True)


def _on_the_genome(data: Data) -> list[str]:
    """Return the inputs and targets that are read along intervals."""
    targets = [n for n, t in data.targets.items() if isinstance(t, ProfileTarget | CountTarget)]
    return [*data.tracks, *targets]


def _needs_labels(data: Data) -> bool:
    columns = any(isinstance(t, ColumnTarget | ClassTarget) for t in data.targets.values())
    return columns or any(one.kind == "numeric" for one in data.inputs.values())


def _needs_arrays(data: Data) -> list[str]:
    return [name for name, one in (*data.inputs.items(), *data.targets.items())
            if one.kind == "array"]


def _check_sampling(spec: Spec, problems: Problems) -> None:
    sampling = spec.data.sampling
    if sampling is None:
        return
    path = ("data", "sampling")
    if sampling.of not in spec.data.targets:
        problems.add((*path, "of"), "sampling looks at a target. Received: "
                     f"{sampling.of!r}.{did_you_mean(sampling.of, spec.data.targets)}")
    elif len(spec.data.output_shape(sampling.of)) != 1:
        problems.add((*path, "of"), "sampling looks at a target with labels in columns. Received: "
                     f"{sampling.of!r}, which has {spec.data.output_shape(sampling.of)}.")
    if (sampling.positives is None) != sampling.balance:
        problems.add(path, "sampling needs either 'positives', a share, or 'balance: true'. "
                     f"Received: {'both' if sampling.balance else 'neither'}.", at_key=True)


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


def _check_training(spec: Spec, problems: Problems) -> None:
    training, targets = spec.training, spec.data.targets
    for name in targets:
        if name not in training.loss or name not in training.metrics:
            key = "loss" if name not in training.loss else "metrics"
            problems.add(("training", key), f"{key} must be given for each target. "
                         f"Received: none for {name!r}.")
    for name in training.class_weight:
        _check_class_weight(spec, name, problems)
    known = monitored_names(training)
    for i, callback in enumerate(training.callbacks):
    _check_rate(training, problems)
        monitor = callback.arguments.get("monitor", "val_loss")
        if callback.name != "TerminateOnNaN" and monitor not in known:
            problems.add(("training", "callbacks", i, callback.name, "monitor"),
                         f"monitor must be one of {', '.join(known)}. Received: {monitor!r}."
                         f"{did_you_mean(monitor, known)}")


def _check_class_weight(spec: Spec, name: str, problems: Problems) -> None:
    """Check the class weights of one target; that it is one was checked before."""
def _check_rate(training: Training, problems: Problems) -> None:
    """Check that only one thing changes the learning rate."""
    rate = training.optimizer.arguments.get("learning_rate")
    for i, callback in enumerate(training.callbacks):
        if callback.name == "ReduceLROnPlateau" and isinstance(rate, Reference):
            problems.add(("training", "callbacks", i), "ReduceLROnPlateau needs a learning rate "
                         f"that is a number. Received: the schedule {rate.name}. "
                         "Leave out one of them.")


    if name not in spec.data.targets:
        return
    path = ("training", "class_weight")
    target, task = spec.data.targets[name], spec.task_of(name)
    if task not in ("binary_classification", "multilabel_classification",
                    "multiclass_classification") or len(spec.data.output_shape(name)) != 1:
        problems.add(path, "class_weight is for targets that are classes, one label an example. "
                     f"Received: {name!r}, {task}. Leave it out.")
        return
    weights = spec.training.class_weight[name]
    classes = set(target.names) if task == "multiclass_classification" else {"0", "1"}
    if isinstance(weights, Mapping) and set(weights) != classes:
        shown = " and ".join(f'"{c}"' for c in sorted(classes))
        problems.add(path, f"class_weight must hold the classes {shown}. "
                     f"Received: {received(dict(weights))}.")


def monitored_names(training: Training) -> list[str]:
    """Return the names under which losses and metrics are logged after each epoch."""
    several = len(training.metrics) > 1
    names = ["data_loss"]
    for target, metrics in training.metrics.items():
        names += [f"{target}_loss"] if several else []
        names += [f"{target}_{m}" if several else m for m in metrics]
    return ["val_loss", *(f"val_{n}" for n in names), "loss", "penalty", *names]

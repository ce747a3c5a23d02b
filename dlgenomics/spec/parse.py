"""A YAML document → a `Spec`, with every problem reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dlgenomics.errors import Problem, did_you_mean, near_match
from dlgenomics.files import open_text
from dlgenomics.spec.arguments import Kind, Named, Reference
from dlgenomics.spec.document import MAX_BYTES, Document, Path, read_document
from dlgenomics.spec.graph import (
    NAME_RULE,
    Outline,
    choose_initializers,
    is_layer_name,
    outline,
    parse_layers,
)
from dlgenomics.spec.layers.rule import Shape
from dlgenomics.spec.problems import Problems, must_be, received, shown
from dlgenomics.spec.tasks import TASKS, metric_problem
from dlgenomics.spec.types import SPEC_VERSION, Data, DnaInput, Layer, Spec, Task, Training
from dlgenomics.spec.vocabulary import AUGMENTATION, CALLBACK, LOSS, OPTIMIZER


def load_spec(path: FilePath | str) -> Spec:
    """Read and check the spec in a file.

    Raises:
        MissingFileError: no such file.
        SpecError: with every problem found.
    """
    with open_text(path, "the spec") as stream:
        text = stream.read(MAX_BYTES + 1)
    return parse_spec(text, str(path))


def parse_spec(text: str, source: str = "<spec>") -> Spec:
    """Read and check the text of a spec.

    Raises:
        SpecError: with every problem found.
    """
    return check_document(read_document(text, source))[0]


def spec_warnings(text: str, source: str = "<spec>") -> list[Problem]:
    """Return what a valid spec probably does not mean, such as an initializer that does not fit."""
    return check_document(read_document(text, source))[1]


def check_document(document: Document) -> tuple[Spec, list[Problem]]:
    """Turn a document into a spec and its warnings.

    Raises:
        SpecError: with every problem found.
    """
    problems = Problems(document)
    raw = _upgraded(document.data, problems)
    inputs, targets, task = _named(raw, "inputs"), list(_named(raw, "targets")), _task(raw)
    prepared = {
        **raw,
        "data": _prepared_data(raw.get("data"), problems),
        "model": _prepared_model(raw.get("model"), inputs, targets, task, problems),
        "training": _prepared_training(raw.get("training"), targets, task, problems),
    }
    spec = _validated({k: v for k, v in prepared.items() if v is not None}, raw, problems)
    if spec is not None:
        _check_together(spec, problems)
    problems.raise_any()
    assert spec is not None  # noqa: S101 - without problems there is a spec
    return spec, sorted(problems.warnings)


def spec_to_yaml(spec: Spec) -> str:
    """Return the resolved spec as YAML; `parse_spec` reads it back to an equal spec."""
    return dump_yaml(spec.to_data())


def dump_yaml(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML, keys in their order, floats in a form that YAML reads back."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100,
                     default_flow_style=None)


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes a value twice instead of an alias, and keeps rare line ends."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        # Line ends besides \n come back as spaces or \n unless they are escaped in double quotes.
        style = '"' if set(data) & set("\r\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


def _upgraded(data: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Return the document in today's version; version 1 is the first."""
    version = data.get("spec", SPEC_VERSION)
    if type(version) is not int or version != SPEC_VERSION:
        problems.add(("spec",), "spec must be 1, the version of the format. "
                     f"Received: {received(version)}. A later dlgenomics may read it.")
    return {**data, "spec": SPEC_VERSION} if "spec" in data else dict(data)


def _named(raw: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return ``data.inputs`` or ``data.targets`` as written, empty if it is not a mapping."""
    data = raw.get("data")
    found = data.get(section) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _task(raw: Mapping[str, Any]) -> Task | None:
    task = raw.get("task")
    return task if task in get_args(Task) else None


def _each(values: Any, kind: Kind, name: str, path: Path, problems: Problems) -> Any:
    """Check each item of a list; anything but a list is left for the types to refuse."""
    if not isinstance(values, list):
        return values
    checked = [kind.check(name, v, (*path, i), problems) for i, v in enumerate(values)]
    return [v for v in checked if v is not None]


def _prepared_data(data: Any, problems: Problems) -> Any:
    if not isinstance(data, dict) or "augment" not in data:
        return data
    path = ("data", "augment")
    return {**data, "augment": _each(data["augment"], AUGMENTATION, "augment", path, problems)}


def _prepared_model(model: Any, inputs: Mapping[str, Any], targets: Sequence[str],
                    task: Task | None, problems: Problems) -> Any:
    if not isinstance(model, dict):
        return model
    if "layers" not in model:
        return {"inputs": [], "outputs": [], **model}
    defaults = model.get("defaults", {})
    if not isinstance(defaults, dict):
        problems.add(("model", "defaults"), must_be("defaults", "a mapping", defaults))
        defaults = {}
    before = len(problems.found)
    used = model.get("inputs", list(inputs))
    readable = [n for n in used if isinstance(n, str)] if isinstance(used, list) else list(inputs)
    layers = parse_layers(model["layers"], ("model", "layers"), defaults, readable, problems)
    layers = _named_head(layers, model, targets)
    outputs = model.get("outputs", [layers[-1].name] if layers else [])
    layers = _activated_heads(layers, outputs, task)
    layers = choose_initializers(layers, problems)
    if len(problems.found) == before:
        _check_shapes(layers, {name: inputs.get(name) for name in readable}, problems)
    if used == [] and inputs:
        problems.add(("model", "inputs"), "model.inputs must name at least one input of "
                     f"data.inputs: {', '.join(inputs)}. Received: none.")
    return {**{k: v for k, v in model.items() if k != "defaults"},
            "inputs": used, "outputs": outputs, "layers": layers}


def _check_shapes(layers: Sequence[Layer], inputs: Mapping[str, Any], problems: Problems) -> None:
    """Follow the shapes even if other sections have problems, so that all come at once."""
    try:
        shapes = {name: DnaInput.model_validate(raw).shape for name, raw in inputs.items()}
    except ValidationError:
        return
    if shapes:
        outline(layers, shapes, problems)


def _named_head(layers: tuple[Layer, ...], model: Mapping[str, Any],
                targets: Sequence[str]) -> tuple[Layer, ...]:
    """Name the last layer after the only target, if the spec names neither it nor outputs."""
    if not layers or "outputs" in model or len(targets) != 1:
        return layers
    names = {layer.name for layer in layers[:-1]}
    written = model["layers"][-1]
    body = next(iter(written.values()), None) if isinstance(written, dict) else None
    if isinstance(body, dict) and "name" in body:
        return layers
    if targets[0] in names:
        return layers
    return (*layers[:-1], replace(layers[-1], name=targets[0]))


def _activated_heads(layers: tuple[Layer, ...], outputs: Any,
                     task: Task | None) -> tuple[Layer, ...]:
    """Give an output layer without activation the one that the task asks for."""
    if task is None or not isinstance(outputs, list):
        return layers
    wanted = TASKS[task].activation
    return tuple(
        replace(layer, arguments={**layer.arguments, "activation": wanted},
                reasons={**layer.reasons, "activation": f"chosen for {task}"})
        if layer.name in outputs and layer.kind in ("Dense", "Conv1D", "Conv2D")
        and "activation" not in layer.arguments and wanted != "linear" else layer
        for layer in layers
    )


def _prepared_training(training: Any, targets: Sequence[str], task: Task | None,
                       problems: Problems) -> Any:
    if training is None:
        training = {}
    if not isinstance(training, dict):
        return training
    at = ("training",)
    found = dict(training)
    for key, kind in (("optimizer", OPTIMIZER),):
        if key in training:
            found[key] = kind.check(key, training[key], (*at, key), problems)
    if "callbacks" in training:
        found["callbacks"] = _each(
            training["callbacks"], CALLBACK, "callbacks", (*at, "callbacks"), problems
        )
    found["loss"] = _losses(training.get("loss"), targets, task, problems)
    found["metrics"] = _metrics(training.get("metrics"), targets, task, problems)
    return {k: v for k, v in found.items() if v is not None}


def _losses(written: Any, targets: Sequence[str], task: Task | None,
            problems: Problems) -> dict[str, Reference | None]:
    path: Path = ("training", "loss")
    if written is None:
        return {t: Reference(TASKS[task].loss) for t in targets} if task else {}
    if isinstance(written, dict) and not _names_an_entry(written, LOSS):
        _check_targets(written, targets, path, problems)
        return {t: LOSS.check("loss", v, (*path, t), problems) for t, v in written.items()}
    one = LOSS.check("loss", written, path, problems)
    return dict.fromkeys(targets, one)


def _names_an_entry(written: Mapping[str, Any], kind: Named) -> bool:
    return len(written) == 1 and kind.find(next(iter(written))) is not None


def _metrics(written: Any, targets: Sequence[str], task: Task | None,
             problems: Problems) -> dict[str, list[str]]:
    path: Path = ("training", "metrics")
    if written is None:
        return {t: list(TASKS[task].metrics) for t in targets} if task else {}
    by_target = written if isinstance(written, dict) else dict.fromkeys(targets, written)
    if isinstance(written, dict):
        _check_targets(written, targets, path, problems)
    elif not isinstance(written, list):
        problems.add(path, must_be("metrics", "a list of metrics", written))
        return {target: [] for target in targets}
    for target, names in by_target.items():
        below = (*path, target) if isinstance(written, dict) else path
        for i, name in enumerate(names if isinstance(names, list) else []):
            if task and (message := metric_problem(name, task)):
                problems.add((*below, i), message)
    return dict(by_target)


def _check_targets(written: Mapping[str, Any], targets: Sequence[str], path: Path,
                   problems: Problems) -> None:
    for key in written:
        if key not in targets:
            problems.add((*path, key), f"{path[-1]} is keyed by target: {', '.join(targets)}. "
                         f"Received: {key!r}.{did_you_mean(key, targets)}", at_key=True)


# ---- types ------------------------------------------------------------------------------------


def _validated(prepared: Mapping[str, Any], raw: Mapping[str, Any],
               problems: Problems) -> Spec | None:
    try:
        return Spec.model_validate(prepared)
    except ValidationError as error:
        before = len(problems.found)
        details = error.errors(include_url=False)
        _report_keys(details, raw, problems)
        _report_values(details, raw, problems, before)
        if not problems.found:
            raise
        return None


def _report_keys(details: Sequence[ErrorDetails], raw: Mapping[str, Any],
                 problems: Problems) -> None:
    """Note unknown and missing keys; a misspelt key is not missed as well."""
    misspelt = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            path, last = _path_in(detail["loc"], raw), str(detail["loc"][-1])
            known = _known_keys(detail["loc"][:-1])
            misspelt.add((path[:-1], near_match(last, known)))
            hint = did_you_mean(last, known) or (f" It has: {', '.join(known)}." if known else "")
            where = ".".join(map(str, path[:-1])) or "a spec"
            problems.add(path, f"{where} has no key {shown(last)}.{hint}", at_key=True)
    for detail in details:
        if detail["type"] == "missing":
            path, last = _path_in(detail["loc"][:-1], raw), str(detail["loc"][-1])
            where = ".".join(map(str, path)) or "a spec"
            if (path, last) not in misspelt and not (where == "training" and problems.found):
                problems.add(path, f"{where} needs the key {last!r}. Received: none.", at_key=True)


def _report_values(details: Sequence[ErrorDetails], raw: Mapping[str, Any], problems: Problems,
                   before: int) -> None:
    """Note wrong values, each once: a union has a finding for each of its members.

    Values at which one of the first ``before`` problems stands are left out; so are wrong objects,
    which were noted when they were made.
    """
    known = {(p.line, p.column) for p in problems.found[:before]}
    rules: dict[Path, list[str]] = {}
    for detail in details:
        if detail["type"] not in ("extra_forbidden", "missing", "is_instance_of"):
            rules.setdefault(_path_in(detail["loc"], raw), []).append(_rule_of(detail))
    for path, several in rules.items():
        place = problems.document.place(path)
        deeper = any(other[:len(path)] == path and other != path for other in rules)
        if not deeper and (place.line, place.column) not in known:
            name = ".".join(map(str, path)) or "the spec"
            problems.add(path, must_be(name, " or ".join(dict.fromkeys(several)), _at(path, raw)))


def _path_in(loc: tuple[int | str, ...], raw: Any) -> Path:
    """Return the part of a pydantic location that the document has.

    A union adds its tag to the location; the document has no such key, so it is skipped.
    """
    path: Path = ()
    value = raw
    for part in loc:
        inside = (isinstance(value, dict) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value))
        if inside:
            value = value[part]
            path = (*path, part)
    return path


def _at(path: Path, raw: Any) -> Any:
    for part in path:
        raw = raw[part]
    return raw


_RULES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number below {lt}",
    "literal_error": "one of {expected}",
    "string_pattern_mismatch":
        "a name of letters, digits, '.', '_' and '-', with '/' between groups",
    "union_tag_invalid": "a mapping whose {discriminator} is one of {expected_tags}",
    "union_tag_not_found": "a mapping with the key {discriminator}",
}


def _rule_of(detail: ErrorDetails) -> str:
    form = _RULES.get(detail["type"])
    return form.format(**detail.get("ctx", {})) if form else detail["msg"].lower()


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the section that a pydantic location names."""
    section: Any = Spec
    for part in loc:
        section = _section_below(section, part)
        if section is None:
            return []
    return list(section.model_fields) if _is_node(section) else []


def _is_node(section: Any) -> bool:
    return isinstance(section, type) and issubclass(section, BaseModel)


def _section_below(section: Any, part: int | str) -> Any:
    """Return what stands under one part of a location: a node, a container of nodes, or None."""
    if _is_node(section):
        field = section.model_fields.get(str(part))
        return None if field is None else _unwrapped(field.annotation)
    inside = [_unwrapped(a) for a in get_args(section)]
    tagged = [a for a in inside if _is_node(a) and part in _tags(a)]
    nodes = tagged or [a for a in inside if _is_node(a)]
    return nodes[0] if nodes else None


def _unwrapped(annotation: Any) -> Any:
    """Return the annotation without ``Annotated`` and ``| None``."""
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    optional = len(arguments) < len(get_args(annotation))
    if hasattr(annotation, "__metadata__") or (optional and len(arguments) == 1):
        return _unwrapped(arguments[0])
    return annotation


def _tags(node: type[BaseModel]) -> tuple[Any, ...]:
    return tuple(tag for f in ("by", "kind") if f in node.model_fields
                 for tag in get_args(node.model_fields[f].annotation))


# ---- rules that join sections -----------------------------------------------------------------


def _check_together(spec: Spec, problems: Problems) -> None:
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
    _check_outputs(spec, known, problems)
    _check_all_used(spec, problems)


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
    columns = targets = spec.data.targets[layer.name].names
    if shape != (len(columns),):
        problems.add(layer.path, f"output {layer.name!r} must have shape (None, {len(targets)}), "
                     f"one value for each column of the target. Received: {(None, *shape)}.",
                     at_key=True)
    activation = layer.arguments.get("activation") or "linear"
    allowed = TASKS[spec.task].activations
    if layer.kind in ("Dense", "Activation", "Conv1D") and activation not in allowed:
        problems.add((*layer.path, "activation"), f"the output of {spec.task} must have "
                     f"activation {' or '.join(allowed)}. Received: {activation}.")
    for name, loss in spec.training.loss.items():
        if name == layer.name and loss.name not in TASKS[spec.task].losses:
            problems.add(("training", "loss"), f"the loss of {spec.task} must be one of "
                         f"{', '.join(TASKS[spec.task].losses)}. Received: {loss.name}.")


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
        names += [f"{target}_{m}" if several else m for m in metrics]
    return [*(f"val_{n}" for n in names), *names]



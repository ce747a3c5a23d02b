"""A YAML document → a `Spec`, with every problem reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, Final, cast, get_args

from pydantic import TypeAdapter, ValidationError

from dlgenomics.errors import Problem, did_you_mean
from dlgenomics.files import open_text
from dlgenomics.spec.arguments import Kind, Named, Reference
from dlgenomics.spec.calibration import insert_calibration, prepare_calibrate
from dlgenomics.spec.consistency import check_together
from dlgenomics.spec.document import MAX_BYTES, Document, Path, read_document
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.findings import validate_types
from dlgenomics.spec.graph import parse_layers
from dlgenomics.spec.heads import head_names
from dlgenomics.spec.initializers import choose_initializers
from dlgenomics.spec.inputs import Input
from dlgenomics.spec.metrics import metric_problem
from dlgenomics.spec.optimizers import OPTIMIZER
from dlgenomics.spec.outline import outline
from dlgenomics.spec.packaged import Packages, PackageShelf
from dlgenomics.spec.problems import Problems, must_be, received
from dlgenomics.spec.search import prepare_search
from dlgenomics.spec.search_checks import check_search
from dlgenomics.spec.targets import Task
from dlgenomics.spec.tasks import TASKS, implied_task
from dlgenomics.spec.transfer import prepare_transfer
from dlgenomics.spec.types import SPEC_VERSION, Layer, Spec
from dlgenomics.spec.vocabulary import AUGMENTATION, CALLBACK, LOSS

Tasks = Mapping[str, Task]
"""The task of each target, as far as it is known."""

HEADS: Final = ("Dense", "Conv1D", "Conv2D")
"""Layers that get the activation of their task where they are outputs without one."""

_INPUT: Final[TypeAdapter[Any]] = TypeAdapter(Input)


def load_spec(path: FilePath | str, packages: Packages | None = None) -> Spec:
    """Read and check the spec in a file.

    Args:
        path: the file.
        packages: finds the packaged models that it takes as blocks.

    Raises:
        MissingFileError: no such file.
        SpecError: with every problem found.
    """
    with open_text(path, "the spec") as stream:
        text = stream.read(MAX_BYTES + 1)
    return parse_spec(text, str(path), packages)


def parse_spec(text: str, source: str = "<spec>", packages: Packages | None = None) -> Spec:
    """Read and check the text of a spec.

    Args:
        text: the YAML text.
        source: the file's name, for messages.
        packages: finds the packaged models that it takes as blocks.

    Raises:
        SpecError: with every problem found.
    """
    return check_document(read_document(text, source), packages)[0]


def spec_warnings(text: str, source: str = "<spec>",
                  packages: Packages | None = None) -> list[Problem]:
    """Return what a valid spec probably does not mean, such as an initializer that does not fit."""
    return check_document(read_document(text, source), packages)[1]


def check_document(document: Document,
                   packages: Packages | None = None) -> tuple[Spec, list[Problem]]:
    """Turn a document into a spec and its warnings.

    Raises:
        SpecError: with every problem found.
    """
    problems = Problems(document)
    raw = _upgraded(document.data, problems)
    inputs, targets = _named(raw, "inputs"), _named(raw, "targets")
    tasks = _tasks(raw, targets, problems)
    training = _prepared_training(raw.get("training"), list(targets), tasks, problems)
    calibrate = training.get("calibrate") if isinstance(training, dict) else None
    model = _prepared_model(raw.get("model"), inputs, list(targets), tasks, problems,
                            PackageShelf(packages), calibrate)
    prepared = {
        **raw,
        "data": _prepared_data(raw.get("data"), tasks if _is_multitask(raw) else {}, problems),
        "model": model,
        "training": _with_transfer(training, model),
        "search": prepare_search(raw.get("search"), problems),
    }
    spec = validate_types({k: v for k, v in prepared.items() if v is not None}, raw, problems)
    if spec is not None and tasks.keys() >= targets.keys():
        check_together(spec, problems)
        if spec.search is not None:
            check_search(spec, spec.search, raw, problems)
    problems.raise_any()
    assert spec is not None  # noqa: S101 - without problems there is a spec
    return spec, sorted(problems.warnings)


def spec_to_yaml(spec: Spec) -> str:
    """Return the resolved spec as YAML; `parse_spec` reads it back to an equal spec."""
    return dump_yaml(spec.to_data())


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


def _is_multitask(raw: Mapping[str, Any]) -> bool:
    return bool(raw.get("task") == "multitask")


def _tasks(raw: Mapping[str, Any], targets: Mapping[str, Any], problems: Problems) -> Tasks:
    """Return the task of each target for which the spec says or implies one."""
    task = raw.get("task")
    if not _is_multitask(raw):
        return dict.fromkeys(targets, cast(Task, task)) if task in get_args(Task) else {}
    training = raw.get("training")
    losses = training.get("loss") if isinstance(training, dict) else None
    written = losses if isinstance(losses, dict) else {}
    found: dict[str, Any] = {name: _own_task(target, written.get(name))
                             for name, target in targets.items()}
    for name, own in found.items():
        if own is None:
            problems.add(("data", "targets", name), "each target of a multitask spec must say its "
                         "task, or have a loss that implies it. Received: neither for "
                         f"{name!r}. Add task: {' or '.join(get_args(Task))}.", at_key=True)
    return {name: own for name, own in found.items() if own in get_args(Task)}


def _own_task(target: Any, loss: Any) -> Any:
    """Return the task that a target of a multitask spec says or implies, or None."""
    if not isinstance(target, dict):
        return None
    if "task" in target:
        return target["task"]
    columns = target.get("columns")
    width = len(columns) if isinstance(columns, list) else 2 if "columns_from" in target else 1
    named = next(iter(loss), None) if isinstance(loss, dict) else loss
    known = LOSS.find(named) if isinstance(named, str) else None
    return implied_task(str(target.get("kind", "columns")), width, known)


def _each(values: Any, kind: Kind, name: str, path: Path, problems: Problems) -> Any:
    """Check each item of a list; anything but a list is left for the types to refuse."""
    if not isinstance(values, list):
        return values
    checked = [kind.check(name, v, (*path, i), problems) for i, v in enumerate(values)]
    return [v for v in checked if v is not None]


def _prepared_data(data: Any, tasks: Tasks, problems: Problems) -> Any:
    if not isinstance(data, dict):
        return data
    found = dict(data)
    if "augment" in data:
        path = ("data", "augment")
        found["augment"] = _each(data["augment"], AUGMENTATION, "augment", path, problems)
    if tasks:
        found["targets"] = {
            name: {**target, "task": tasks[name]} if name in tasks else target
            for name, target in data["targets"].items()}
    return found


def _prepared_model(model: Any, inputs: Mapping[str, Any], targets: Sequence[str],
                    tasks: Tasks, problems: Problems, shelf: PackageShelf, calibrate: Any) -> Any:
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
    layers = parse_layers(model["layers"], ("model", "layers"), defaults, readable, problems,
                          shelf)
    shelf.check_feeds(inputs, problems)
    layers = _named_head(layers, model, targets)
    outputs = model.get("outputs", [layers[-1].name] if layers else [])
    layers = _activated_heads(layers, outputs, tasks)
    layers = choose_initializers(layers, problems)
    layers = insert_calibration(layers, calibrate, tasks, problems)
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
        shapes = {name: tuple(_INPUT.validate_python(raw).shape) for name, raw in inputs.items()}
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


def _activated_heads(layers: tuple[Layer, ...], outputs: Any, tasks: Tasks) -> tuple[Layer, ...]:
    """Give an output layer without activation the one that its task asks for."""
    written = outputs if isinstance(outputs, list) else []
    task_of = {head: tasks[name] for name in written if isinstance(name, str) and name in tasks
               for head in head_names(layers, [name])}
    return tuple(_activated(layer, task_of[layer.name]) if layer.name in task_of else layer
                 for layer in layers)


def _activated(layer: Layer, task: Task) -> Layer:
    wanted = TASKS[task].activation
    if layer.kind not in HEADS or "activation" in layer.arguments or wanted == "linear":
        return layer
    return replace(layer, arguments={**layer.arguments, "activation": wanted},
                   reasons={**layer.reasons, "activation": f"chosen for {task}"})


def _prepared_training(training: Any, targets: Sequence[str], tasks: Tasks,
                       problems: Problems) -> Any:
    if training is None:
        training = {}
    if not isinstance(training, dict):
        return training
    at = ("training",)
    found = dict(training)
    if "optimizer" in training:
        found["optimizer"] = OPTIMIZER.check(
            "optimizer", training["optimizer"], (*at, "optimizer"), problems
        )
    if "callbacks" in training:
        found["callbacks"] = _each(
            training["callbacks"], CALLBACK, "callbacks", (*at, "callbacks"), problems
        )
    found["loss"] = _losses(training.get("loss"), targets, tasks, problems)
    found["metrics"] = _metrics(training.get("metrics"), targets, tasks, problems)
    found["class_weight"] = _class_weights(training.get("class_weight"), targets, problems)
    if "calibrate" in training:
        found["calibrate"] = prepare_calibrate(training["calibrate"], targets, problems)
    if isinstance(training.get("loss_weights"), dict):
        _check_targets(training["loss_weights"], targets, (*at, "loss_weights"), problems)
    return {k: v for k, v in found.items() if v is not None}


def _with_transfer(training: Any, model: Any) -> Any:
    """Return the training section with what the layers of packaged models add to it."""
    if not isinstance(training, dict):
        return training
    layers = model.get("layers", ()) if isinstance(model, dict) else ()
    return {**training, **prepare_transfer(training, layers if isinstance(layers, tuple) else ())}


def _class_weights(written: Any, targets: Sequence[str], problems: Problems) -> Any:
    """Key class weights by target, where one target makes its name needless."""
    one = len(targets) == 1 and targets[0] not in (written if isinstance(written, dict) else ())
    if written is not None and one:
        return {targets[0]: written}
    path = ("training", "class_weight")
    if isinstance(written, dict):
        _check_targets(written, targets, path, problems)
    elif written is not None and targets:
        problems.add(path, "class_weight is keyed by target where there are several: "
                     f"{', '.join(targets)}. Received: {received(written)}.")
        return None
    return written


def _losses(written: Any, targets: Sequence[str], tasks: Tasks,
            problems: Problems) -> dict[str, Reference | None]:
    path: Path = ("training", "loss")
    if written is None:
        return {t: Reference(TASKS[tasks[t]].loss) for t in targets
                if t in tasks and TASKS[tasks[t]].loss}
    if isinstance(written, dict) and not _names_an_entry(written, LOSS):
        _check_targets(written, targets, path, problems)
        return {t: LOSS.check("loss", v, (*path, t), problems) for t, v in written.items()}
    one = LOSS.check("loss", written, path, problems)
    return dict.fromkeys(targets, one)


def _names_an_entry(written: Mapping[str, Any], kind: Named) -> bool:
    return len(written) == 1 and kind.find(next(iter(written))) is not None


def _metrics(written: Any, targets: Sequence[str], tasks: Tasks,
             problems: Problems) -> dict[str, list[str]]:
    path: Path = ("training", "metrics")
    if written is None:
        return {t: list(TASKS[tasks[t]].metrics) for t in targets if t in tasks}
    by_target = written if isinstance(written, dict) else dict.fromkeys(targets, written)
    if isinstance(written, dict):
        _check_targets(written, targets, path, problems)
    elif not isinstance(written, list):
        problems.add(path, must_be("metrics", "a list of metrics", written))
        return {target: [] for target in targets}
    for target, names in by_target.items():
        below = (*path, target) if isinstance(written, dict) else path
        for i, name in enumerate(names if isinstance(names, list) else []):
            if target in tasks and (message := metric_problem(name, tasks[target])):
                problems.add((*below, i), message)
    return dict(by_target)


def _check_targets(written: Mapping[str, Any], targets: Sequence[str], path: Path,
                   problems: Problems) -> None:
    for key in written:
        if key not in targets:
            problems.add((*path, key), f"{path[-1]} is keyed by target: {', '.join(targets)}. "
                         f"Received: {key!r}.{did_you_mean(key, targets)}", at_key=True)

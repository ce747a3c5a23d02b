"""The JSON Schema of a whole spec as people write it, for editors and for ``dlg show --schema``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from dlgenomics.spec.metrics import METRICS, RECALL_FORM, RECALL_PATTERN
from dlgenomics.spec.optimizers import OPTIMIZER
from dlgenomics.spec.schema.kinds import KindSchemas, Schema, any_of, closed, reference
from dlgenomics.spec.schema.layers import layer_definitions
from dlgenomics.spec.targets import Task
from dlgenomics.spec.transforms import transforms
from dlgenomics.spec.types import SPEC_VERSION, Spec
from dlgenomics.spec.vocabulary import (
    AUGMENTATION,
    CALLBACK,
    INITIALIZER,
    LOSS,
)
from dlgenomics.spec.wiring import NAME_PATTERN

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER: Final = f"urn:dlgenomics:spec:{SPEC_VERSION}"

_PATH: Final = r"^(model|training|data)(\..*)?$"
"""What a dotted path in ``search.space`` starts with."""


def json_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a spec, as plain data.

    It holds types, keys and names; rules that join several places (shapes, names of layers above,
    shares that add up) are for `parse_spec`.
    """
    found = _tidy(Spec.model_json_schema())
    kinds = KindSchemas()
    for kind in (INITIALIZER, OPTIMIZER, LOSS, CALLBACK, AUGMENTATION):
        kinds.of(kind)
    definitions = found.pop("$defs")
    definitions |= {**layer_definitions(kinds), "Metric": {
        "title": "a metric", **_metric(list(METRICS), recall=True)}}
    definitions |= kinds.definitions
    _write_forms(definitions)
    training = found["properties"]["training"]
    found["properties"]["training"] = {
        "description": training["description"],
        **any_of({"$ref": training["$ref"]}, {"type": "null"})}
    found["required"].remove("training")
    return {"$schema": DIALECT, "$id": IDENTIFIER, "title": "A spec of dlgenomics", **found,
            "allOf": [_of_task(task) for task in get_args(Task)],
            "$defs": _needed(found, definitions)}


def _needed(schema: Schema, definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the definitions that are referred to: not those of the program's own objects."""
    wanted: set[str] = set()
    waiting = _referred(schema)
    while waiting:
        wanted |= waiting
        waiting = {name for one in waiting for name in _referred(definitions[one])} - wanted
    return {name: one for name, one in definitions.items() if name in wanted}


def _referred(part: Any) -> set[str]:
    """Return the names of the definitions that a part of a schema refers to."""
    if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
        return {part["$ref"].rpartition("/")[2]}
    inside = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
    return {name for one in inside for name in _referred(one)}


def written_forms() -> dict[tuple[str, str], Schema]:
    """Return how fields are written whose types are objects of the program, or filled in."""
    loss, names = reference("Loss"), {"type": "array", "items": reference("Metric")}
    packaged = any_of({"type": "string"}, reference("Pretrained"))
    weight = {"type": "number", "minimum": 0}
    weights = any_of({"const": "balanced"}, _by_name(weight))
    return {
        ("Data", "augment"): {"type": "array", "items": reference("Augmentation")},
        ("Model", "layers"): reference("Layers"),
        ("Training", "optimizer"): reference("Optimizer"),
        ("Training", "loss"): any_of(loss, _by_name(loss)),
        ("Training", "loss_weights"): _by_name(weight),
        ("Training", "metrics"): any_of(names, _by_name(names)),
        ("Training", "class_weight"): any_of(weights, _by_name(weights)),
        ("Training", "callbacks"): {"type": "array", "items": reference("Callback")},
        ("Training", "pretrained"): any_of(packaged, {"type": "array", "items": packaged}),
        ("Search", "space"): _space(Spec.model_json_schema()["$defs"]["Search"]),
    }


def _write_forms(definitions: dict[str, Schema]) -> None:
    """Put the forms that people write in place of the program's own."""
    for (section, key), form in written_forms().items():
        old = definitions[section]["properties"][key]
        kept = {k: old[k] for k in ("description",) if k in old}
        definitions[section]["properties"][key] = {**kept, **form}
    for section, optional in {"Model": ("inputs", "outputs"),
                              "Training": ("loss", "metrics")}.items():
        needed = [key for key in definitions[section]["required"] if key not in optional]
        definitions[section]["required"] = needed
    definitions["Model"]["properties"]["defaults"] = {
        "description": "Arguments of all layers that have them and do not write them.",
        **reference("Defaults")}
    for key in ("inputs", "targets"):
        definitions["Data"]["properties"][key] |= {
            "minProperties": 1, "propertyNames": {"pattern": f"^{NAME_PATTERN}$"}}


def _by_name(form: Schema) -> Schema:
    return {"type": "object", "additionalProperties": form}


def _space(search: Schema) -> Schema:
    """Return the schema of ``search.space``: named changes with their meanings, and paths."""
    ready_made, axes = search["properties"]["space"]["anyOf"]
    axis = axes["additionalProperties"]
    named = {name: {"description": change.meaning, **axis}
             for name, change in transforms().items()}
    return any_of(ready_made, {**closed(named, []), "minProperties": 1,
                               "patternProperties": {_PATH: axis}})


def _metric(names: list[str], *, recall: bool) -> Schema:
    facts = [{"const": n, "title": METRICS[n].title, "description": METRICS[n].meaning}
             for n in names]
    shares = [{"pattern": f"^{RECALL_PATTERN}$", "type": "string", "title": RECALL_FORM,
               "description": "Share of positives found while at most N % of the calls are "
               "false."}] if recall else []
    return any_of(*facts, *shares)


def _of_task(task: Task) -> Schema:
    """Return what a task narrows: the metrics and the losses of a spec for it alone."""
    names = [name for name, fact in METRICS.items() if task in fact.tasks]
    metric = _metric(names, recall=task in ("binary_classification", "multilabel_classification"))
    several = {"type": "array", "items": metric} if names else {"type": "array", "maxItems": 0}
    properties = {"metrics": any_of(several, _by_name(several))}
    return {"if": {"properties": {"task": {"const": task}}, "required": ["task"]},
            "then": {"properties": {"training": {"properties": properties}}}}


def _tidy(schema: Any) -> Any:
    """Return pydantic's schema without titles, which repeat the keys, and each text on a line."""
    if isinstance(schema, Mapping):
        return {key: " ".join(value.split()) if key == "description" and isinstance(value, str)
                else _tidy(value) for key, value in schema.items()
                if not (key == "title" and isinstance(value, str)) and key != "discriminator"}
    return [_tidy(one) for one in schema] if isinstance(schema, list) else schema

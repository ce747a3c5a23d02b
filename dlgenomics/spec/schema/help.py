"""What people read about a part of a spec, from the texts of the schema that editors show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dlgenomics.errors import TopicNotFoundError
from dlgenomics.spec.arguments import snake_case
from dlgenomics.spec.schema.document import json_schema
from dlgenomics.spec.schema.kinds import Schema

ROOT: Final = "spec"
"""The topic of the whole spec."""

_MANY: Final = 12
_TAGS: Final = ("kind", "by")


@dataclass(frozen=True)
class FieldHelp:
    """One key or name that may be written.

    Attributes:
        name: as a spec writes it.
        type: what it may be, in words.
        default: what holds if it is not written; empty if it must be, or if that is nothing.
        description: what it means.
        required: whether it must be written.
    """

    name: str
    type: str
    default: str
    description: str
    required: bool


@dataclass(frozen=True)
class Help:
    """What is known of a topic."""

    topic: str
    description: str
    type: str
    fields: tuple[FieldHelp, ...]


def topic_help(topic: str) -> Help:
    """Return help for a key (``data.inputs.dna``), a layer or another name (``Adam``).

    Raises:
        TopicNotFoundError: a spec holds nothing of that name.
    """
    schema = json_schema()
    found = _find(schema, topic)
    if found is None:
        raise TopicNotFoundError(topic, [*_names(schema), *_keys(schema)])
    described = {**_resolved(found, schema), **found}
    return Help(topic, str(described.get("description", "")), _words(found, schema),
                tuple(_fields(found, schema)))


def _find(schema: Schema, topic: str) -> Schema | None:
    """Return the schema of a topic: the root, a name in a table, or what dotted keys lead to."""
    if topic == ROOT:
        return schema
    names = _names(schema)
    if topic in names:
        return _definitions(schema)[names[topic]]
    found: Schema | None = schema
    for part in topic.removeprefix(f"{ROOT}.").split("."):
        found = None if found is None else _step(found, part, schema)
    return found


def _definitions(schema: Schema) -> dict[str, Schema]:
    found: dict[str, Schema] = schema["$defs"]
    return found


def _names(schema: Schema) -> dict[str, str]:
    """Return the layers and, in both spellings, named objects, each with its definition's name."""
    rooms = [(*definition.partition(".")[::2], definition) for definition in _definitions(schema)]
    snakes = {snake_case(name): d for room, name, d in rooms
              if name and room not in ("layer", "wrapped")}
    names = {name: d for room, name, d in reversed(rooms) if name and room != "wrapped"}
    return {**snakes, **names}


def _keys(schema: Schema) -> list[str]:
    """Return the keys of a spec and of its sections, dotted."""
    sections = schema["properties"]
    below = [f"{name}.{key.name}" for name in sections for key in _fields(sections[name], schema)]
    return [*sections, *below]


def _resolved(one: Schema, schema: Schema) -> Schema:
    while "$ref" in one:
        one = _definitions(schema)[one["$ref"].rpartition("/")[2]]
    return one


def _forms(one: Schema, schema: Schema) -> Iterator[Schema]:
    """Yield what a schema may be: the members of its unions, references followed."""
    one = _resolved(one, schema)
    members = [*one.get("anyOf", ()), *one.get("oneOf", ())]
    if not members:
        yield one
    for member in members:
        yield from _forms(member, schema)


def _step(one: Schema, part: str, schema: Schema) -> Schema | None:
    """Return what stands under a key, or the member of that kind."""
    forms = list(_forms(one, schema))
    tagged = next((form for form in forms if part == _tag(form)), None)
    if tagged is not None:
        return tagged
    for form in forms:
        if part in form.get("properties", {}):
            found: Schema = form["properties"][part]
            return found
        for key in ("items", "additionalProperties"):
            inside = form.get(key)
            deeper = _step(inside, part, schema) if isinstance(inside, dict) else None
            if deeper is not None:
                return deeper
    return None


def _tag(form: Schema) -> str | None:
    """Return the kind that a member of a union stands for."""
    properties = form.get("properties", {})
    return next((properties[t]["const"] for t in _TAGS if "const" in properties.get(t, {})), None)


def _fields(one: Schema, schema: Schema) -> list[FieldHelp]:
    """Return the keys, kinds or names that may be written there."""
    forms = list(_forms(one, schema))
    tagged = [form for form in forms if _tag(form)]
    if len(tagged) > 1:
        return [FieldHelp(str(_tag(f)), "", "", f.get("description", ""), required=False)
                for f in tagged]
    for form in forms:
        if form.get("properties"):
            return [_field(name, value, form, schema) for name, value in _longest(form).items()]
        for key in ("items", "additionalProperties"):
            if isinstance(form.get(key), Mapping) and (below := _fields(form[key], schema)):
                return below
    return [FieldHelp(str(form.get("const", form["title"])), "", "", form["description"],
                      required=False) for form in forms if len(forms) > 1 and "title" in form]


def _longest(form: Schema) -> Mapping[str, Schema]:
    """Return the properties of a mapping; names that have two spellings in the first."""
    properties: Mapping[str, Schema] = form["properties"]
    written = reversed(list(properties.items()))
    seen = {value["$ref"]: name for name, value in written if "$ref" in value}
    if form.get("maxProperties") != 1:
        return properties
    return {name: value for name, value in properties.items()
            if "$ref" not in value or seen[value["$ref"]] == name}


def _field(name: str, value: Schema, form: Schema, schema: Schema) -> FieldHelp:
    named = form.get("maxProperties") == 1
    described = {**_resolved(value, schema), **value}
    default = value.get("default")
    return FieldHelp(
        name, "" if named else _words(value, schema),
        "" if default is None or isinstance(default, dict) or default == [] else _text(default),
        str(described.get("description", "")), name in form.get("required", ()))


def _text(value: Any) -> str:
    """Return a value as YAML writes it on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return "null" if value is None else str(value)


def _words(one: Schema, schema: Schema) -> str:
    """Return what a value may be, in words."""
    target = _resolved(one, schema)
    if "$ref" in one and "title" in target:
        return str(target["title"])
    members = [*target.get("anyOf", ()), *target.get("oneOf", ())]
    if members:
        said = dict.fromkeys(_words(member, schema) for member in members)
        return " or ".join(said)
    if "const" in target:
        return _text(target["const"])
    if "enum" in target:
        words = [_text(word) for word in target["enum"]]
        rest = ", …" if len(words) > _MANY else ""
        return f"one of {', '.join(words[:_MANY])}{rest}"
    if target.get("type") == "array":
        each = target.get("items")
        return f"a list, each {_words(each, schema)}" if each else "a list"
    return _plain_words(target)


_PLAIN: Final = {"string": "a text", "boolean": "true or false", "null": "null",
                 "integer": "a whole number", "number": "a number"}
_BOUNDS: Final = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most",
                  "exclusiveMaximum": "below"}


def _plain_words(target: Schema) -> str:
    kind = target.get("type")
    word = _PLAIN.get(kind, "a mapping") if isinstance(kind, str) else "a mapping"
    bounds = [f"{text} {target[key]:,.10g}" for key, text in _BOUNDS.items()
              if key in target and target[key] != 2**31 - 1]
    return word + (f" of {' and '.join(bounds)}" if bounds else "")

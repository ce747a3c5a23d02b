"""Kinds of argument → JSON Schema. Objects that specs name are written once, under ``$defs``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatchmethod
from typing import Any

from dlgenomics.spec.arguments import (
    REQUIRED,
    Argument,
    Arguments,
    Boolean,
    Choice,
    Either,
    Integer,
    IntegerList,
    Integers,
    Kind,
    Maybe,
    Named,
    Number,
    NumberList,
    Text,
    plain,
    snake_case,
)
from dlgenomics.spec.blocks import LayerList
from dlgenomics.spec.layers.products import FORM, Equation
from dlgenomics.spec.schedules import RATE, SCHEDULES, Rate
from dlgenomics.spec.schema.words import argument_words, entry_words
from dlgenomics.spec.vocabulary import ACTIVATION

Schema = dict[str, Any]


def any_of(*schemas: Schema) -> Schema:
    """Return a schema that holds where one of several does."""
    flat = [one for s in schemas for one in (s["anyOf"] if list(s) == ["anyOf"] else [s])]
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def one_key(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of a mapping with exactly one of some keys: ``{Name: ...}``."""
    return {"type": "object", "minProperties": 1, "maxProperties": 1,
            "additionalProperties": False, "properties": dict(properties)}


def closed(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    """Return the schema of a mapping with some keys and no others."""
    found: Schema = {"type": "object", "additionalProperties": False,
                     "properties": dict(properties)}
    return {**found, "required": required} if required else found


def reference(name: str) -> Schema:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


class KindSchemas:
    """Turns kinds of argument into schemas.

    Attributes:
        definitions: what the schemas made so far refer to, by name.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    @singledispatchmethod
    def of(self, kind: Kind) -> Schema:
        """Return the schema of what a kind of argument takes."""
        raise TypeError(f"no schema for {type(kind).__name__}; write one here")

    @of.register
    def _(self, kind: Integer) -> Schema:
        return {"type": "integer", "minimum": kind.minimum, "maximum": kind.maximum}

    @of.register
    def _(self, kind: Number) -> Schema:
        bounds = {"minimum": kind.minimum, "maximum": kind.maximum, "exclusiveMaximum": kind.below}
        return {"type": "number", **{k: v for k, v in bounds.items() if v is not None}}

    @of.register
    def _(self, kind: Boolean) -> Schema:  # noqa: ARG002
        return {"type": "boolean"}

    @of.register
    def _(self, kind: Text) -> Schema:  # noqa: ARG002
        return {"type": "string"}

    @of.register
    def _(self, kind: Choice) -> Schema:
        words: Schema = {"enum": list(kind.words)}
        if Maybe(kind) != ACTIVATION:
            return words
        self.definitions["Activation"] = {"title": "an activation", **words}
        return reference("Activation")

    @of.register
    def _(self, kind: Maybe) -> Schema:
        return any_of(self.of(kind.kind), {"type": "null"})

    @of.register
    def _(self, kind: Either) -> Schema:
        return any_of(self.of(kind.yes), self.of(kind.no))

    @of.register
    def _(self, kind: Integers) -> Schema:
        each = self.of(Integer(kind.minimum))
        several = {"type": "array", "items": each, "minItems": kind.rank, "maxItems": kind.rank}
        return any_of(each, several)

    @of.register
    def _(self, kind: IntegerList) -> Schema:
        each = self.of(Integer(kind.minimum))
        several = {"type": "array", "items": each, "minItems": 1}
        return any_of(each, several) if kind.single else several

    @of.register
    def _(self, kind: NumberList) -> Schema:
        return {"type": "array", "items": self.of(kind.each), "minItems": 1}

    @of.register
    def _(self, kind: Rate) -> Schema:  # noqa: ARG002
        return any_of(self.of(RATE), self.of(Named("a schedule", SCHEDULES)))

    @of.register
    def _(self, kind: Equation) -> Schema:  # noqa: ARG002
        return {"type": "string", "pattern": f"^{FORM.pattern}$"}

    @of.register
    def _(self, kind: LayerList) -> Schema:  # noqa: ARG002
        return reference("Layers")

    @of.register
    def _(self, kind: Named) -> Schema:
        noun = kind.noun.partition(" ")[2]
        name = noun.capitalize()
        if name not in self.definitions:
            self.definitions[name] = {}  # a schedule may hold a schedule
            self.definitions[name] = {"title": kind.noun, **self._names(kind, noun)}
        return reference(name)

    def _names(self, kind: Named, noun: str) -> Schema:
        """Return the schema of ``Name`` or ``{Name: arguments}``, in both spellings."""
        for n, table in kind.table.items():
            self.definitions[f"{noun}.{n}"] = {
                "title": n, "description": entry_words(n, noun), **self.arguments(n, table)}
        spellings = {s: n for n in kind.table for s in (n, snake_case(n))}
        bodies = {s: reference(f"{noun}.{n}") for s, n in spellings.items()}
        short = [s for s, n in spellings.items()
                 if "required" not in self.definitions[f"{noun}.{n}"]]
        return any_of({"enum": short}, one_key(bodies))

    def arguments(self, owner: str, table: Arguments,
                  more: Mapping[str, Schema] | None = None) -> Schema:
        """Return the schema of a mapping of arguments; nothing will do if none must be written.

        Args:
            owner: what has the arguments.
            table: the arguments.
            more: keys that may stand beside them.
        """
        required = [key for key, argument in table.items() if argument.default is REQUIRED]
        properties = {key: self.argument(owner, key, a) for key, a in table.items()}
        found = closed({**properties, **(more or {})}, required)
        return found if required else {**found, "type": ["object", "null"]}

    def argument(self, owner: str, key: str, argument: Argument) -> Schema:
        """Return the schema of one argument with its meaning and default."""
        found = {"description": argument_words(owner, key), **self.of(argument.kind)}
        if argument.default is REQUIRED:
            return found
        return {**found, "default": plain(argument.default)}

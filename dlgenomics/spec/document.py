"""YAML text → plain data in which every key and value knows its place.

Stricter than YAML itself, because a spec comes from strangers: plain tags only, no duplicate keys,
no merge keys, aliases without cycles, and at most `MAX_BYTES`, `MAX_NODES` and `MAX_DEPTH` (an
alias counts as the nodes that it stands for, so that a small file cannot unfold into a large one).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import yaml

from dlgenomics.errors import Problem, SpecError

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 40

Path = tuple[str | int, ...]
"""Keys and list positions that lead from the top of a document to a value."""


@dataclass(frozen=True)
class Place:
    """A position in a text; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """The data of one YAML file and the places of its keys and values."""

    source: str
    data: Mapping[str, Any]
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def place(self, path: Path, *, at_key: bool = False) -> Place:
        """Return where ``path`` stands, or its nearest ancestor where it is not written."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


@dataclass(eq=False)
class _Node:
    """A value under construction: ``parts`` are its items, ``(key, value)`` pairs in a mapping.

    ``size`` counts the nodes in it and ``height`` the levels below it, aliases unfolded.
    """

    place: Place
    kind: str
    value: Any = None
    parts: list[Any] = field(default_factory=list)
    size: int = 1
    height: int = 0
    open: bool = False


class _StopReading(Exception):  # noqa: N818
    """Reading cannot go on; what was found so far is reported."""


def read_document(text: str, source: str = "<spec>") -> Document:
    """Read one YAML document.

    Args:
        text: the YAML text.
        source: the file's name, for messages.

    Raises:
        SpecError: with every problem found, each with line and column.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise SpecError([_problem(source, Place(1, 1), _too_big(f"{MAX_BYTES:,} bytes"))])
    builder = _Builder(source)
    root = builder.build(text)
    if root is None or builder.problems:
        raise SpecError(builder.problems)
    values: dict[Path, Place] = {}
    keys: dict[Path, Place] = {}
    data = _plain(root, (), values, keys)
    return Document(source=source, data=data, values=values, keys=keys)


def _too_big(limit: str) -> str:
    return f"a spec may hold at most {limit}. Received: more. Keep data in files beside the spec."


def _problem(source: str, place: Place, message: str) -> Problem:
    return Problem(place.line, place.column, message, source)


class _Mark(Protocol):
    """A place as PyYAML counts it, from 0."""

    line: int
    column: int


def _place(mark: _Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


class _Builder:
    """Builds nodes from YAML events with a stack of its own, so that depth is ours to bound."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.anchors: dict[str, _Node] = {}
        self.stack: list[_Node] = []
        self.size = 0
        self.root: _Node | None = None

    def build(self, text: str) -> _Node | None:
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._report(_place(mark), f"a spec must be valid YAML. Received: {error.problem}. "
                         "Check indentation, quotes and brackets there.")
        except yaml.reader.ReaderError as error:
            before = text[:error.position]
            place = Place(before.count("\n") + 1, error.position - before.rfind("\n"))
            self._report(place, "a spec must be readable text. Received: the character "
                         f"{text[error.position]!a}. Remove it.")
        except _StopReading:
            pass
        if self.root is None and not self.problems:
            self._report(Place(1, 1), "a spec must be a mapping of keys to values. "
                         "Received: an empty document. Start with 'spec: 1'.")
        return self.root

    def _report(self, place: Place, message: str) -> None:
        self.problems.append(_problem(self.source, place, message))

    def _stop(self, place: Place, message: str) -> None:
        self._report(place, message)
        raise _StopReading

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._stop(_place(event.start_mark), "a spec file holds one document. "
                       "Received: a second '---'. Put it in a file of its own.")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close()

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = _place(event.start_mark)
        target = self.anchors.get(event.anchor or "")
        if target is None:
            self._stop(place, f"an alias must name an anchor above it. "
                       f"Received: '*{event.anchor}'. Write '&{event.anchor}' first.")
        elif target.open:
            self._stop(place, "an alias refers to itself. Write the value out.")
        else:
            self._count(target.size, place)
            self._check_depth(len(self.stack) + target.height, place)
            copy = _Node(place, target.kind, target.value, target.parts, target.size,
                         target.height)
            self._attach(copy)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        place = _place(event.start_mark)
        self._check_tag(event.tag, place)
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        self._check_depth(len(self.stack) + 1, place)
        node = _Node(place, kind, open=True)
        self._add(node, event.anchor)
        self.stack.append(node)

    def _close(self) -> None:
        node = self.stack.pop()
        node.open = False
        if node.kind == "map":
            pairs = list(zip(node.parts[::2], node.parts[1::2], strict=True))
            node.parts = self._checked_pairs(pairs)
        flat = [n for part in node.parts for n in (part if isinstance(part, tuple) else (part,))]
        node.size = 1 + sum(n.size for n in flat)
        node.height = 1 + max((n.height for n in flat), default=0)

    def _add(self, node: _Node, anchor: str | None) -> None:
        self._count(1, node.place)
        if anchor is not None:
            self.anchors[anchor] = node
        self._attach(node)

    def _attach(self, node: _Node) -> None:
        if self.stack:
            self.stack[-1].parts.append(node)
        else:
            self.root = node
            if node.kind != "map":
                self._stop(node.place, "a spec must be a mapping of keys to values. "
                           "Received: something else. Start with 'spec: 1'.")

    def _count(self, size: int, place: Place) -> None:
        self.size += size
        if self.size > MAX_NODES:
            self._stop(place, _too_big(f"{MAX_NODES:,} values, aliases unfolded"))

    def _check_depth(self, depth: int, place: Place) -> None:
        if depth > MAX_DEPTH:
            self._stop(place, f"a spec may be nested at most {MAX_DEPTH} deep. Received: deeper. "
                       "Write it flatter.")

    def _check_tag(self, tag: str | None, place: Place) -> None:
        if tag is not None and tag != "!":
            self._report(place, f"tag '{tag[:80]}' is not allowed; specs are plain data. "
                         "Remove it.")

    def _checked_pairs(self, pairs: list[tuple[_Node, _Node]]) -> list[tuple[_Node, _Node]]:
        first: dict[str, Place] = {}
        kept = []
        for key, value in pairs:
            if not self._is_good_key(key):
                continue
            if key.value in first:
                at = first[key.value]
                self._report(key.place, f"'{key.value}' is written twice (first at "
                             f"{self.source}:{at.line}:{at.column}). Keep one.")
                continue
            first[key.value] = key.place
            kept.append((key, value))
        return kept

    def _is_good_key(self, key: _Node) -> bool:
        if key.kind == "text" and key.value != "<<":
            return True
        if key.kind == "truth":
            message = f"key '{key.parts[0]}' reads as true/false in YAML; quote it."
        elif key.kind == "text":
            message = "merge keys ('<<') are not allowed. Write the keys out."
        else:
            message = "a key must be text. Received: another kind of value. Quote it."
        self._report(key.place, message)
        return False

    def _scalar(self, event: yaml.ScalarEvent) -> _Node:
        place = _place(event.start_mark)
        self._check_tag(event.tag, place)
        if not event.implicit[0]:
            return _Node(place, "text", event.value)
        kind, value = _interpret(event.value)
        if kind == "refused":
            self._report(place, value)
            return _Node(place, "text", event.value)
        return _Node(place, kind, value, [event.value] if kind == "truth" else [])


_RESOLVER = yaml.resolver.Resolver()


def _interpret(text: str) -> tuple[str, Any]:
    """Return the kind and value of an unquoted scalar; dates and base-60 numbers stay text."""
    resolve: Callable[..., str] = _RESOLVER.resolve
    tag = resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if tag == "null":
        return "null", None
    if tag == "bool":
        return "truth", text.lower() in ("yes", "true", "on")
    if tag == "int" and ":" not in text:
        return _integer(text)
    if tag == "float" and ":" not in text:
        return _float(text)
    return "text", text


def _integer(text: str) -> tuple[str, Any]:
    digits = text.replace("_", "")
    if len(digits.lstrip("+-")) > 30:
        return "refused", ("a whole number may have at most 30 digits. Received: more. "
                           "Quote it if it is a text.")
    try:
        return "number", int(digits, 0)
    except ValueError:
        return "refused", (f"a whole number must not start with 0. Received: {text}, which YAML "
                           "reads as octal. Drop the leading zero, or quote a text.")


def _float(text: str) -> tuple[str, Any]:
    spelled = text.replace("_", "").lower()
    try:
        value = float(spelled)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        return "refused", (f"numbers must be finite. Received: {text[:40]}. "
                           "Quote it if it is a text.")
    return "number", value


def _plain(node: _Node, path: Path, values: dict[Path, Place], keys: dict[Path, Place]) -> Any:
    values[path] = node.place
    if node.kind == "list":
        return [_plain(part, (*path, i), values, keys) for i, part in enumerate(node.parts)]
    if node.kind == "map":
        found = {}
        for key, value in node.parts:
            below = (*path, key.value)
            keys[below] = key.place
            found[key.value] = _plain(value, below, values, keys)
        return found
    return node.value


def as_float_text(text: str) -> str | None:
    """Return how to write ``text`` so that YAML reads a number, or None if it is not one.

    YAML 1.1 reads ``1e-3`` and ``-.5`` as texts; ``1.0e-3`` and ``-0.5`` are numbers.
    """
    mantissa, mark, exponent = text.strip().lower().partition("e")
    sign = mantissa[:1] if mantissa[:1] in ("+", "-") else ""
    if mantissa.startswith(f"{sign}."):
        mantissa = f"{sign}0{mantissa.removeprefix(sign)}"
    try:
        if not math.isfinite(float(text)):
            return None
    except ValueError:
        return None
    if not mark:
        return mantissa
    power = exponent if exponent[:1] in ("+", "-") else f"+{exponent}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{power}"

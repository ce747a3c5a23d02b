"""Dotted paths into a spec, as ``search.space`` writes them, and setting what they lead to.

=====================================  ===========================================================
training.batch_size                    a key; the last one need not be written yet
training.optimizer.Adam.learning_rate  a name with arguments, also where only 'Adam' stands
model.layers[*].Conv1D.filters         every Conv1D, those in `repeat` and `Residual` too
model.layers[3].Dropout.rate           the fourth entry, if it is a Dropout
model.layers[trunk].units              the layer with `name: trunk`
model.layers[2].repeat.times           a block's own keys
=====================================  ===========================================================
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import snake_case, split_entry
from dlgenomics.spec.blocks import BLOCKS
from dlgenomics.spec.document import Path

_STEP: Final = re.compile(r"(?P<key>[^.\[\]\s]+)|\[(?P<choice>\*|[A-Za-z0-9_]+)\]")
_LONGEST: Final = 1_000


@dataclass(frozen=True)
class Key:
    """A key of a mapping, or the name in an entry of a list."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True)
class Chosen:
    """The entries of a list: ``*`` for all, a position from 0, or a layer's name."""

    text: str

    def __str__(self) -> str:
        return f"[{self.text}]"


Step = Key | Chosen


@dataclass(frozen=True)
class _Slot:
    """A place that can be set: ``holder[key]``, which stands at ``path`` of the document."""

    holder: Any
    key: Any
    path: Path

    @property
    def written(self) -> bool:
        return self.key in self.holder if isinstance(self.holder, dict) else True

    @property
    def value(self) -> Any:
        return self.holder.get(self.key) if isinstance(self.holder, dict) else self.holder[self.key]


def read_path(text: str) -> tuple[Step, ...] | None:
    """Return the steps of a dotted path, or None if ``text`` is not one."""
    if len(text) > _LONGEST:
        return None
    steps: list[Step] = []
    position = 0
    while position < len(text):
        if steps and text[position] == ".":
            position += 1
        found = _STEP.match(text, position)
        starts_well = found and (found["choice"] is None) == (
            not steps or text[position - 1] == ".")
        if not found or not starts_well:
            return None
        steps.append(Key(found["key"]) if found["key"] else Chosen(found["choice"]))
        position = found.end()
    return tuple(steps) if steps and not text.endswith(".") else None


def find_path(data: Mapping[str, Any], steps: tuple[Step, ...]) -> list[Path]:
    """Return where in a document a path leads to; nothing if it matches nothing."""
    return [slot.path for slot in _slots(_Slot([copy.deepcopy(data)], 0, ()), steps)]


def set_path(data: Mapping[str, Any], steps: tuple[Step, ...], value: Any) -> dict[str, Any]:
    """Return the document with ``value`` wherever the path leads to."""
    root = [copy.deepcopy(dict(data))]
    for slot in list(_slots(_Slot(root, 0, ()), steps)):
        slot.holder[slot.key] = copy.deepcopy(value)
    return root[0]


def why_nothing(data: Mapping[str, Any], steps: tuple[Step, ...]) -> str:
    """Return how far a path that matches nothing leads, and what is there instead."""
    root = _Slot([copy.deepcopy(data)], 0, ())
    reached = 0
    while any(slot.written for slot in _slots(root, steps[:reached + 1])):
        reached += 1
    missing = steps[reached]
    offered = list(dict.fromkeys(
        name for slot in _slots(root, steps[:reached]) for name in _offered(slot.value, missing,
                                                                           steps[:reached])))
    way = "".join(map(str, steps[:reached + 1])).lstrip(".")
    hint = did_you_mean(missing.name if isinstance(missing, Key) else missing.text, offered)
    if not hint:
        hint = f" There is: {', '.join(offered[:10])}." if offered else ""
    return f"nothing in the spec is {way!r}.{hint}"


def _offered(value: Any, missing: Step, before: tuple[Step, ...]) -> list[str]:
    """Return the names that could stand in place of a step."""
    entries = [e for e, _ in _entries(value)] if isinstance(value, list) else []
    if isinstance(missing, Chosen):
        return [str(a["name"]) for _, a in map(_entry, entries) if "name" in a]
    if before and isinstance(before[-1], Chosen):
        kind, arguments = _entry(value)
        return [kind, *([] if before[-1].text == "*" else arguments)] if kind else []
    return list(value) if isinstance(value, dict) else [value] if isinstance(value, str) else []


def _slots(start: _Slot, steps: tuple[Step, ...]) -> Iterator[_Slot]:
    """Yield the places that the steps lead to; names without arguments are opened on the way."""
    if not steps:
        yield start
        return
    step, rest = steps[0], steps[1:]
    if isinstance(step, Chosen):
        for slot in _chosen(start, step.text):
            yield from _below_entry(slot, step, rest)
        return
    _open(start, step.name)
    if not isinstance(start.value, dict):
        return
    slot = _Slot(start.value, step.name, (*start.path, step.name))
    if not rest or slot.written:
        yield from _slots(slot, rest)
    elif slot.path == ("training",):  # a spec need not have this section
        start.value["training"] = {}
        yield from _slots(slot, rest)


def _open(slot: _Slot, name: str) -> None:
    """Turn ``Adam`` into ``{Adam: {}}`` where a path goes on below it, and nothing into ``{}``."""
    value = slot.value
    if isinstance(value, str) and snake_case(value) == snake_case(name):
        slot.holder[slot.key] = {name: {}}
    elif value is None and slot.written:
        slot.holder[slot.key] = {}


def _below_entry(slot: _Slot, step: Chosen, rest: tuple[Step, ...]) -> Iterator[_Slot]:
    """Go on below an entry of a list: by its kind, or with its arguments if it alone is meant."""
    if not rest:
        yield slot
        return
    kind, _ = _entry(slot.value)
    names_kind = isinstance(rest[0], Key) and rest[0].name == kind
    if kind is None or (not names_kind and (step.text == "*" or str(rest[0])[1:2].isupper())):
        return
    slot.holder[slot.key] = _long_form(slot.value)
    yield from _slots(slot, rest if names_kind else (Key(kind), *rest))


def _chosen(slot: _Slot, text: str) -> Iterator[_Slot]:
    if not isinstance(slot.value, list):
        return
    if text.isdigit():
        if int(text) < len(slot.value):
            yield _Slot(slot.value, int(text), (*slot.path, int(text)))
        return
    for entry, path in _entries(slot.value):
        if text == "*" or _entry(entry)[1].get("name") == text:
            holder: Any = slot.value
            for part in path[:-1]:
                holder = holder[part]
            yield _Slot(holder, path[-1], (*slot.path, *path))


def _entries(entries: list[Any]) -> Iterator[tuple[Any, Path]]:
    """Yield the entries of a list and their places in it, and those of the blocks among them."""
    for i, entry in enumerate(entries):
        yield entry, (i,)
        kind, arguments = _entry(entry)
        if kind in BLOCKS and isinstance(arguments.get("layers"), list):
            for inner, path in _entries(arguments["layers"]):
                yield inner, (i, kind, "layers", *path)


def _entry(entry: Any) -> tuple[str | None, Mapping[str, Any]]:
    """Return the kind and the arguments of an entry, empty unless they are a mapping."""
    kind, arguments, _ = split_entry(entry, ())
    return kind, arguments if isinstance(arguments, dict) else {}


def _long_form(entry: Any) -> Any:
    kind, arguments, _ = split_entry(entry, ())
    if kind == "Activation" and isinstance(arguments, str):
        arguments = {"activation": arguments}
    return {kind: arguments}

"""What pydantic finds in a spec → problems in the house form, each once and at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dlgenomics.errors import did_you_mean, near_match
from dlgenomics.spec.document import Path
from dlgenomics.spec.pretrained import SHA256_PATTERN
from dlgenomics.spec.problems import Problems, must_be, shown
from dlgenomics.spec.types import NAME_PATTERN, Spec


def validate_types(prepared: Mapping[str, Any], raw: Mapping[str, Any],
                   problems: Problems) -> Spec | None:
    """Return the spec, or note what its types refuse and return None.

    Args:
        prepared: the document with its objects made.
        raw: the document as written, for places and values in messages.
        problems: takes what is wrong.
    """
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
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number below {lt}",
    "greater_than": "a number above {gt}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "literal_error": "one of {expected}",
    "string_pattern_mismatch": "{pattern}",
    "union_tag_invalid": "a mapping whose {discriminator} is one of {expected_tags}",
    "union_tag_not_found": "a mapping with the key {discriminator}",
}


_PATTERNS: Final = {
    NAME_PATTERN: "a name of letters, digits, '.', '_' and '-', with '/' between groups",
    SHA256_PATTERN: "a SHA-256, 64 digits from 0 to f",
}
"""What texts of a pattern are, in words."""


def _rule_of(detail: ErrorDetails) -> str:
    form = _RULES.get(detail["type"])
    values = {k: f"{v:g}" if isinstance(v, float) else _PATTERNS.get(v, v)
              for k, v in detail.get("ctx", {}).items() if not isinstance(v, Exception | dict)}
    return form.format(**values) if form else detail["msg"].lower()


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the section that a pydantic location names."""
    section: Any = Spec
    for part in loc:
        section = _section_below(section, part)
        if section is None:
            return []
    fields = section.model_fields if _is_node(section) else {}
    return [field.alias or name for name, field in fields.items()]


def _is_node(section: Any) -> bool:
    return isinstance(section, type) and issubclass(section, BaseModel)


def _section_below(section: Any, part: int | str) -> Any:
    """Return what stands under one part of a location: a node, a container of nodes, or None."""
    if _is_node(section):
        field = section.model_fields.get(str(part))
        return None if field is None else _unwrapped(field.annotation)
    inside = [_unwrapped(a) for a in get_args(section)]
    tagged = [a for a in inside if _is_node(a) and part in _tags(a)]
    nodes = tagged or [a for a in inside if _is_node(a)] or [a for a in inside if get_args(a)]
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

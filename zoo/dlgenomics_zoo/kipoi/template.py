"""Kipoi's model templates: the little of Jinja that they use, without its engine.

``{{ column }}`` stands for a value; ``{% if column == 'text' %} … {% elif … %} … {% else %} …
{% endif %}`` keeps or drops text, nested or not; ``{# … #}`` is a comment. A hyphen inside the
braces removes the white space outside them. Whatever else Jinja can do is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dlgenomics.errors import DataError, did_you_mean

_MARK: Final = re.compile(
    r"(?:\s*\{\{-|\{\{)(?P<value>.*?)(?:-\}\}\s*|\}\})"
    r"|(?:\s*\{%-|\{%)(?P<block>.*?)(?:-%\}\s*|%\})"
    r"|(?:\s*\{#-|\{#)(?P<note>.*?)(?:-#\}\s*|#\})", re.S)
_TEST: Final = re.compile(
    r"(?P<name>\w+)(?:\s*(?P<sign>==|!=)\s*(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"))?")
_ALLOWED: Final = "{{ column }} and {% if column == 'text' %} … {% endif %}"


@dataclass
class _If:
    """An open ``if``: whether its surroundings count, a branch was taken, this one is."""

    line: int
    around: bool
    taken: bool
    now: bool
    closed: bool = False


@dataclass
class _Reader:
    """Where reading stands in a template."""

    columns: Mapping[str, str]
    path: Path | str
    line: int = 1
    open: list[_If] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return not self.open or self.open[-1].now

    def error(self, message: str) -> DataError:
        return DataError(message, path=self.path, line=self.line)


def render_template(text: str, columns: Mapping[str, str], path: Path | str) -> str:
    """Return a template's text for one row of its table.

    Args:
        text: the template.
        columns: the row: column name → value.
        path: the template's file, for messages.

    Raises:
        DataError: the template uses something that is not offered, or a column that is not there.
    """
    reader = _Reader(columns, path)
    out: list[str] = []
    end = 0
    for mark in _MARK.finditer(text):
        if reader.live:
            out.append(text[end:mark.start()])
        end = mark.end()
        reader.line = text.count("\n", 0, mark.start()) + 1
        if mark["value"] is not None:
            if reader.live:
                out.append(_value(reader, mark["value"].strip()))
        elif mark["block"] is not None:
            _block(reader, mark["block"].strip())
    if reader.open:
        reader.line = reader.open[-1].line
        raise reader.error("every {% if %} must have an {% endif %}. Received: one without.")
    return "".join([*out, text[end:]])


def _value(reader: _Reader, name: str) -> str:
    if not re.fullmatch(r"\w+", name):
        raise reader.error(f"a template may use {_ALLOWED}. Received: {{{{ {name[:80]} }}}}.")
    if name not in reader.columns:
        raise reader.error(
            f"a template's values must be columns of models.tsv, which has "
            f"{', '.join(reader.columns)}. Received: {name!r}."
            f"{did_you_mean(name, reader.columns)}")
    return reader.columns[name]


def _block(reader: _Reader, text: str) -> None:
    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word == "if":
        around = reader.live
        holds = _holds(reader, rest)
        reader.open.append(_If(reader.line, around, around and holds, around and holds))
        return
    if word not in ("elif", "else", "endif") or (rest and word != "elif"):
        raise reader.error(f"a template may use {_ALLOWED}. Received: {{% {text[:80]} %}}.")
    if not reader.open or (word != "endif" and reader.open[-1].closed):
        raise reader.error(f"{{% {word} %}} must follow an {{% if %}}. Received: one without.")
    if word == "endif":
        reader.open.pop()
    else:
        _next_branch(reader.open[-1], holds=word == "else" or _holds(reader, rest))
        reader.open[-1].closed = word == "else"


def _next_branch(open_if: _If, *, holds: bool) -> None:
    open_if.now = open_if.around and holds and not open_if.taken
    open_if.taken = open_if.taken or open_if.now


def _holds(reader: _Reader, test: str) -> bool:
    found = _TEST.fullmatch(test)
    if not found:
        raise reader.error(f"a template may use {_ALLOWED}. Received: {{% if {test[:80]} %}}.")
    value = reader.columns.get(found["name"], "")
    if not found["sign"]:
        return bool(value)
    wanted = found["one"] if found["one"] is not None else found["two"]
    return (value == wanted) is (found["sign"] == "==")

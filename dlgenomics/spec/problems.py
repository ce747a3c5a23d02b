"""Collects every problem of a spec, each at its place."""

from __future__ import annotations

from typing import Any

from dlgenomics.errors import Problem, SpecError
from dlgenomics.spec.document import Document, Path, as_float_text


class Problems:
    """The problems found so far in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Note a broken rule at the value (or the key) that ``path`` leads to."""
        self.found.append(self._problem(path, message, at_key=at_key))

    def warn(self, path: Path, message: str) -> None:
        """Note something allowed that is probably not meant."""
        self.warnings.append(self._problem(path, message, at_key=False))

    def _problem(self, path: Path, message: str, *, at_key: bool) -> Problem:
        place = self.document.place(path, at_key=at_key)
        return Problem(place.line, place.column, message, self.document.source)

    def raise_any(self) -> None:
        """Raise a `SpecError` if there is any problem."""
        if self.found:
            raise SpecError(self.found)


def received(value: Any) -> str:
    """Return how a message shows a value that came."""
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(shown, value)) or 'no keys'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return str(value)


def shown(value: Any) -> str:
    """Return a text in quotes for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}...{text[0]}"


def must_be(name: str, rule: str, value: Any) -> str:
    """Return «name must be rule. Received: value.»; says how to write a number read as text."""
    if isinstance(value, str) and "a number" in rule and (number := as_float_text(value)):
        return f"{name} must be {rule}. Received: {received(value)}. Write {number}, unquoted."
    return f"{name} must be {rule}. Received: {received(value)}."

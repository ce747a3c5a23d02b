"""Finds values that no trial could use, before any trial runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dlgenomics.errors import SearchError, SpecError
from dlgenomics.spec.document import Document, Path, read_document
from dlgenomics.spec.packaged import Packages
from dlgenomics.spec.parse import check_document
from dlgenomics.spec.point import Point, apply_point
from dlgenomics.spec.problems import Problems, received
from dlgenomics.spec.search import Axis, Choices, Search
from dlgenomics.spec.types import Spec

_SPACE: Final[Path] = ("search", "space")
_MOST_VALUES: Final = 100
"""Of a space with more values only the first and last of each axis are tried."""


def check_search_values(text: str, source: str, packages: Packages | None = None) -> None:
    """Check the values that a spec searches with, if it has a search.

    Args:
        text: the spec.
        source: its file, for messages.
        packages: finds the packaged models that it takes as blocks.

    Raises:
        SpecError: with every problem found.
    """
    document = read_document(text, source)
    search = check_document(document, packages)[0].search
    if search is not None:
        check_values(document, search)


def check_values(document: Document, search: Search) -> None:
    """Try each value of each axis in a spec: by itself, and among first and last values.

    A value that is good in one of them is good: combinations that are not are trials that fail.

    Raises:
        SpecError: with every value that fits nowhere, and every axis that makes no difference.
    """
    problems = Problems(document)
    values = _tried(search)
    for name, several in values.items():
        complaints = {i: _complaint(document, values, name, value)
                      for i, value in several.items()}
        for i, complaint in complaints.items():
            if complaint:
                problems.add(_place(document, name, i), f"{name} = {_shown(several[i])} must give "
                             f"a valid spec. Received: {complaint}")
        if not any(complaints.values()) and len(several) > 1 and _is_idle(document, values, name):
            problems.add((*_SPACE, name), f"an axis must make a difference. Received: {name!r}, "
                         "whose values all give the same spec. Remove it.", at_key=True)
    problems.raise_any()


def spec_of(document: Mapping[str, Any], point: Point, examples: int = 1) -> Spec:
    """Return the checked spec of a point.

    Raises:
        SpecError: the point gives no valid spec.
        SearchError: the point cannot be made.
    """
    data = apply_point(document, point, examples)
    return check_document(Document("the trial's spec", data, {}, {}))[0]


def _tried(search: Search) -> dict[str, dict[int, Any]]:
    """Return the values to try of each axis, by their position."""
    many = sum(len(_values(axis)) for axis in search.space.values()) > _MOST_VALUES
    found = {name: dict(enumerate(_values(axis))) for name, axis in search.space.items()}
    return {name: {i: v for i, v in several.items() if not many or i in (0, len(several) - 1)}
            for name, several in found.items()}


def _values(axis: Axis) -> tuple[Any, ...]:
    if isinstance(axis, Choices):
        return axis.values
    number = int if axis.integer else float
    return (number(axis.low), number(axis.high))


def _neighbours(values: Mapping[str, Mapping[int, Any]], name: str) -> Iterator[dict[str, Any]]:
    """Yield what the other axes may be: as written, at their first and at their last values."""
    yield {}
    for end in (0, -1):
        yield {other: list(several.values())[end]
               for other, several in values.items() if other != name}


def _complaint(document: Document, values: Mapping[str, Mapping[int, Any]], name: str,
               value: Any) -> str | None:
    """Return why a value gives no valid spec, or None if it gives one."""
    first = None
    for others in _neighbours(values, name):
        try:
            spec_of(document.data, {**others, name: value})
        except SpecError as error:
            first = first or error.problems[0].message
        except SearchError as error:
            first = first or str(error)
        else:
            return None
    return first


def _is_idle(document: Document, values: Mapping[str, Mapping[int, Any]], name: str) -> bool:
    """Tell whether an axis changes nothing, whatever value any other axis has."""
    several = list(values[name].values())
    firsts, lasts = list(_neighbours(values, name))[1:]
    singly = ({**firsts, other: value} for other in firsts for value in values[other].values())
    for others in (firsts, lasts, *singly):
        made = [apply_point(document.data, {**others, name: value})
                for value in (several[0], several[-1])]
        if made[0] != made[1]:
            return False
    return True


def _place(document: Document, name: str, index: int) -> Path:
    """Return where a value stands: in a list, below ``choices``, or as an end of a range."""
    at: Path = (*_SPACE, name)
    for below in ((index,), ("choices", index), (("low", "high")[min(index, 1)],)):
        if (*at, *below) in document.values:
            return (*at, *below)
    return at


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else received(value)

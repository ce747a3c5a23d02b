"""A document and a choice for each axis of its search → the document of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlgenomics.errors import SearchError
from dlgenomics.spec.paths import find_path, read_path, set_path
from dlgenomics.spec.transforms import transforms

Point = Mapping[str, Any]
"""A value for each axis, by the axis's name."""


def apply_point(document: Mapping[str, Any], point: Point, examples: int = 1) -> dict[str, Any]:
    """Return a document, without its search, with the values of a point.

    Dotted paths are set first, as they address the document that was written; then the named
    changes are made, in their own order.

    Args:
        document: plain data, as written; it is left as it is.
        point: the values.
        examples: how many examples an epoch has.

    Raises:
        SearchError: a value that cannot be set, or a change that cannot be made.
    """
    found = {k: v for k, v in document.items() if k != "search"}
    changes = transforms(examples)
    for name, value in point.items():
        if name not in changes:
            found = _set(found, name, value)
    for name, change in changes.items():
        if name in point:
            found = change.change(found, point[name])
    return found


def _set(document: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    steps = read_path(name)
    if steps is None or not find_path(document, steps):
        raise SearchError(f"an axis must lead to something in the spec. Received: {name!r}. "
                          "Set the outer of two axes in another way.")
    return set_path(document, steps, value)


def effective(document: Mapping[str, Any], point: Point) -> dict[str, Any]:
    """Return a point without the values that make no difference, such as Adam's momentum."""
    changes = transforms()
    found = apply_point(document, {k: v for k, v in point.items() if k == "optimizer"})
    return {name: value for name, value in point.items()
            if name not in changes or changes[name].applies(found)}

"""Nested arrays, as Kipoi's batches are: mappings and lists, the rows on axis 0 of every leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.loaders.ranges import Ranges

Columns = dict[str, NDArray[Any]]


def flatten(nested: Any) -> Columns:
    """Return nested arrays as columns, one number a row.

    Keys are joined by ``/``; along further axes a column has its place as key, in numeric order:
    ``preds/0``, ``preds/1`` … ``preds/10``.
    """
    return {"/".join([key, *map(str, place)]): array[(slice(None), *place)]
            for key, array in leaves(nested) for place in np.ndindex(array.shape[1:])}


def leaves(nested: Any, key: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays of mappings and lists, their keys joined by ``/``."""
    if isinstance(nested, Mapping | list | tuple):
        items = nested.items() if isinstance(nested, Mapping) else enumerate(nested)
        for name, one in items:
            yield from leaves(one, f"{key}/{name}" if key else str(name))
    else:
        yield key, np.asarray(nested)


def unflatten(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return leaves as nested mappings again; the items of a list have their numbers as keys."""
    found: dict[str, Any] = {}
    for key, array in arrays.items():
        *groups, name = key.split("/")
        place = found
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = array
    return found


def map_leaves(change: Callable[[NDArray[Any]], Any], nested: Any) -> Any:
    """Return nested arrays with each one changed."""
    if isinstance(nested, Mapping):
        changed = {name: map_leaves(change, one) for name, one in nested.items()}
        return Ranges(changed) if isinstance(nested, Ranges) else changed
    if isinstance(nested, list | tuple):
        return [map_leaves(change, one) for one in nested]
    return change(np.asarray(nested))


def join_rows(parts: Sequence[Any]) -> Any:
    """Return nested arrays of successive rows as one, the rows on axis 0."""
    first = parts[0]
    if len(parts) == 1:
        return first
    if isinstance(first, Mapping):
        joined = {name: join_rows([part[name] for part in parts]) for name in first}
        return Ranges(joined) if isinstance(first, Ranges) else joined
    if isinstance(first, list | tuple):
        return [join_rows(list(ones)) for ones in zip(*parts, strict=True)]
    return np.concatenate(parts)

"""The columns of a table of predictions, named by target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from dlgenomics.spec.targets import ColumnTarget
from dlgenomics.spec.types import Data


def column_names(data: Data) -> dict[str, list[str]]:
    """Return the table columns of each target, one for each name along its last axis.

    A target's own columns keep their names where it is alone; with several targets a column is
    ``target`` or ``target/column``.
    """
    found = {}
    for name, target in data.targets.items():
        names = list(target.names) or [str(i) for i in range(data.output_shape(name)[-1] or 0)]
        alone = isinstance(target, ColumnTarget) and target.column is not None
        found[name] = names if len(data.targets) == 1 else (
            [name] if alone else [f"{name}/{column}" for column in names])
    return found


def flat_columns(data: Data, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return predictions as columns of a table, one number a row.

    A prediction along positions gives a column for each of them, as ``column/position``.
    """
    columns = column_names(data)
    found = {}
    for name, array in arrays.items():
        if array.ndim == 2:
            found.update({columns[name][i]: array[:, i] for i in range(array.shape[1])})
        else:
            places = array.reshape(len(array), -1, array.shape[-1])
            found.update({f"{columns[name][i]}/{place}": places[:, place, i]
                          for i in range(array.shape[-1]) for place in range(places.shape[1])})
    return found

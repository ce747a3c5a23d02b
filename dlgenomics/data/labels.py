"""Columns of tables → labels and weights; NaN is a label that is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.tables import Table
from dlgenomics.data.tracks import transform
from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.files import open_text
from dlgenomics.spec.summary import summarize
from dlgenomics.spec.targets import ClassTarget, ColumnTarget, Task
from dlgenomics.spec.types import Data, Spec

Labels = NDArray[np.float32]


def column_labels(name: str, target: ColumnTarget, task: Task, tables: Sequence[Table]) -> Labels:
    """Return the labels of a target in columns: float32, shape (examples, columns).

    Raises:
        DataError: no such column, or a value that the task has no use for.
    """
    parts = [np.stack([t.numbers(column, masked=target.missing == "mask")
                       for column in target.names], axis=1) for t in tables]
    for values, table in zip(parts, tables, strict=True):
        _check_task(name, values, task, table)
    found = transform(np.concatenate(parts), target.transform)
    worse = np.isnan(found) & ~np.isnan(np.concatenate(parts))
    if worse.any():
        raise DataError(f"{target.transform} needs larger values in target {name!r}. Received: "
                        f"{np.concatenate(parts)[worse][0]:g}.", path=tables[0].path)
    return found.astype(np.float32)


def _check_task(name: str, values: Labels, task: Task, table: Table) -> None:
    """Refuse labels that are not of their task."""
    if task == "regression":
        return
    known = values[~np.isnan(values)]
    bad = known[~np.isin(known, (0, 1))]
    if len(bad):
        raise DataError(f"labels for {task} must be 0 or 1. Received: {bad[0]:g} in target "
                        f"{name!r}. Use task: regression for measured values.", path=table.path)
    if task == "multiclass_classification":
        sums = values.sum(axis=1)
        wrong = np.flatnonzero((sums != 1) & ~np.isnan(sums))
        if len(wrong):
            line = None if table.lines is None else int(table.lines[wrong[0]])
            raise DataError(f"each example must be of one class of target {name!r}. Received: "
                            f"{sums[wrong[0]]:g} classes.", path=table.path, line=line)


def class_labels(target: ClassTarget, tables: Sequence[Table]) -> Labels:
    """Return the classes of a column of words as one-hot rows; a missing one is a row of NaN.

    Raises:
        DataError: no such column, or a word that is no class and may not be missing.
    """
    place = {word: i for i, word in enumerate(target.classes)}
    rows = np.vstack([np.eye(len(place), dtype=np.float32),
                      np.full((1, len(place)), np.nan, np.float32)])
    found = []
    for table in tables:
        words = table.texts(target.column)
        codes = np.array([place.get(str(word), -1) for word in words])
        if target.missing != "mask" and (codes < 0).any():
            at = int(np.flatnonzero(codes < 0)[0])
            line = None if table.lines is None else int(table.lines[at])
            raise DataError(f"column {target.column!r} must name one of the classes "
                            f"{', '.join(target.classes[:8])}. Received: {words[at]!r}."
                            f"{did_you_mean(str(words[at]), target.classes)}",
                            path=table.path, line=line)
        found.append(rows[codes])
    return np.concatenate(found)


def example_weights(data: Data, tables: Sequence[Table]) -> Labels | None:
    """Return the column of weights, shape (examples,), or None.

    Raises:
        DataError: no such column, or a negative weight.
    """
    if data.weights is None:
        return None
    for table in tables:
        values = table.numbers(data.weights)
        if (values < 0).any():
            at = int(np.flatnonzero(values < 0)[0])
            line = None if table.lines is None else int(table.lines[at])
            raise DataError(f"weights in column {data.weights!r} must not be negative. "
                            f"Received: {values[at]:g}.", path=table.path, line=line)
    return np.concatenate([table.numbers(data.weights) for table in tables])


def resolve_columns(spec: Spec, folder: Path) -> Spec:
    """Return the spec with the columns that its ``columns_from`` files name.

    Raises:
        MissingFileError: no such file.
        DataError: an empty file, a name twice, or another number than the network has outputs.
    """
    targets = {
        name: target.model_copy(update={"columns": _column_names(folder / target.columns_from)})
        if isinstance(target, ColumnTarget) and target.columns_from and not target.columns
        else target for name, target in spec.data.targets.items()}
    found = spec.model_copy(update={"data": spec.data.model_copy(update={"targets": targets})})
    for layer in summarize(found).layers:
        target = targets.get(layer.name)
        if isinstance(target, ColumnTarget) and layer.shape != target.shape:
            raise DataError(f"output {layer.name!r} must have one value for each of the "
                            f"{len(target.names)} columns. Received: {layer.shape[-1]}.",
                            path=folder / (target.columns_from or ""))
    return found


def _column_names(path: Path) -> tuple[str, ...]:
    with open_text(path, "the columns' names") as stream:
        names = tuple(line.split("\t")[0].strip() for line in stream if line.strip())
    twice = [name for name, times in Counter(names).items() if times > 1]
    if not names or twice:
        came = f"{twice[0]!r} twice" if twice else "none"
        raise DataError(f"a file of columns must name each once. Received: {came}.", path=path)
    return names

"""Tab-separated tables with a header, joined by name; plain or gzip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.files import open_text, write_text

MISSING: Final = ("", "na", "nan", ".")
"""Texts that stand for a number that is missing, in lower case."""


@dataclass(frozen=True)
class Table:
    """Columns of texts by name; the first column holds the rows' names."""

    path: str
    columns: Mapping[str, NDArray[Any]]
    lines: NDArray[np.int64] | None = None

    def texts(self, column: str) -> NDArray[Any]:
        """Return a column as texts.

        Raises:
            DataError: no such column.
        """
        if column not in self.columns:
            raise DataError(f"the labels must have the column {column!r}. Received: "
                            f"{', '.join(self.columns)}.{did_you_mean(column, self.columns)}",
                            path=self.path)
        return self.columns[column]

    def numbers(self, column: str, *, masked: bool = False) -> NDArray[np.float32]:
        """Return a column as float32.

        Args:
            column: its name.
            masked: whether an empty text, ``NA``, ``nan`` or ``.`` is a missing number, NaN.

        Raises:
            DataError: no such column, or a value that is not a finite number.
        """
        texts = self.texts(column)
        try:
            found = texts.astype(np.float64)
        except (ValueError, TypeError):
            found = np.array([_number_or_nan(t) for t in texts])
        with np.errstate(over="ignore"):
            numbers = found.astype(np.float32)
        missing = np.isin([str(t).strip().lower() for t in texts], MISSING) if masked else False
        bad = np.flatnonzero(~np.isfinite(numbers) & ~np.asarray(missing))
        if len(bad):
            line = None if self.lines is None else int(self.lines[bad[0]])
            raise DataError(f"column {column!r} must hold finite numbers. "
                            f"Received: {texts[bad[0]]!r}. Fill in or remove the row.",
                            path=self.path, line=line)
        return numbers

    def joined(self, names: Sequence[str], of: str) -> Table:
        """Return the rows for ``names``, in that order.

        Raises:
            DataError: a name is twice in the table, or not in it; ``of`` says whose names.
        """
        keys = next(iter(self.columns.values()))
        row_of = {key: row for row, key in enumerate(keys)}
        if len(row_of) < len(keys):
            values, counts = np.unique(keys.astype(str), return_counts=True)
            twice = np.flatnonzero(counts > 1)[0]
            raise DataError("each name must stand once in the labels. Received: "
                            f"{str(values[twice])!r} {counts[twice]} times.", path=self.path)
        missing = [name for name in names if name not in row_of]
        if missing:
            raise DataError(f"the labels must name every sequence of {of}. Received: no row for "
                            f"{missing[0]!r} and {len(missing) - 1} more."
                            f"{did_you_mean(missing[0], list(row_of)[:1000])}", path=self.path)
        rows = np.array([row_of[name] for name in names], np.int64)
        return Table(self.path, {k: v[rows] for k, v in self.columns.items()},
                     None if self.lines is None else self.lines[rows])


def _number_or_nan(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def read_table(path: Path | str) -> Table:
    """Read a tab-separated table whose first line names the columns.

    Raises:
        MissingFileError: no such file.
        DataError: an empty table, or a line with another number of columns.
    """
    with open_text(path, "the labels table") as stream:
        rows = [(number, line.rstrip("\r\n").split("\t"))
                for number, line in enumerate(stream, start=1) if line.strip()]
    if len(rows) < 2:
        raise DataError("a table must have a header and at least one row. "
                        f"Received: {len(rows)} lines.", path=path)
    header = [name.lstrip("#") for name in rows[0][1]]
    if len(set(header)) < len(header):
        raise DataError("every column must have a name of its own. "
                        f"Received: {', '.join(header)}.", path=path, line=rows[0][0])
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise DataError(f"every line must have the {len(header)} columns of the header. "
                            f"Received: {len(row)}.", path=path, line=number)
    columns = zip(*(row for _, row in rows[1:]), strict=True)
    return Table(str(path),
                 {k: np.array(v, object) for k, v in zip(header, columns, strict=True)},
                 np.array([number for number, _ in rows[1:]], np.int64))


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a tab-separated table with a header."""
    lines = ["\t".join(header), *("\t".join(map(str, row)) for row in rows)]
    write_text(path, "\n".join(lines) + "\n")

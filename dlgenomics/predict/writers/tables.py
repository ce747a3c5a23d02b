"""Predictions as tables: TSV and BED as text, Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.cells import TEXTS
from dlgenomics.predict.writers.result import Result

Columns = Mapping[str, NDArray[Any]]

_CELLS: Final = 1 << 17
"""Of a table that are Python's at once: each takes 30 bytes, a profile's rows have thousands."""


class TsvWriter:
    """Tab-separated text with a header; floats have 9 digits, which hold a float32 exactly."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._has_header = False

    def write(self, result: Result) -> None:
        """Add rows."""
        columns = self.columns(result)
        if not self._has_header:
            self._stream.write(("\t".join(columns) + "\n").encode())
            self._has_header = True
        line = "\t".join(_form(column) for column in columns.values()) + "\n"
        step = max(1, _CELLS // len(columns))
        for first in range(0, len(result), step):
            rows = zip(*(one[first:first + step].tolist() for one in columns.values()), strict=True)
            self._stream.write("".join([line % row for row in rows]).encode())

    def columns(self, result: Result) -> Columns:
        """Return what is written, by the names of the header."""
        return result.table()

    def finish(self) -> None:
        """Flush, and leave the stream to its owner."""
        self._stream.flush()


class BedWriter(TsvWriter):
    """BED6 with a header and the predictions behind: ``preds/0``, ``preds/1`` and so on."""

    def columns(self, result: Result) -> Columns:
        """Return what is written, by the names of the header."""
        return result.bed()


def _form(column: NDArray[Any]) -> str:
    return "%.9g" if np.issubdtype(column.dtype, np.floating) else "%s"


class ParquetWriter:
    """Parquet: texts as strings, coordinates as int64, predictions as float32."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, result: Result) -> None:
        """Add rows, as one row group."""
        import pyarrow as pa  # noqa: PLC0415 - a third of a second that TSV users need not pay
        import pyarrow.parquet as pq  # noqa: PLC0415

        table = pa.table({
            name: pa.array(column.astype(TEXTS).tolist(), pa.string())
            if column.dtype.kind in "OU" else pa.array(column)
            for name, column in result.table().items()
        })
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def finish(self) -> None:
        """Write the footer."""
        self.close()

    def close(self) -> None:
        """Close the file, which takes as long as its footer."""
        if self._writer is not None:
            self._writer.close()

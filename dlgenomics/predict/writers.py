"""Tables of predictions: one row per interval or sequence, in input order.

A file appears whole at the end; until then it has a temporary name beside its place.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import OutputError
from dlgenomics.files import atomic_path

Columns = Mapping[str, NDArray[Any]]


class Writer(Protocol):
    """Takes batches of columns, in order."""

    def write(self, columns: Columns) -> None:
        """Add rows; every call brings the same columns."""


class TsvWriter:
    """Tab-separated text with a header; floats have 9 digits, which hold a float32 exactly."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = io.TextIOWrapper(stream, encoding="utf-8", newline="\n", write_through=True)
        self._has_header = False

    def write(self, columns: Columns) -> None:
        """Add rows."""
        if not self._has_header:
            self._stream.write("\t".join(columns) + "\n")
            self._has_header = True
        rows = zip(*(_texts(column) for column in columns.values()), strict=True)
        self._stream.write("".join("\t".join(row) + "\n" for row in rows))

    def finish(self) -> None:
        """Flush, and leave the stream to its owner."""
        self._stream.flush()
        self._stream.detach()


def _texts(column: NDArray[Any]) -> list[str]:
    if np.issubdtype(column.dtype, np.floating):
        return [f"{value:.9g}" for value in column.tolist()]
    return [str(value) for value in column.tolist()]


class ParquetWriter:
    """Parquet: texts as strings, coordinates as int64, predictions as float32."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, columns: Columns) -> None:
        """Add rows, as one row group."""
        import pyarrow as pa  # noqa: PLC0415 - a third of a second that TSV users need not pay
        import pyarrow.parquet as pq  # noqa: PLC0415

        table = pa.table({
            name: pa.array(column.astype(str).tolist(), pa.string())
            if column.dtype.kind in "OU" else pa.array(column)
            for name, column in columns.items()
        })
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def finish(self) -> None:
        """Write the footer."""
        if self._writer is not None:
            self._writer.close()


@contextlib.contextmanager
def open_writer(path: Path | str) -> Iterator[Writer]:
    """Open a writer for ``.tsv``, ``.tsv.gz`` or ``.parquet``; ``-`` is TSV on standard output.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable; what was there
            before is untouched.
    """
    if str(path) == "-":
        writer = TsvWriter(sys.stdout.buffer)
        yield writer
        writer.finish()
        return
    make = _maker(Path(path))
    with atomic_path(Path(path)) as part, make(part) as made:
        yield made


def check_ending(path: Path | str) -> None:
    """Refuse a name whose ending names no format, before any work is done.

    Raises:
        OutputError: an unknown ending.
    """
    if str(path) != "-":
        _maker(Path(path))


@contextlib.contextmanager
def _tsv(part: Path) -> Iterator[Writer]:
    with part.open("wb") as stream:
        writer = TsvWriter(stream)
        yield writer
        writer.finish()


@contextlib.contextmanager
def _tsv_gz(part: Path) -> Iterator[Writer]:
    with part.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as stream:
        writer = TsvWriter(stream)  # type: ignore[arg-type]
        yield writer
        writer.finish()


@contextlib.contextmanager
def _parquet(part: Path) -> Iterator[Writer]:
    writer = ParquetWriter(part)
    try:
        yield writer
    finally:
        writer.finish()


_MAKERS: Final[Mapping[str, Callable[[Path], contextlib.AbstractContextManager[Writer]]]] = {
    ".tsv": _tsv, ".tsv.gz": _tsv_gz, ".parquet": _parquet, ".pq": _parquet,
}


def _maker(path: Path) -> Callable[[Path], contextlib.AbstractContextManager[Writer]]:
    for ending, make in _MAKERS.items():
        if path.name.endswith(ending):
            return make
    raise OutputError(path, f"the ending {path.suffix or 'of no format'!r}",
                      f"Name a file that ends in {', '.join(_MAKERS)}.")

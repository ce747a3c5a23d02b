"""The writer for a file, by the ending of its name."""

from __future__ import annotations

import contextlib
import gzip
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from dlgenomics.errors import OutputError
from dlgenomics.files import atomic_path
from dlgenomics.predict.writers.hdf5 import Hdf5Writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.predict.writers.tables import BedWriter, ParquetWriter, TsvWriter


class Writer(Protocol):
    """Takes rows of predictions, in order."""

    def write(self, result: Result) -> None:
        """Add rows; every call brings the same columns."""


@contextlib.contextmanager
def open_writer(path: Path | str) -> Iterator[Writer]:
    """Open a writer by a name's ending; ``-`` is TSV on standard output.

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
def _bed(part: Path) -> Iterator[Writer]:
    with part.open("wb") as stream:
        writer = BedWriter(stream)
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


@contextlib.contextmanager
def _hdf5(part: Path) -> Iterator[Writer]:
    writer = Hdf5Writer(part)
    try:
        yield writer
    finally:
        writer.finish()


_MAKERS: Final[Mapping[str, Callable[[Path], contextlib.AbstractContextManager[Writer]]]] = {
    ".tsv": _tsv, ".tsv.gz": _tsv_gz, ".parquet": _parquet, ".pq": _parquet, ".pqt": _parquet,
    ".bed": _bed, ".h5": _hdf5, ".hdf5": _hdf5,
}


def _maker(path: Path) -> Callable[[Path], contextlib.AbstractContextManager[Writer]]:
    for ending, make in _MAKERS.items():
        if path.name.endswith(ending):
            return make
    raise OutputError(path, f"the ending {path.suffix or 'of no format'!r}",
                      f"Name a file that ends in {', '.join(_MAKERS)}.")

"""The writer for a file, by the ending of its name."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from dlgenomics.errors import EndingError
from dlgenomics.files import atomic_folder, atomic_path, output_errors
from dlgenomics.predict.writers.hdf5 import Hdf5Writer
from dlgenomics.predict.writers.heading import Heading, Writer
from dlgenomics.predict.writers.npz import NpzWriter
from dlgenomics.predict.writers.placing import TrackWriter
from dlgenomics.predict.writers.regular import Regular
from dlgenomics.predict.writers.tables import BedWriter, ParquetWriter, TsvWriter
from dlgenomics.predict.writers.tracks import BedGraph, BigWig, track_files
from dlgenomics.predict.writers.zarr import ZarrWriter

_Opened = contextlib.AbstractContextManager[Writer]
_Open = Callable[[Path, Path | None, Heading], _Opened]
_NO_HEADING: Final = Heading()


@contextlib.contextmanager
def open_writer(path: Path | str, heading: Heading = _NO_HEADING, *,
                within: Path | None = None) -> Iterator[Writer]:
    """Open a writer by a name's ending; ``-`` is TSV on standard output.

    Args:
        path: the file; see `ENDINGS`.
        heading: what is known before the first row.
        within: the folder for what is not finished; default: beside the file.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable; what was there
            before is untouched.
        DlgError: the format cannot hold these predictions.
    """
    if str(path) == "-":
        writer = TsvWriter(sys.stdout.buffer)
        yield writer
        writer.finish()
        return
    with _opener(Path(path))(Path(path), within, heading) as opened:
        regular = Regular(opened)
        yield regular
        regular.finish()


def check_ending(path: Path | str) -> None:
    """Refuse a name whose ending names no format, before any work is done.

    Raises:
        EndingError: an unknown ending.
    """
    if str(path) != "-":
        _opener(Path(path))


@contextlib.contextmanager
def _stream(part: Path, *, compressed: bool) -> Iterator[IO[bytes]]:
    """Open a file for bytes; compressed means bgzip, which gzip reads too and tabix indexes."""
    if not compressed:
        with part.open("wb") as stream:
            yield stream
        return
    import pysam  # noqa: PLC0415 - a tenth of a second that others need not pay

    with pysam.BGZFile(str(part), "wb") as stream:
        yield stream


def _text(make: Callable[[IO[bytes]], TsvWriter], *, compressed: bool = False) -> _Open:
    @contextlib.contextmanager
    def opened(path: Path, within: Path | None, _: Heading) -> Iterator[Writer]:
        with atomic_path(path, within) as part, _stream(part, compressed=compressed) as stream:
            writer = make(stream)
            yield writer
            writer.finish()

    return opened


def _binary(make: Callable[[Path], Any], place: Any = atomic_path) -> _Open:
    @contextlib.contextmanager
    def opened(path: Path, within: Path | None, _: Heading) -> Iterator[Writer]:
        with place(path, within) as part:
            writer = make(part)
            try:
                yield writer
            finally:
                writer.finish()

    return opened


def _tracks(form: type[BedGraph | BigWig]) -> _Open:
    @contextlib.contextmanager
    def opened(path: Path, within: Path | None, heading: Heading) -> Iterator[Writer]:
        files, made = track_files(path, heading), form(heading.lengths)
        with (output_errors(path),
              TrackWriter(list(files), heading, within or path.parent) as writer):
            yield writer
            for column, file in files.items():
                with atomic_path(file, within) as part:
                    made.write(part, writer.segments(column))

    return opened


_OPENERS: Final[Mapping[str, _Open]] = {
    ".tsv": _text(TsvWriter), ".tsv.gz": _text(TsvWriter, compressed=True),
    ".bed": _text(BedWriter), ".bed.gz": _text(BedWriter, compressed=True),
    ".bedgraph": _tracks(BedGraph), ".bg": _tracks(BedGraph),
    ".bw": _tracks(BigWig), ".bigwig": _tracks(BigWig),
    ".parquet": _binary(ParquetWriter), ".pq": _binary(ParquetWriter),
    ".pqt": _binary(ParquetWriter), ".h5": _binary(Hdf5Writer), ".hdf5": _binary(Hdf5Writer),
    ".npz": _binary(NpzWriter), ".zarr": _binary(ZarrWriter, atomic_folder),
}
ENDINGS: Final = tuple(_OPENERS)
TRACKS: Final = (".bedgraph", ".bg", ".bw", ".bigwig")
_PLACED: Final = (".bed", ".bed.gz", *TRACKS)


def needs_places(path: Path | str) -> bool:
    """Tell whether a file holds the places of the windows that were read (`Result.places`)."""
    return str(path).lower().endswith(_PLACED)


def _opener(path: Path) -> _Open:
    for ending, opener in _OPENERS.items():
        if path.name.lower().endswith(ending):
            return opener
    raise EndingError(path, ENDINGS)

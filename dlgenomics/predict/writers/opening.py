"""The writer for a file, by the ending of its name."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from dlgenomics.errors import EndingError, OutputError
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
        path: the file; see `ENDINGS`. A pipe or a device takes text: TSV, unless it ends in .bed.
        heading: what is known before the first row.
        within: the folder for what is not finished; default: beside the file.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable; what was there
            before is untouched.
        DlgError: the format cannot hold these predictions.
    """
    place = Path(path)
    if is_stream(path):
        make, compressed = _stream_form(place)
        with output_errors(place), _stream(place, compressed=compressed) as stream:
            writer = make(stream)
            yield writer
            writer.finish()
        return
    with _opener(place)(place, within, heading) as opened:
        regular = Regular(opened)
        yield regular
        regular.finish()


def check_ending(path: Path | str) -> None:
    """Refuse a name that can hold no predictions, before any work is done.

    Raises:
        EndingError: its ending names no format.
        OutputError: a folder is where a file must be, or a file where a folder; or a pipe cannot
            take the format.
    """
    place = Path(path)
    if is_stream(path):
        _stream_form(place)
        return
    _opener(place)
    if place.exists() and place.is_dir() != (_ending(place) in _FOLDERS):
        raise OutputError(path, "a folder" if place.is_dir() else "a file", "Name another (-o).")


def is_stream(path: Path | str) -> bool:
    """Tell whether an output is no file that can be replaced: standard output, a pipe, a device."""
    place = Path(path)
    return str(path) == "-" or (place.exists() and not place.is_file() and not place.is_dir())


def _stream_form(path: Path) -> tuple[type[TsvWriter], bool]:
    """Return the writer of what has no ending or that of a text, and whether it compresses.

    Raises:
        OutputError: a format that is not written from the first byte to the last.
    """
    ending = _ending(path)
    if ending is None:
        return TsvWriter, False
    if ending not in _TEXTS:
        raise OutputError(path, ending, f"End in {' or '.join(_TEXTS)}, or write a file.",
                          rule="a pipe or a device takes text")
    return _TEXTS[ending]


@contextlib.contextmanager
def _stream(part: Path, *, compressed: bool) -> Iterator[IO[bytes]]:
    """Open a file for bytes; compressed means bgzip, which gzip reads too and tabix indexes."""
    if str(part) == "-":
        yield sys.stdout.buffer
        return
    if not compressed:
        with part.open("wb") as stream:
            yield stream
        return
    import pysam  # noqa: PLC0415 - a tenth of a second that others need not pay

    with pysam.BGZFile(str(part), "wb") as stream:
        yield stream


def _text(make: type[TsvWriter], compressed: bool) -> _Open:
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
        with place(path, within) as part, contextlib.closing(make(part)) as writer:
            yield writer
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


_TEXTS: Final[Mapping[str, tuple[type[TsvWriter], bool]]] = {
    ".tsv": (TsvWriter, False), ".tsv.gz": (TsvWriter, True),
    ".bed": (BedWriter, False), ".bed.gz": (BedWriter, True),
}
_OPENERS: Final[Mapping[str, _Open]] = {
    **{ending: _text(*form) for ending, form in _TEXTS.items()},
    ".bedgraph": _tracks(BedGraph), ".bg": _tracks(BedGraph),
    ".bw": _tracks(BigWig), ".bigwig": _tracks(BigWig),
    ".parquet": _binary(ParquetWriter), ".pq": _binary(ParquetWriter),
    ".pqt": _binary(ParquetWriter), ".h5": _binary(Hdf5Writer), ".hdf5": _binary(Hdf5Writer),
    ".npz": _binary(NpzWriter), ".zarr": _binary(ZarrWriter, atomic_folder),
}
ENDINGS: Final = tuple(_OPENERS)
TRACKS: Final = (".bedgraph", ".bg", ".bw", ".bigwig")
_FOLDERS: Final = (".zarr",)
_PLACED: Final = (".bed", ".bed.gz", *TRACKS)


def needs_places(path: Path | str) -> bool:
    """Tell whether a file holds the places of the windows that were read (`Result.places`)."""
    return str(path).lower().endswith(_PLACED)


def _opener(path: Path) -> _Open:
    ending = _ending(path)
    if ending is None:
        raise EndingError(path, ENDINGS)
    return _OPENERS[ending]


def _ending(path: Path) -> str | None:
    """Return the known ending of a name, or None."""
    return next((one for one in ENDINGS if path.name.lower().endswith(one)), None)

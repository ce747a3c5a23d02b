"""Numbers along a genome: bedGraph and bigWig."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers.heading import Heading

Segment = tuple[str, int, int, float]

_COLUMN: Final = "{column}"


def track_files(path: Path, heading: Heading) -> dict[str, Path]:
    """Return the files by the column that each one holds.

    Args:
        path: one file, or one for each column: its name has ``{column}`` where the column stands.
        heading: names the columns, and the one that is wanted.

    Raises:
        DlgError: there is no such column, one file for several columns, or a column whose
            positions have no known places; or two columns would have one file.
    """
    known = list(heading.naming.tracks)
    if heading.column is not None:
        if known and heading.column not in known:
            raise DlgError(f"a track is one column of the predictions: {few(known)}. Received: "
                           f"{heading.column!r}.{did_you_mean(heading.column, known)}")
        known = [heading.column]
    _check_placed(known, heading.naming)
    if _COLUMN in path.name:
        return _file_of_each(path, known)
    if not known:
        raise DlgError("a track is one of several numbers. Received: the output of a layer, or "
                       "gradients, without positions. Choose one by its place, such as --column "
                       f"{heading.naming.key}/0, or write .h5, .zarr or .parquet.")
    if len(known) != 1:
        raise DlgError(f"a track has one number at a place. Received: {len(known)} columns "
                       f"({few(known)}). Choose one (--column), or write a file for each: "
                       f"{path.stem}.{_COLUMN}{path.suffix}")
    return {known[0]: path}


def _file_of_each(path: Path, columns: Iterable[str]) -> dict[str, Path]:
    """Return a file for each column; ``/`` is ``_`` there."""
    found: dict[str, Path] = {}
    column_of: dict[Path, str] = {}
    for column in columns:
        file = path.with_name(path.name.replace(_COLUMN, column.replace("/", "_")))
        if file in column_of:
            raise DlgError("each column must have a file of its own. Received: "
                           f"{column_of[file]!r} and {column!r}, which would both be {file.name}. "
                           "Write one after the other (--column).")
        found[column] = file
        column_of[file] = column
    return found


def _check_placed(columns: Iterable[str], naming: Naming) -> None:
    for output in dict.fromkeys(naming.tracks.get(column, "") for column in columns):
        if output in naming.profiles and naming.profiles[output].unknown:
            raise DlgError("the positions of an output must have known places around the middle "
                           f"of the model's window to be a track. Received: {output}: "
                           f"{naming.profiles[output].unknown}. Write .h5, .zarr or .parquet.")


def few(names: Iterable[str]) -> str:
    """Return the first names as text."""
    first = list(names)
    return ", ".join(first[:6]) + (" …" if len(first) > 6 else "") or "none"


class BedGraph:
    """Writes segments as bedGraph: contig, start, end, number with 9 digits."""

    def __init__(self, lengths: Mapping[str, int]) -> None:
        """Take the lengths of the contigs, which this format does not hold."""

    def write(self, path: Path, segments: Iterator[Segment]) -> None:
        """Write a file of all segments."""
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            for contig, start, end, value in segments:
                stream.write(f"{contig}\t{start}\t{end}\t{value:.9g}\n")


class BigWig:
    """Writes segments as bigWig; needs the extra ``tracks``.

    Args:
        lengths: of the genome's contigs.

    Raises:
        DlgError: the extra is not installed.
    """

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self._lengths = dict(lengths)
        require_bigwigs()

    def write(self, path: Path, segments: Iterator[Segment]) -> None:
        """Write a file of all segments."""
        write_bigwig(path, self._lengths, segments)


def require_bigwigs() -> None:
    """Make sure that bigWig files can be written, before any work is done.

    Raises:
        DlgError: the extra is not installed.
    """
    try:
        import pybigtools  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise DlgError("bigWig files need the package pybigtools. Received: an installation "
                       "without it. Run: pip install 'dlgenomics[tracks]'") from error


def write_bigwig(path: Path, lengths: Mapping[str, int], segments: Iterator[Segment]) -> None:
    """Write segments, in order, as a bigWig file; see `require_bigwigs`.

    Args:
        path: the file, whose name may end in anything.
        lengths: of the genome's contigs.
        segments: contig, start, end and number.

    Raises:
        DlgError: there is none; such a file could not be read.
    """
    import pybigtools  # noqa: PLC0415 - an extra

    first = next(segments, None)
    if first is None:
        raise DlgError("a bigWig file must hold a number. Received: none, or only missing ones. "
                       "Write another format.")
    named = path.with_name(f"{path.name}.bw")  # pybigtools writes under no name but .bw and .bigWig
    try:
        pybigtools.open(str(named), "w").write(dict(lengths), itertools.chain([first], segments))
        named.replace(path)
    finally:
        named.unlink(missing_ok=True)

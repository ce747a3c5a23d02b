"""One number for each row along a genome: bedGraph and bigWig."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.segments import flat_segments
from dlgenomics.errors import ContigError, DlgError, did_you_mean
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers.heading import Heading
from dlgenomics.predict.writers.result import Result

Segment = tuple[str, int, int, float]

_COLUMN: Final = "{column}"


def track_files(path: Path, heading: Heading) -> dict[str, Path]:
    """Return the files by the column that each one holds.

    Args:
        path: one file, or one for each column: its name has ``{column}`` where the column stands.
        heading: names the columns, and the one that is wanted.

    Raises:
        DlgError: there is no such column, or one file for several columns.
    """
    known = _columns(heading.naming)
    if heading.column is not None:
        if known and heading.column not in known:
            raise DlgError(f"a track is one column of the predictions: {_few(known)}. Received: "
                           f"{heading.column!r}.{did_you_mean(heading.column, known)}")
        known = [heading.column]
    if _COLUMN in path.name:
        return {one: path.with_name(path.name.replace(_COLUMN, one.replace("/", "_")))
                for one in known}
    if len(known) != 1:
        raise DlgError(f"a track has one number at a place. Received: {len(known)} columns "
                       f"({_few(known)}). Choose one (--column), or write a file for each: "
                       f"{path.stem}.{_COLUMN}{path.suffix}")
    return {known[0]: path}


def _columns(naming: Naming) -> list[str]:
    return [name for names in (naming.labels or {}).values() for name in names]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "") or "none"


class TrackWriter:
    """Collects places and numbers until all are there, since tracks are in the genome's order.

    The numbers wait on disk, 4 bytes each; places in memory, 17 bytes a row.

    Args:
        columns: which columns are kept.
        lengths: of the genome's contigs.
        folder: for the file that waits.

    Raises:
        DlgError: no contigs are known.
    """

    def __init__(self, columns: Sequence[str], lengths: Mapping[str, int], folder: Path) -> None:
        if not lengths:
            raise DlgError("a .bedgraph or .bw file needs intervals in a genome (--fasta with "
                           "--intervals), for the lengths of its contigs. Received: rows without "
                           "a genome. Write .tsv, .parquet or .h5.")
        self._columns = list(columns)
        self._lengths = dict(sorted(lengths.items()))
        self._numbers = {name: number for number, name in enumerate(self._lengths)}
        self._places: list[NDArray[np.int64]] = []
        self._stream = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stream.close()

    def write(self, result: Result) -> None:
        """Add rows.

        Raises:
            DlgError: they have no places, or several numbers along positions.
            ContigError: a row lies on a contig that the genome lacks.
        """
        (contigs, start, end), found = result.spots, result.naming.columns(result.predictions)
        missing = [name for name in self._columns if name not in found]
        if missing:
            raise DlgError(f"a track has one number a row. Received: {_few(list(found))} for "
                           f"{missing[0]!r}. Write .h5, .zarr or .parquet.")
        self._places.append(np.stack([self._contigs(contigs), start, end], axis=1).astype(np.int64))
        block = np.stack([found[name] for name in self._columns], axis=1)
        self._stream.write(np.ascontiguousarray(block, np.float32).tobytes())

    def segments(self, column: str) -> Iterator[Segment]:
        """Yield (contig, start, end, value), contigs by name, in order and without overlap.

        Where rows overlap, their mean is taken; what lies past the ends of a contig is left out.
        """
        self._stream.flush()
        places = np.concatenate(self._places) if self._places else np.empty((0, 3), np.int64)
        values = self._values(column, len(places))
        for number, (contig, length) in enumerate(self._lengths.items()):
            rows = np.flatnonzero(places[:, 0] == number)
            if len(rows):
                found = flat_segments(places[rows, 1], places[rows, 2], values[rows], length)
                for start, end, value in zip(*(one.tolist() for one in found), strict=True):
                    yield contig, start, end, value

    def _values(self, column: str, rows: int) -> NDArray[np.float32]:
        if not rows:
            return np.empty(0, np.float32)
        stored = np.memmap(self._stream, np.float32, "r", shape=(rows, len(self._columns)))
        return np.array(stored[:, self._columns.index(column)])

    def _contigs(self, names: NDArray[Any]) -> NDArray[np.int64]:
        known, place = np.unique(names.astype(str), return_inverse=True)
        for name in known.tolist():
            if name not in self._numbers:
                raise ContigError(name, list(self._numbers), "the genome")
        numbers = np.array([self._numbers[name] for name in known.tolist()], np.int64)
        return numbers[place]


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
    """
    import pybigtools  # noqa: PLC0415 - an extra

    named = path.with_name(f"{path.name}.bw")  # pybigtools writes under no name but .bw and .bigWig
    try:
        pybigtools.open(str(named), "w").write(dict(lengths), segments)
        named.replace(path)
    finally:
        named.unlink(missing_ok=True)

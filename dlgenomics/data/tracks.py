"""Signal along intervals, from bigWig files; needs the extra ``tracks``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.places import Places
from dlgenomics.data.split import Rows
from dlgenomics.errors import ContigError, DataError, DlgError, near_contig
from dlgenomics.files import require_file
from dlgenomics.spec.inputs import Transform

Signal = NDArray[np.float32]

_ADVICE: Final = ("Use a bigWig of the genome's build; dlg predict reads 1 as chr1 with "
                  "--rename-contigs (rename_contigs=True).")

TRANSFORMS: Final[Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    "none": lambda values: values,
    "log1p": np.log1p,
    "log2p1": lambda values: np.log2(1 + values),
    "asinh": np.arcsinh,
    "sqrt": np.sqrt,
}


def transform(values: NDArray[Any], name: Transform) -> NDArray[Any]:
    """Return values transformed; what has no value (log of -2) becomes NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[Any] = TRANSFORMS[name](values)
    return found


class Track:
    """One bigWig file, open for reading.

    Raises:
        MissingFileError: no such file.
        DataError: not a bigWig.
        DlgError: the extra ``tracks`` is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path = require_file(path, "the bigWig")
        try:
            import pybigtools  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise DlgError("bigWig files need the package pybigtools. Received: an installation "
                           "without it. Run: pip install 'dlgenomics[tracks]'") from error
        try:
            self._reader = pybigtools.open(str(path))
            self.lengths: dict[str, int] = dict(self._reader.chroms())
        except (OSError, ValueError, pybigtools.BBIReadError) as error:
            raise DataError(f"a track must be a bigWig file. Received: {error}.",
                            path=path) from error

    def own_name(self, contig: str) -> str:
        """Return what the file calls a contig: ``1`` for ``chr1``; an unknown one stays."""
        if contig in self.lengths:
            return contig
        return near_contig(contig, list(self.lengths)) or contig

    def require(self, contig: str) -> None:
        """Refuse a contig that the file lacks.

        Raises:
            ContigError: the file has no such contig.
        """
        if contig not in self.lengths:
            raise ContigError(contig, list(self.lengths), self.path, what="every place's contig",
                              fasta="the bigWig", advice=_ADVICE)

    def values(self, contig: str, start: int, end: int, missing: float) -> NDArray[np.float64]:
        """Return one value for each position; ``missing`` where the file has none.

        Raises:
            ContigError: the file has no such contig.
        """
        self.require(contig)
        found = np.full(end - start, missing, np.float64)
        first, last = max(start, 0), min(end, self.lengths[contig])
        if first < last:
            found[first - start:last - start] = self._reader.values(
                contig, first, last, fillna=missing)
        return found


@dataclass(frozen=True, eq=False)
class TrackBank:
    """The signal of several files along windows of one length, position by position.

    Args:
        paths: bigWig files.
        windows: 0-based half-open, all of one length; minus strands are reversed.
        missing: the value of positions that a file does not cover.
        stranded: files come in pairs that change places on the minus strand.
        rename: look for ``1`` where a file lacks ``chr1``, and the other way round.
    """

    paths: Sequence[Path]
    windows: Places
    missing: float
    stranded: bool
    rename: bool = False
    itemsize: int = 4

    @cached_property
    def tracks(self) -> list[Track]:
        """The files, opened."""
        return [Track(path) for path in self.paths]

    @cached_property
    def _names(self) -> list[dict[str, str]]:
        """What each file calls each contig of the windows."""
        contigs = self.windows[:1].contigs
        return [{contig: track.own_name(contig) if self.rename else contig for contig in contigs}
                for track in self.tracks]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(windows, length, tracks)."""
        first = self.windows[:1]
        return (len(self.windows), int(first.end[0] - first.start[0]), len(self.paths))

    def check(self) -> None:
        """Look for every contig of the windows in every file, before any window is read.

        Raises:
            ContigError: a file lacks one.
            DataError: a file is no bigWig.
        """
        for contig in self.windows[self.windows.first_rows()].contig_names.tolist():
            for track, names in zip(self.tracks, self._names, strict=True):
                track.require(names[contig])

    def take(self, rows: Rows) -> Signal:
        """Return float32, shape (rows, length, tracks)."""
        found = np.empty((len(rows), *self.shape[1:]), np.float32)
        part = self.windows[rows]
        places = zip(part.contig_names, part.start, part.end, strict=True)
        for row, (contig, start, end) in enumerate(places):
            for column, (track, names) in enumerate(zip(self.tracks, self._names, strict=True)):
                found[row, :, column] = track.values(names[contig], int(start), int(end),
                                                     self.missing)
        minus = part.strand == "-"
        found[minus] = reverse(found[minus], stranded=self.stranded)
        return found


def reverse(signal: Signal, *, stranded: bool) -> Signal:
    """Return signal, shape (..., length, tracks), as the other strand shows it.

    Args:
        signal: what the forward strand shows.
        stranded: tracks come in pairs, plus then minus, that change places.
    """
    backward = signal[..., ::-1, :]
    if not stranded:
        return backward
    pairs = np.arange(signal.shape[-1]).reshape(-1, 2)[:, ::-1].ravel()
    return backward[..., pairs]


def pool(signal: NDArray[Any], width: int, how: Literal["mean", "sum"]) -> NDArray[Any]:
    """Return the mean or sum of each ``width`` neighbours along the positions."""
    *rows, length, tracks = signal.shape
    parts = signal.reshape(*rows, length // width, width, tracks)
    found: NDArray[Any] = parts.mean(axis=-2) if how == "mean" else parts.sum(axis=-2)
    return found

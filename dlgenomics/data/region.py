"""A stretch of a genome, as browsers write it, and numbers along it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.cells import COORDINATE_DIGITS
from dlgenomics.data.intervals import as_known
from dlgenomics.data.segments import flat_segments, join_alike
from dlgenomics.data.tables import read_table
from dlgenomics.data.tracks import Track
from dlgenomics.errors import ContigError, DataError, DlgError, did_you_mean, near_contig
from dlgenomics.files import require_file

_SPAN: Final = 4_000_000
"""Bases of a bigWig that are in memory at a time."""

_FORM: Final = re.compile(r"(\S+):([\d,]+)-([\d,]+)")
_BIGWIG: Final = (".bw", ".bigwig")
_TEXT: Final = (".tsv", ".tsv.gz")
_PLACES: Final = ("chrom", "start", "end")
_RECORDS: Final = (*_PLACES, "name", "strand")
_KEPT: Final = ("inputs/", "targets/", "metadata/")
_RENAME: Final = ("Name the region so, or read each file by its own names with --rename-contigs "
                  "(rename=True).")
_OTHER: Final = "Choose a region of one of these, or a file of the same genome."


@dataclass(frozen=True)
class Region:
    """A stretch of a contig: 0-based, half-open."""

    contig: str
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``chr1:1,001-2,000``, counted from 1 with both ends, as genome browsers write it.

        Raises:
            DlgError: it is written otherwise.
        """
        form = _FORM.fullmatch(text.strip())
        first, last = (int(form[i].replace(",", "") or 0) for i in (2, 3)) if form else (0, 0)
        if form is None or not 1 <= first <= last:
            raise DlgError("a region must be written as in a genome browser, such as "
                           f"chr1:1,001-2,000. Received: {text!r}.")
        return cls(form[1], first - 1, last)

    def named_in(self, path: Path, known: Sequence[str], *, rename: bool) -> str:
        """Return what a file calls the contig.

        Args:
            path: the file.
            known: its contigs.
            rename: look for ``1`` where it lacks ``chr1``, and the other way round.

        Raises:
            ContigError: it has no such contig.
        """
        [own] = as_known([self.contig], known) if rename else [self.contig]
        if own not in known:
            raise ContigError(self.contig, known, path, what="the contig of a region",
                              fasta="each file that is drawn",
                              advice=_RENAME if near_contig(own, known) else _OTHER)
        return own

    def __str__(self) -> str:
        return f"{self.contig}:{self.start + 1:,}-{self.end:,}"


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers along a region.

    Attributes:
        name: of the column or file.
        start, end: of each number, 0-based and half-open, in order and without overlap.
        values: the numbers.
    """

    name: str
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    values: NDArray[np.float64]


def read_series(path: Path, region: Region, columns: Sequence[str] = (), *,
                rename: bool = False) -> list[Series]:
    """Read what a file of predictions says about a region.

    Args:
        path: ends in ``.tsv``, ``.tsv.gz``, ``.parquet`` or ``.bw``.
        region: where.
        columns: which columns; none: all that hold predictions, so neither what names the rows nor
            what ``--keep-inputs`` and ``--keep-metadata`` add. A bigWig has one.
        rename: see `Region.named_in`.

    Raises:
        DlgError: another ending, or no such column.
        ContigError: the file lacks the region's contig.
        DataError: the file is not what it must be, or has nothing there.
    """
    name = path.name.lower()
    if name.endswith(_BIGWIG):
        return [_from_bigwig(path, region, rename=rename)]
    if name.endswith(_TEXT):
        found: Mapping[str, NDArray[Any]] = read_table(path).columns
    elif name.endswith(".parquet"):
        found = _from_parquet(path)
    else:
        raise DlgError("predictions that are drawn are .tsv, .tsv.gz, .parquet or .bw. Received: "
                       f"{path.name!r}. Write one of these with dlg predict.")
    return _chosen(found, path, region, columns, rename=rename)


def _from_bigwig(path: Path, region: Region, *, rename: bool) -> Series:
    """Return a bigWig's numbers; neighbouring bases with the same number are one stretch."""
    track, parts = Track(path), []
    contig = region.named_in(path, list(track.lengths), rename=rename)
    for first in range(region.start, region.end, _SPAN):
        edges = np.arange(first, min(first + _SPAN, region.end) + 1)
        values = track.values(contig, first, int(edges[-1]), np.nan)
        parts.append(join_alike(edges[:-1], edges[1:], values))
    start, end, values = join_alike(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    if np.isnan(values).all():
        raise _nothing(path, region)
    return Series(path.stem, start, end, values)


def _from_parquet(path: Path) -> Mapping[str, NDArray[Any]]:
    import pyarrow as pa  # noqa: PLC0415 - a third of a second
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(require_file(path, "the predictions"))
    except pa.ArrowException as error:
        raise DataError(f"a .parquet file must be whole. Received: {error}. Make it again.",
                        path=path) from error
    return {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}


def _chosen(found: Mapping[str, NDArray[Any]], path: Path, region: Region,
            columns: Sequence[str], *, rename: bool) -> list[Series]:
    missing = [name for name in _PLACES if name not in found]
    if missing:
        raise DataError("predictions that are drawn must have the columns chrom, start and end. "
                        f"Received: no {missing[0]}. Predict from intervals.", path=path)
    known = [name for name in found if name not in _RECORDS and not name.startswith(_KEPT)]
    for name in columns:
        if name not in known:
            raise DlgError(f"{path} has the columns {', '.join(known[:8])}. Received: {name!r}."
                           f"{did_you_mean(name, known)}")
    start, end = (_coordinates(name, found[name], path) for name in ("start", "end"))
    contigs = found["chrom"].astype(str)
    contig = region.named_in(path, list(dict.fromkeys(contigs.tolist())), rename=rename)
    rows = np.flatnonzero((contigs == contig) & (start < region.end) & (end > region.start))
    if not len(rows):
        raise _nothing(path, region)
    return [_series(name, start[rows], end[rows], _numbers(name, found[name][rows], path))
            for name in columns or known]


def _coordinates(name: str, values: NDArray[Any], path: Path) -> NDArray[np.int64]:
    """Return whole numbers, which other programs may have written as ``60.0``.

    Padded windows may begin before their contigs.
    """
    numbers = _numbers(name, values, path)
    bad = np.flatnonzero(~((abs(numbers) < 10**COORDINATE_DIGITS)
                           & (numbers == np.floor(numbers))))
    if len(bad):
        raise DataError(f"column {name!r} must hold whole numbers of at most {COORDINATE_DIGITS} "
                        f"digits. Received: {values[bad[0]]!s:.40}. Mend or remove the row.",
                        path=path)
    return numbers.astype(np.int64)


def _numbers(name: str, values: NDArray[Any], path: Path) -> NDArray[np.float64]:
    try:
        return values.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name!r} must hold numbers. Received: {error}. Mend it, or "
                        "choose other columns to draw with --column (columns=).",
                        path=path) from error


def _series(name: str, start: NDArray[np.int64], end: NDArray[np.int64],
            values: NDArray[np.float64]) -> Series:
    """Return the numbers of a column; where intervals overlap, their mean, as in a bigWig."""
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    first, last, mean = flat_segments(start, end, numbers, int(end.max()))
    return Series(name, first, last, mean.astype(np.float64))


def _nothing(path: Path, region: Region) -> DataError:
    return DataError(f"a file must hold numbers in the region. Received: none in {region}. Choose "
                     "another region.", path=path)

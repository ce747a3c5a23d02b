"""The positions of a VCF's records, as places in a genome; plain, gzip or bgzip."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from dlgenomics.data.intervals import Intervals, join_parts, make_intervals
from dlgenomics.errors import DataError
from dlgenomics.files import open_text

_COLUMNS: Final = 5
_DIGITS: Final = 12
_LINES: Final = 100_000


def read_positions(path: Path | str) -> Intervals:
    """Return where the reference allele of each record lies, in the file's order.

    Args:
        path: a VCF; ``-`` is standard input.

    Returns:
        Intervals without strand; ``name`` is the record's ID, else ``contig:position:ref:alt``.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number; or a file without records.
    """
    with open_text(path, "the VCF") as stream:
        parts = list(_parts(stream, path))
    if not parts:
        raise DataError("a VCF must hold at least one record. Received: none. Is it the right "
                        "file?", path=path)
    return join_parts(parts)


def _parts(stream: TextIO, path: Path | str) -> Iterator[Intervals]:
    numbered = enumerate(stream, start=1)
    while batch := list(islice(numbered, _LINES)):
        records = [(number, *_record(line, path, number)) for number, line in batch
                   if not line.startswith("#") and line.strip()]
        if records:
            lines, rows, names = zip(*records, strict=True)
            yield make_intervals(rows, lines, names=names, path=str(path))


def _record(line: str, path: Path | str, number: int) -> tuple[tuple[str, int, int, str], str]:
    fields = line.rstrip("\r\n").split("\t", _COLUMNS)
    if len(fields) < _COLUMNS:
        raise DataError("a line of a VCF must have columns separated by tabs: CHROM, POS, ID, REF, "
                        f"ALT and more. Received: {' '.join(fields)[:60]!r}. Is it a VCF?",
                        path=path, line=number)
    contig, position, name, ref, alt = fields[:_COLUMNS]
    good = position.isascii() and position.isdigit() and len(position) <= _DIGITS
    if not good or int(position) < 1 or not (ref.isascii() and ref.isalpha()):
        raise DataError("POS must be a whole number, counted from 1, and REF must hold letters. "
                        f"Received: {position!r} and {ref[:20]!r}. Mend or remove the line.",
                        path=path, line=number)
    start = int(position) - 1
    label = f"{contig}:{position}:{ref}:{alt}" if name in (".", "") else name
    return (contig, start, start + len(ref), "."), label


def around_first_base(places: Intervals, length: int) -> Intervals:
    """Return windows with each reference allele's first base at their centre, ``length // 2``."""
    start = places.start - length // 2
    return Intervals(places.contigs, places.contig, start, start + length,
                     np.full(len(start), "."), path=places.path, line=places.line)

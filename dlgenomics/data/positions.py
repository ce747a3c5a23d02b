"""The positions of a VCF's or BCF's records, as places in a genome."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.data.intervals import Intervals, join_parts, make_intervals
from dlgenomics.data.skipping import Skipped, none_good, note
from dlgenomics.data.vcf import numbered_records, split_record, vcf_file, vcf_lines
from dlgenomics.errors import DataError

_COLUMNS: Final = 5
_LINES: Final = 100_000
_LONG: Final = 50
_SHOWN: Final = 20

_Place = tuple[int, tuple[str, int, int, str], str]
"""A line's number, contig, start, end and strand, and the record's name."""


def read_positions(path: Path | str, skipped: list[Skipped] | None = None) -> Intervals:
    """Return where the reference allele of each record lies, in the file's order.

    Args:
        path: a VCF, plain, gzip or bgzip, or a BCF; ``-`` is standard input. Its header may be
            missing, and so may the columns behind ALT.
        skipped: takes notes of malformed records, which are left out; None: the first is an error.

    Returns:
        Intervals without strand; ``name`` is the record's ID, else ``contig:position:ref:alt``,
        where an allele of more than 50 letters is ``ACGTACGTACGTACGTACGT...(20000)``: the first 20
        and how many there are.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number; or a file without records.
    """
    with vcf_file(path) as found, vcf_lines(found) as lines:
        places = _places(lines, str(path), skipped)
        parts = [_intervals(part, str(path)) for part in
                 iter(lambda: list(islice(places, _LINES)), [])]
    if not parts and skipped:
        raise none_good(skipped)
    if not parts:
        raise DataError("a VCF must hold at least one record. Received: none. Is it the right "
                        "file?", path=path)
    return join_parts(parts)


def _places(lines: Iterator[str], path: str, skipped: list[Skipped] | None) -> Iterator[_Place]:
    for number, line in numbered_records(lines):
        try:
            place = _place(line, path, number)
        except DataError as error:
            note(error, skipped)
        else:
            yield number, *place


def _place(line: str, path: str, number: int) -> tuple[tuple[str, int, int, str], str]:
    contig, position, name, ref, alt = split_record(line, number, path, _COLUMNS)
    if int(position) < 1 or not (ref.isascii() and ref.isalpha()):
        raise DataError("POS must be counted from 1, and REF must hold letters. Received: "
                        f"{position!r} and {ref[:20]!r}. Mend or remove the line.",
                        path=path, line=number)
    start = int(position) - 1
    label = f"{contig}:{position}:{_short(ref)}:{_short(alt)}" if name in (".", "") else name
    return (contig, start, start + len(ref), "."), label


def _short(allele: str) -> str:
    return allele if len(allele) <= _LONG else f"{allele[:_SHOWN]}...({len(allele)})"


def _intervals(places: list[_Place], path: str) -> Intervals:
    lines, rows, names = zip(*places, strict=True)
    return make_intervals(rows, lines, names, path)


def around_first_base(places: Intervals, length: int) -> Intervals:
    """Return windows with each reference allele's first base at their centre, ``length // 2``."""
    start = places.start - length // 2
    return Intervals(places.contigs, places.contig, start, start + length,
                     np.full(len(start), "."), path=places.path, line=places.line)

"""The records of a VCF or BCF as places in a genome, each with its reference allele."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.cells import TEXTS
from dlgenomics.data.intervals import Intervals, join_parts, make_intervals
from dlgenomics.data.skipping import Skipped, none_good, note
from dlgenomics.data.vcf import numbered_records, split_record, vcf_file, vcf_lines
from dlgenomics.errors import DataError

_COLUMNS: Final = 5
_LINES: Final = 100_000
LONG_ALLELE: Final = 50
"""Letters; longer alleles are not shown whole."""
SHOWN_LETTERS: Final = 20
"""Of a long allele."""

_CONTIG: Final = "##contig="

_Place = tuple[int, tuple[str, int, int, str], str, str]
"""A line's number, contig, start, end and strand, and the record's name and REF."""


@dataclass(frozen=True)
class Variants:
    """The records of a VCF, in its order.

    Attributes:
        places: where each reference allele lies, without strand. ``name`` is the record's ID, else
            ``contig:position:ref:alt``, where an allele of more than 50 letters is
            ``ACGTACGTACGTACGTACGT...(20000)``: the first 20 and how many there are.
        ref: REF of each as it is written (NumPy's ``StringDType``).
        header: the lines of the header that say which contigs there are.
    """

    places: Intervals
    ref: NDArray[Any]
    header: tuple[str, ...] = ()


def read_variants(path: Path | str, skipped: list[Skipped] | None = None) -> Variants:
    """Read where the reference allele of each record lies.

    Args:
        path: a VCF, plain, gzip or bgzip, or a BCF; ``-`` is standard input. Its header may be
            missing, and so may the columns behind ALT.
        skipped: takes notes of malformed records, which are left out; None: the first is an error.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number; or a file without records.
    """
    header: list[str] = []
    with vcf_file(path) as found, vcf_lines(found) as lines:
        places = _places(_noted(lines, header), str(path), skipped)
        parts = [_variants(part, str(path)) for part in
                 iter(lambda: list(islice(places, _LINES)), [])]
    if not parts and skipped:
        raise none_good(skipped)
    if not parts:
        raise DataError("a VCF must hold at least one record. Received: none. Is it the right "
                        "file?", path=path)
    return Variants(join_parts([one.places for one in parts]),
                    np.concatenate([one.ref for one in parts]), tuple(header))


def _noted(lines: Iterator[str], header: list[str]) -> Iterator[str]:
    """Yield lines, and keep those that name contigs."""
    for line in lines:
        if line.startswith(_CONTIG):
            header.append(line)
        yield line


def _places(lines: Iterator[str], path: str, skipped: list[Skipped] | None) -> Iterator[_Place]:
    for number, line in numbered_records(lines):
        try:
            place = _place(line, path, number)
        except DataError as error:
            note(error, skipped)
        else:
            yield place


def _place(line: str, path: str, number: int) -> _Place:
    contig, position, name, ref, alt = split_record(line, number, path, _COLUMNS)
    if int(position) < 1 or not (ref.isascii() and ref.isalpha()):
        raise DataError("POS must be counted from 1, and REF must hold letters. Received: "
                        f"{position!r} and {ref[:20]!r}. Mend or remove the line.",
                        path=path, line=number)
    start = int(position) - 1
    label = f"{contig}:{position}:{_short(ref)}:{_short(alt)}" if name in (".", "") else name
    return number, (contig, start, start + len(ref), "."), label, ref


def _short(allele: str) -> str:
    return allele if len(allele) <= LONG_ALLELE else f"{allele[:SHOWN_LETTERS]}...({len(allele)})"


def _variants(places: list[_Place], path: str) -> Variants:
    lines, rows, names, refs = zip(*places, strict=True)
    return Variants(make_intervals(rows, lines, names, path), np.array(refs, TEXTS))


def around_first_base(places: Intervals, length: int) -> Intervals:
    """Return windows with each reference allele's first base at their centre, ``length // 2``."""
    start = places.start - length // 2
    return Intervals(places.contigs, places.contig, start, start + length,
                     np.full(len(start), "."), path=places.path, line=places.line)

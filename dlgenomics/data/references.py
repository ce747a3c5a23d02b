"""The reference alleles of variants, compared with a genome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.builds import build_advice
from dlgenomics.data.encoding import UNKNOWN, Codes, encode
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.positions import LONG_ALLELE, SHOWN_LETTERS, Variants
from dlgenomics.data.skipping import Skipped, none_good
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError

_BASES: Final = 1 << 20
"""Read from the genome at a time."""


def agreeing_rows(variants: Variants, genome: Genome, skipped: list[Skipped] | None = None, *,
                  rename: bool = False) -> Rows:
    """Return the rows whose REF is what the genome has there.

    Case makes no difference, nor does a letter that is not A, C, G or T on either side. Records on
    contigs that the genome lacks are not compared, and are among these rows.

    Args:
        variants: what is compared.
        genome: an open genome.
        skipped: takes notes of the others; None: one of them is an error.
        rename: read ``1`` as ``chr1`` and the other way round, as the genome has it.

    Raises:
        DataError: a REF is not the genome's and nobody takes notes, or none is.
    """
    places = replace(variants.places, columns={})
    places = places.renamed(genome.lengths) if rename else places
    lengths = np.array([genome.lengths.get(name, -1) for name in places.contigs])[places.contig]
    known = np.flatnonzero(lengths >= 0)
    differs = np.zeros(len(places), bool)
    differs[known] = places.end[known] > lengths[known]
    for rows in _of_one_size(places, known):
        codes = genome.fetch(places[rows], pad=True)
        ref = encode("".join(variants.ref[rows].tolist())).reshape(codes.shape)
        differs[rows] |= _unlike(ref, codes).any(axis=1)
    wrong = np.flatnonzero(differs)
    if len(wrong) and skipped is None:
        raise _build_error(variants, places, genome, wrong, len(known))
    if skipped is not None:
        skipped += _notes(variants, places, genome, wrong)
        if len(wrong) == len(places):
            raise none_good(skipped)
    return np.flatnonzero(~differs)


def _of_one_size(places: Intervals, rows: Rows) -> Iterator[Rows]:
    """Yield rows of places of one length, as many as are read at a time."""
    sizes = (places.end - places.start)[rows]
    order = np.argsort(sizes, kind="stable")
    for same in np.split(rows[order], np.flatnonzero(np.diff(sizes[order])) + 1):
        size = int(places.end[same[0]] - places.start[same[0]]) if len(same) else 1
        step = max(1, _BASES // size)
        yield from (same[first:first + step] for first in range(0, len(same), step))


def _unlike(ref: Codes, codes: Codes) -> NDArray[np.bool_]:
    """Return which bases differ and are known on both sides."""
    found: NDArray[np.bool_] = (ref != codes) & (ref < UNKNOWN) & (codes < UNKNOWN)
    return found


def _build_error(variants: Variants, places: Intervals, genome: Genome, wrong: Rows,
                 compared: int) -> DataError:
    [first] = _notes(variants, places, genome, wrong[:1])
    advice = build_advice(variants.header, genome.lengths)
    differ = "differs" if len(wrong) == 1 else "differ"
    return DataError(f"{first.reason} {len(wrong):,} of {compared:,} records {differ}. Is it of "
                     f"another build? {advice}, or leave such records out with --skip-bad "
                     "(skip_bad=True).", path=first.path, line=first.line)


def _notes(variants: Variants, places: Intervals, genome: Genome, rows: Rows) -> list[Skipped]:
    """Return what is wrong with rows whose REF is not the genome's, in order."""
    found: dict[int, Skipped] = {}
    for part in _of_one_size(places, rows):
        for row, letters in zip(part.tolist(), genome.letters(places[part], pad=True), strict=True):
            came = _compared(places, row, variants.ref[row], letters.tobytes().decode("ascii"),
                             genome.lengths)
            path, line = places.source(row, genome.path)
            found[row] = Skipped(str(path), line, "REF must be what the genome has there. "
                                 f"Received: {came}.")
    return [found[row] for row in rows.tolist()]


def _compared(places: Intervals, row: int, ref: str, has: str, lengths: Mapping[str, int]) -> str:
    """Return REF and what the genome has; from where they differ if they are long."""
    contig, start = places.contigs[places.contig[row]], int(places.start[row])
    if start + len(ref) > lengths[contig]:
        return f"{ref[:SHOWN_LETTERS]} at {contig}:{start + 1}, which ends at {lengths[contig]:,}"
    if len(ref) > LONG_ALLELE:
        first = int(np.argmax(_unlike(encode(ref), encode(has))))
        start, ref, has = start + first, *(text[first:first + SHOWN_LETTERS] for text in (ref, has))
    return f"{ref} at {contig}:{start + 1}, where the genome has {has.upper()}"

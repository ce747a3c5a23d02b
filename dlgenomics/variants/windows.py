"""The two sequences of an allele: one window, left-anchored, with the variant's place kept.

A window of ``length`` bases has the base of POS at index ``length // 2``, where Kipoi and the
networks that it holds expect the variant. Left of POS both windows are the same. The window of the
alternative allele holds ALT from there on and then the genome behind REF, as much as still fits: an
insertion pushes bases out at the right end, a deletion draws more in. Both windows have the model's
length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, encode
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals
from dlgenomics.variants.alleles import Allele


def centre_of(length: int) -> int:
    """Return the index at which the base of POS stands."""
    return length // 2


def room_of(length: int) -> int:
    """Return the most bases that an allele may have: what fits behind the centre."""
    return length - centre_of(length)


def both_windows(context: Codes, ref: Codes, alt: Codes, length: int) -> tuple[Codes, Codes]:
    """Return the windows of the reference and the alternative allele.

    Args:
        context: the genome's codes from ``length // 2`` bases before POS; ``length`` of them, and
            as many more as ALT is shorter than REF.
        ref: the reference allele's codes.
        alt: the alternative allele's.
        length: of each window.
    """
    left, right = context[:centre_of(length)], context[centre_of(length) + len(ref):]
    return (np.concatenate([left, ref, right])[:length],
            np.concatenate([left, alt, right])[:length])


def allele_windows(genome: Genome, alleles: Sequence[Allele],
                   length: int) -> tuple[Codes, Codes]:
    """Return the windows of alleles; past the ends of contigs stands N.

    Args:
        genome: where they come from.
        alleles: those that can be scored.
        length: of each window.

    Returns:
        Two uint8 arrays of codes, shape (alleles, length): reference and alternative.
    """
    ref = np.empty((len(alleles), length), np.uint8)
    alt = np.empty_like(ref)
    extra = np.array([max(len(one.ref) - len(one.alt), 0) for one in alleles], np.int64)
    for more in np.unique(extra):  # few sizes of deletions, fetched together
        rows = np.flatnonzero(extra == more).tolist()
        chosen = [alleles[row] for row in rows]
        contexts = fetch_contexts(genome, chosen, length, int(more))
        for row, one, context in zip(rows, chosen, contexts, strict=True):
            ref[row], alt[row] = both_windows(context, encode(one.ref), encode(one.alt), length)
    return ref, alt


def fetch_contexts(genome: Genome, alleles: Sequence[Allele], length: int, more: int) -> Codes:
    """Return the genome around alleles, each place fetched once.

    Args:
        genome: where it comes from.
        alleles: around whose POS.
        length: of a window.
        more: bases behind the window.

    Returns:
        uint8 codes, shape (alleles, length + more).
    """
    places = [(one.contig, one.start) for one in alleles]
    row_of = {place: row for row, place in enumerate(dict.fromkeys(places))}
    start = np.array([place[1] for place in row_of], np.int64) - centre_of(length)
    codes = genome.fetch(_intervals([place[0] for place in row_of], start,
                                    start + length + more), pad=True)
    return codes[[row_of[place] for place in places]]


def fetch_letters(genome: Genome, places: Sequence[tuple[str, int, int]]) -> list[str]:
    """Return the genome's letters, in upper case, at (contig, start, length), N past its ends."""
    found = [""] * len(places)
    sizes = np.array([size for _, _, size in places], np.int64)
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size).tolist()
        start = np.array([places[row][1] for row in rows], np.int64)
        letters = genome.letters(_intervals([places[row][0] for row in rows], start, start + size),
                                 pad=True)
        for row, one in zip(rows, letters, strict=True):
            found[row] = one.tobytes().decode("ascii", "replace").upper()
    return found


def _intervals(contigs: Sequence[str], start: NDArray[np.int64],
               end: NDArray[np.int64]) -> Intervals:
    names = tuple(dict.fromkeys(contigs))
    number = {name: i for i, name in enumerate(names)}
    contig = np.array([number[name] for name in contigs], np.int32)
    return Intervals(names, contig, start, end, np.full(len(start), "."))

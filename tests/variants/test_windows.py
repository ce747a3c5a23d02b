"""Where alleles stand in their windows, against edits made by hand on text."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.data.encoding import decode
from dlgenomics.data.genome import Genome
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.windows import allele_windows, centre_of, fetch_letters, room_of

LENGTHS = [20, 21]


def _by_hand(text: str, start: int, ref: str, alt: str, length: int) -> tuple[str, str]:
    """Edit the whole contig, with N beyond its ends, and cut both windows at the same start."""
    pad = 500
    whole = "N" * pad + text.upper() + "N" * pad
    at = pad + start
    first = at - length // 2
    before, behind = whole[:at], whole[at + len(ref):]
    return (before + ref + behind)[first:first + length], (before + alt + behind)[first:first + length]


CASES = [
    (200, 1, None), (200, 2, None), (200, 1, "xTTT"), (200, 4, "x"), (200, 3, "xGC"),
    (2, 1, None), (0, 1, None), (398, 2, "x"), (399, 1, "xAAAA"), (5, 6, "x"), (200, 10, "x"),
    (200, 1, "xACGTACGTA"),
]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("start", "size", "form"), CASES)
def test_windows_are_those_of_the_edited_contig(genome, letters, length, start, size, form) -> None:
    text = letters["chr1"]
    ref = text[start:start + size]
    alt = ref.translate(str.maketrans("ACGT", "CGTA")) if form is None else form.replace("x", ref[0])
    with Genome(genome) as opened:
        found = allele_windows(opened, [Allele("chr1", start, ref, alt)], length)
    assert tuple(decode(one[0]) for one in found) == _by_hand(text, start, ref, alt, length)


def test_many_alleles_at_once_are_each_in_their_row(genome, letters) -> None:
    text = letters["chr1"]
    alleles = [Allele("chr1", s, text[s:s + n], text[s]) for s, n in
               ((50, 3), (10, 1), (50, 2), (300, 9), (50, 1), (120, 3))]
    alleles += [Allele("chr2", 100, "N", "A"), Allele("chr1", 50, text[50], "TTT")]
    with Genome(genome) as opened:
        ref, alt = allele_windows(opened, alleles, 21)
    for row, one in enumerate(alleles):
        by_hand = _by_hand(letters[one.contig], one.start, one.ref, one.alt, 21)
        assert (decode(ref[row]), decode(alt[row])) == by_hand


def test_the_base_of_pos_stands_where_kipoi_puts_it() -> None:
    # kipoiseq resizes (pos, pos + 1) around floor((2 pos + 1) / 2) and starts half a width before.
    for length in (1, 2, 5, 600, 1001):
        pos = 10_000
        start = (pos + pos + 1) // 2 - length // 2
        assert pos - start == centre_of(length)
        assert centre_of(length) + room_of(length) == length


def test_alternatives_are_equal_left_of_the_variant(genome, letters) -> None:
    text = letters["chr1"]
    for alt in (text[100] + "ACGT", text[100], "T"):
        with Genome(genome) as opened:
            ref, other = allele_windows(opened, [Allele("chr1", 100, text[100:103], alt)], 40)
        assert np.array_equal(ref[0, :20], other[0, :20])


def test_letters_are_read_in_upper_case_past_the_ends(genome, letters) -> None:
    with Genome(genome) as opened:
        found = fetch_letters(opened, [("chr2", 115, 3), ("chr2", 199, 2), ("chr1", 0, 1)])
    assert found == [letters["chr2"][115:118].upper(), letters["chr2"][199].upper() + "N",
                     letters["chr1"][0]]

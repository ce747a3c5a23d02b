"""Letters ↔ codes ↔ one-hot."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.encoding import (
    PROTEIN,
    RNA,
    UNKNOWN,
    decode,
    encode,
    kmers,
    one_hot,
    one_hot_protein,
    reverse_complement,
)

LETTERS = st.text("ACGTN", max_size=60)
PAIRS = str.maketrans("ACGTN", "TGCAN")


def test_codes_of_letters():
    codes = encode("ACGTN")
    assert codes.tolist() == [0, 1, 2, 3, 4]
    assert codes.dtype == np.uint8


@pytest.mark.parametrize("text", ["acgtn", b"acgtn", b"AcGtN"])
def test_lower_case_and_bytes_are_the_same(text):
    assert encode(text).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("letter", "NXUZ-*. n0é遺")
def test_everything_else_is_unknown(letter):
    assert encode(f"A{letter}T").tolist() == [0, 4, 3]


@given(LETTERS)
def test_decode_is_the_inverse_of_encode(text):
    assert decode(encode(text)) == decode(encode(text.lower())) == text


def test_one_hot_rows():
    zeros, quarter = one_hot(encode("ACGTN")), one_hot(encode("ACGTN"), "quarter")
    assert zeros.dtype == quarter.dtype == np.float32
    assert zeros[:4].tolist() == quarter[:4].tolist() == np.eye(4).tolist()
    assert zeros[4].tolist() == [0, 0, 0, 0]
    assert quarter[4].tolist() == [0.25, 0.25, 0.25, 0.25]


@given(st.lists(st.text("ACGTNacgtn", min_size=7, max_size=7), min_size=1, max_size=5),
       st.sampled_from([("zeros", 0.0), ("quarter", 0.25)]))
def test_one_hot_is_what_a_loop_would_give(rows, mode):
    name, unknown = mode
    found = one_hot(np.stack([encode(row) for row in rows]), name)
    expected = [[[unknown] * 4 if base in "Nn" else [float(base.upper() == one) for one in "ACGT"]
                 for base in row] for row in rows]
    assert found.shape == (len(rows), 7, 4)
    assert found.tolist() == expected


@pytest.mark.parametrize("shape", [(0,), (0, 5), (3, 0), (2, 3, 4)])
def test_one_hot_of_any_shape(shape):
    found = one_hot(np.zeros(shape, np.uint8))
    assert found.shape == (*shape, 4)
    assert found[..., 1:].sum() == 0


def test_one_hot_does_not_share_memory_with_its_table():
    one_hot(encode("AAAA"))[:] = 7
    assert one_hot(encode("A")).tolist() == [[1, 0, 0, 0]]


@given(LETTERS)
def test_reverse_complement_of_letters(text):
    assert decode(reverse_complement(encode(text))) == text.translate(PAIRS)[::-1]


@given(st.lists(st.text("ACGTN", min_size=9, max_size=9), min_size=1, max_size=4))
def test_reverse_complement_twice_is_the_identity(rows):
    codes = np.stack([encode(row) for row in rows])
    assert (reverse_complement(reverse_complement(codes)) == codes).all()
    assert (one_hot(reverse_complement(codes)) == one_hot(codes)[:, ::-1, ::-1]).all()


IUPAC = {"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT",
         "H": "ACT", "V": "ACG", "N": "ACGT"}
"""Nomenclature Committee of the IUB, 1984."""


@pytest.mark.parametrize(("letter", "bases"), IUPAC.items())
def test_ambiguity_codes_are_equal_shares_of_their_bases_if_asked(letter, bases):
    for text in (letter, letter.lower()):
        codes = encode(text)
        assert codes[0] >= UNKNOWN
        assert one_hot(codes, "shares")[0].tolist() == pytest.approx(
            [(base in bases) / len(bases) for base in "ACGT"])
        assert one_hot(codes)[0].tolist() == [0, 0, 0, 0]
        assert one_hot(codes, "quarter")[0].tolist() == [0.25] * 4


@pytest.mark.parametrize("letter", IUPAC)
def test_the_complement_of_a_code_stands_for_the_complements_of_its_bases(letter):
    row = one_hot(encode(letter), "shares")
    assert (one_hot(reverse_complement(encode(letter)), "shares") == row[:, ::-1]).all()


def test_rna_reads_u_and_t_alike():
    assert encode("ACGUTNuRy", RNA)[:6].tolist() == [0, 1, 2, 3, 3, 4]
    assert decode(encode("acguRY", RNA), RNA) == "ACGURY"
    assert (one_hot(encode("ACGUN", RNA)) == one_hot(encode("ACGTN"))).all()


def test_proteins():
    letters = "ACDEFGHIKLMNPQRSTVWY"
    found = one_hot_protein(encode(letters + "XBZJUO*-x", PROTEIN), "shares")
    assert (found[:20] == np.eye(20)).all()
    assert found[20].tolist() == pytest.approx([0.05] * 20)
    for row, pair in zip(found[21:24], ("DN", "EQ", "IL"), strict=True):
        assert row.tolist() == [0.5 * (letter in pair) for letter in letters]
    assert (found[24:] == found[20]).all()
    assert not one_hot_protein(encode("XBZ", PROTEIN)).any()
    assert decode(encode("mkvB", PROTEIN), PROTEIN) == "MKVB"


@given(st.text("ACGTNacgtRY", min_size=1, max_size=40), st.integers(1, 5), st.integers(1, 4))
def test_kmers_are_numbered_in_alphabetical_order(text, k, stride):
    words = ["".join(letters) for letters in itertools.product("ACGT", repeat=k)]
    expected = [words.index(word) + 1 if (word := text[i:i + k].upper()) in words else 0
                for i in range(0, len(text) - k + 1, stride)]
    if len(text) >= k:
        found = kmers(np.stack([encode(text)] * 2), k, stride)
        assert found.dtype == np.int32
        assert found.tolist() == [expected, expected]


def test_n_alone_is_a_quarter_if_asked_as_in_kipoi() -> None:
    found = one_hot(encode("NnARYSWKMBDHVX"), "quarter_n")
    assert found[:2].tolist() == [[0.25] * 4] * 2
    assert found[2].tolist() == [1, 0, 0, 0]
    assert not found[3:-1].any()
    assert found[-1].tolist() == [0.25] * 4, "a letter of no alphabet is read as N"

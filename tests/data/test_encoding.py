"""Letters ↔ codes ↔ one-hot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.encoding import decode, encode, one_hot, reverse_complement

LETTERS = st.text("ACGTN", max_size=60)
PAIRS = str.maketrans("ACGTN", "TGCAN")


def test_codes_of_letters():
    codes = encode("ACGTN")
    assert codes.tolist() == [0, 1, 2, 3, 4]
    assert codes.dtype == np.uint8


@pytest.mark.parametrize("text", ["acgtn", b"acgtn", b"AcGtN"])
def test_lower_case_and_bytes_are_the_same(text):
    assert encode(text).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("letter", "RYSWKMBDHVNXU-*. rykn0é遺")
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

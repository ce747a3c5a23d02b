"""Shuffles keep every dinucleotide, and all orders are equally likely."""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.encoding import decode, encode
from dlgenomics.data.shuffle import dinucleotide_counts, dinucleotide_shuffle


def pairs(text):
    return Counter(a + b for a, b in pairwise(text))


def shuffles(text, count, seed=1):
    codes = np.tile(encode(text), (count, 1))
    return [decode(row) for row in dinucleotide_shuffle(codes, np.random.default_rng(seed))]


@given(st.text("ACGTN", max_size=60), st.integers(0, 2**32))
def test_counts_and_ends_are_kept(text, seed):
    (found,) = shuffles(text, 1, seed)
    assert pairs(found) == pairs(text)
    assert (found[:1], found[-1:]) == (text[:1], text[-1:])


@given(st.lists(st.text("ACGT", min_size=30, max_size=30), max_size=6), st.integers(0, 99))
def test_many_at_once(texts, seed):
    codes = np.array([encode(t) for t in texts], np.uint8).reshape(len(texts), 30)
    before = codes.copy()
    found = dinucleotide_shuffle(codes, np.random.default_rng(seed))
    assert (codes == before).all()
    assert found.shape == codes.shape
    assert [pairs(decode(row)) for row in found] == [pairs(t) for t in texts]


@pytest.mark.parametrize("text", [
    "ACAGACTAN", "AACAGTA", "CACACAA", "ACCAGGTTA", "AACGAACTCA", "GATTACAGA",
])
def test_every_order_is_equally_likely(text):
    possible = {"".join(p) for p in permutations(text)}
    possible = {p for p in possible if pairs(p) == pairs(text) and p[0] == text[0]}
    count = 20_000
    found = Counter(shuffles(text, count))
    assert set(found) == possible
    expected = count / len(possible)
    chi_squared = sum((n - expected) ** 2 / expected for n in found.values())
    degrees = len(possible) - 1
    assert chi_squared < degrees + 4.5 * (2 * degrees) ** 0.5  # about one in ten thousand


@pytest.mark.parametrize("text", ["", "A", "AC", "AAC", "AAAAAA", "ACGTACGT"])
def test_where_there_is_one_order_only(text):
    assert shuffles(text, 3) == [text] * 3


def test_a_rare_way_out_of_a_run_is_always_found():
    # Only one A of a thousand leads on: to try last steps at random would take a thousand tries.
    text = "A" * 1000 + "C" * 1000 + "G" * 1000 + "T"
    assert shuffles(text, 4) == [text] * 4


def test_sequences_are_well_mixed_and_seeded():
    codes = np.random.default_rng(5).integers(0, 4, (3000, 200)).astype(np.uint8)
    one, again, other = (dinucleotide_shuffle(codes, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert (one == codes).mean() == pytest.approx(0.25, abs=0.02)  # as if by chance
    assert (dinucleotide_counts(one) == dinucleotide_counts(codes)).all()


def test_other_ambiguity_codes_are_n():
    assert shuffles("ARNYA", 1)[0] == "ANNNA"


def test_counts_of_pairs():
    (found,) = dinucleotide_counts(encode("AACNNC")[None])
    expected = np.zeros((5, 5), int)
    for pair in ("AA", "AC", "CN", "NN", "NC"):
        expected["ACGTN".index(pair[0]), "ACGTN".index(pair[1])] += 1
    assert (found == expected).all()

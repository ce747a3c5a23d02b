"""k-mer counts against a count by slicing strings."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from dlgenomics.baseline.kmers import count_kmers, kmer_names
from dlgenomics.data.encoding import decode

PARTNER = {"A": "T", "C": "G", "G": "C", "T": "A"}


def _counted(sequence: str, k: int, *, both_strands: bool) -> Counter:
    found: Counter = Counter()
    for i in range(len(sequence) - k + 1):
        word = sequence[i:i + k]
        if "N" in word:
            continue
        if both_strands:
            word = min(word, "".join(PARTNER[b] for b in reversed(word)))
        found[word] += 1
    return found


@pytest.mark.parametrize("both_strands", [True, False])
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_counts_are_those_of_a_loop_over_strings(k: int, both_strands: bool) -> None:
    codes = np.random.default_rng(k).integers(0, 5, (30, 70)).astype("uint8")
    codes[:10] %= 4
    names = kmer_names(k, both_strands=both_strands)
    found = count_kmers(codes, k, both_strands=both_strands)
    assert found.shape == (30, len(names))
    for row, sequence in zip(found, map(decode, codes), strict=True):
        expected = _counted(sequence, k, both_strands=both_strands)
        assert {n: int(c) for n, c in zip(names, row, strict=True) if c} == dict(expected)


def test_many_sequences_are_counted_in_pieces() -> None:
    codes = np.random.default_rng(0).integers(0, 4, (2100, 12)).astype("uint8")
    whole = count_kmers(codes, 2)
    np.testing.assert_array_equal(whole, np.concatenate([count_kmers(codes[:7], 2),
                                                         count_kmers(codes[7:], 2)]))
    assert (whole.sum(axis=1) == 11).all()


@pytest.mark.parametrize(("k", "count"), [(1, 2), (2, 10), (3, 32), (4, 136), (6, 2080)])
def test_numbers_of_kmers_and_their_complements(k: int, count: int) -> None:
    # 4^k / 2 for odd k; palindromes, of which there are 4^(k/2), add half of themselves for even k.
    assert len(kmer_names(k)) == count
    assert len(kmer_names(k, both_strands=False)) == 4 ** k


def test_sequences_shorter_than_k_have_no_kmers() -> None:
    assert count_kmers(np.zeros((2, 3), "uint8"), 4).sum() == 0
    assert count_kmers(np.zeros((0, 9), "uint8"), 2).shape == (0, 10)

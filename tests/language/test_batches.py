"""Batches of sequences of differing lengths."""

import numpy as np
import pytest

from dlgenomics.language.batches import batches, windows


@pytest.mark.parametrize("seed", range(5))
def test_each_sequence_is_in_one_batch_and_none_is_too_large(seed):
    lengths = np.random.default_rng(seed).integers(1, 200, 500).tolist()
    seen = []
    for window in windows(lengths, 256):
        assert len(window) == 1 or sum(lengths[i] for i in window) <= 32 * 256
        for batch in batches(window, lengths, 256):
            assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= 256
            seen += batch
    assert sorted(seen) == list(range(500))


def test_windows_follow_each_other():
    assert list(windows([5, 5, 400, 1], 10)) == [range(2), range(2, 3), range(3, 4)]
    assert list(windows([], 10)) == []
    assert list(windows([1000], 10)) == [range(1)]


def test_little_is_padding():
    lengths = np.random.default_rng(0).integers(20, 1000, 2000).tolist()
    total = sum(max(lengths[i] for i in batch) * len(batch)
                for window in windows(lengths, 8192) for batch in batches(window, lengths, 8192))
    assert total < 1.1 * sum(lengths)

"""Training batches with chosen shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.sampling import draw_order, sampling_groups
from dlgenomics.errors import DataError
from dlgenomics.spec.sources import Sampling


def labels_of(positives, total):
    return (np.arange(total) < positives).astype(np.float32)[:, None]


@given(st.integers(1, 20), st.integers(21, 200), st.floats(0.1, 0.9), st.integers(1, 40),
       st.integers(0, 99))
def test_each_batch_has_its_share_of_positives(positives, total, share, size, seed):
    labels = labels_of(positives, total)
    groups = sampling_groups(Sampling(of="y", positives=share), labels)
    order = draw_order(groups, total, size, np.random.default_rng(seed))
    assert len(order) == total
    drawn = labels[order, 0]
    for first in range(0, total, size):
        batch = drawn[first:first + size]
        assert abs(batch.sum() - share * len(batch)) <= 1
    assert abs(drawn.sum() - share * total) <= 0.5
    # Each group is gone through before one of its examples comes again.
    for value, rows in ((1, np.arange(positives)), (0, np.arange(positives, total))):
        times = np.bincount(order[drawn == value], minlength=total)[rows]
        assert times.max() - times.min() <= 1


def test_the_same_generator_gives_the_same_order():
    groups = sampling_groups(Sampling(of="y", positives=0.3), labels_of(5, 50))
    one, two, other = (draw_order(groups, 50, 8, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


def test_balanced_batches_of_two_and_of_several_classes():
    rng = np.random.default_rng(0)
    two = sampling_groups(Sampling(of="y", balance=True), labels_of(3, 30))
    order = draw_order(two, 30, 10, rng)
    assert [(order[i:i + 10] < 3).sum() for i in (0, 10, 20)] == [5, 5, 5]
    classes = np.repeat([0, 1, 2], [2, 8, 20])
    several = sampling_groups(Sampling(of="y", balance=True), np.eye(3, dtype=np.float32)[classes])
    order = draw_order(several, 30, 6, rng)
    for first in range(0, 30, 6):
        assert np.bincount(classes[order[first:first + 6]]).tolist() == [2, 2, 2]


def test_missing_labels_are_not_positive_and_thresholds_are_strict():
    labels = np.array([[0.2, np.nan], [np.nan, np.nan], [0.5, 0.7], [0.5, 0.5]], np.float32)
    (positive, _), (negative, _) = sampling_groups(Sampling(of="y", positives=0.5), labels)
    assert (positive.tolist(), negative.tolist()) == ([2], [0, 1, 3])
    (positive, _), _ = sampling_groups(Sampling(of="y", positives=0.5, threshold=0.1), labels)
    assert positive.tolist() == [0, 2, 3]


@pytest.mark.parametrize("positives", [0, 9])
def test_both_groups_are_needed(positives):
    with pytest.raises(DataError, match=f"Received: {positives} of 9 above it"):
        sampling_groups(Sampling(of="y", positives=0.5), labels_of(positives, 9))

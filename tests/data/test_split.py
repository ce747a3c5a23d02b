"""Splits: disjoint, complete, seeded, and in proportion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.intervals import make_intervals
from dlgenomics.data.split import Parts, split_rows
from dlgenomics.errors import DataError
from dlgenomics.spec.sources import ChromosomeSplit, ColumnSplit, RandomSplit


def random(count, seed=1, strata=None, **sizes):
    return split_rows(RandomSplit(by="random", **sizes), count, seed=seed, path="x", strata=strata)


def parts_of(parts):
    return [parts.train, parts.validation, parts.test]


@given(st.integers(20, 400), st.integers(0, 9), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_a_random_split_deals_each_row_once(count, seed, test, validation):
    parts = random(count, seed, test=test, validation=validation)
    joined = np.concatenate(parts_of(parts))
    assert sorted(joined.tolist()) == list(range(count))
    assert len(parts.test) == round(test * count)
    assert len(parts.validation) == round(validation * count)
    assert all((np.diff(rows) > 0).all() for rows in parts_of(parts))


def test_sizes_may_be_numbers_of_examples():
    parts = random(1000, test=120, validation=30)
    assert parts.sizes() == {"train": 850, "validation": 30, "test": 120}


def test_a_test_set_may_be_left_out():
    assert random(100, test=0).sizes() == {"train": 85, "validation": 15, "test": 0}


def test_the_seed_decides():
    one, again, other = (random(500, seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(parts_of(one), parts_of(again), strict=True))
    assert (one.test != other.test).any()


def test_a_random_split_is_not_by_position():
    assert 400 < np.median(random(1000).test) < 600


@pytest.mark.parametrize("shares", [(0.1,), (0.02, 0.3)])
def test_stratified_parts_keep_the_proportions(shares):
    rng = np.random.default_rng(0)
    strata = np.zeros(2000, np.float32)
    for value, share in enumerate(shares, start=1):
        strata[rng.permutation(2000)[: int(share * 2000)]] = value
    parts = random(2000, strata=strata, test=0.2, validation=0.1)
    joined = np.concatenate(parts_of(parts))
    assert sorted(joined.tolist()) == list(range(2000))
    for value in np.unique(strata):
        whole = (strata == value).sum()
        assert (strata[parts.test] == value).sum() == round(0.2 * whole)
        assert (strata[parts.validation] == value).sum() == round(0.1 * whole)


@given(st.integers(30, 300), st.integers(2, 12), st.integers(1, 20))
def test_numbers_of_examples_are_kept_with_strata_too(count, classes, size):
    strata = np.random.default_rng(count).integers(0, classes, count).astype(np.float32)
    parts = random(count, strata=strata, test=min(size, count // 3), validation=count // 3)
    assert len(parts.test) == min(size, count // 3)
    assert len(parts.validation) == count // 3
    assert sorted(np.concatenate(parts_of(parts)).tolist()) == list(range(count))


CHROMOSOMES = np.array(["chr1", "chr2", "chr3", "chr1", "chrM", "chr2"], object)


def by_chromosome(**names):
    split = ChromosomeSplit(by="chromosome", **{k: tuple(v) for k, v in names.items()})
    return split_rows(split, 6, seed=1, path="a.bed", chromosomes=CHROMOSOMES)


def test_chromosomes():
    parts = by_chromosome(test=["chr1"], validation=["chr2"], exclude=["chrM", "chrY"])
    assert [rows.tolist() for rows in parts_of(parts)] == [[2], [1, 5], [0, 3]]


@pytest.mark.parametrize(("name", "hint"), [("1", " Did you mean 'chr1'?"), ("zzz", ""),
                                            ("Chr2", " Did you mean 'chr2'?")])
@pytest.mark.parametrize("part", ["test", "validation"])
def test_unknown_chromosomes(name, hint, part):
    names = {"test": ["chr3"], "validation": ["chr2"]} | {part: [name]}
    with pytest.raises(DataError) as caught:
        by_chromosome(**names)
    assert str(caught.value) == ("a.bed: a chromosome of the split must be in the data, which has "
                                 f"chr1, chr2, chr3, chrM. Received: {name!r}.{hint}")


def test_a_column_says_the_part_and_other_words_leave_out():
    words = np.array(["test", "train", "validation", "unused", "train", ""], object)
    parts = split_rows(ColumnSplit(by="column", column="part"), 6, seed=1, path="x", words=words)
    assert [rows.tolist() for rows in parts_of(parts)] == [[1, 4], [2], [0]]


def test_nothing_left_to_train_or_validate_on():
    for call, part in [
        (lambda: by_chromosome(test=["chr1"], validation=["chr2"], exclude=["chr3", "chrM"]),
         "train"),
        (lambda: by_chromosome(test=["chr1"], validation=[]), "validation"),
        (lambda: random(100, validation=0), "validation"),
        (lambda: random(10, test=5, validation=50), "train"),
    ]:
        with pytest.raises(DataError, match=f"the split must leave examples for {part}. "
                           r"Received: none of \d+\. Change data\.split\."):
            call()


def test_sizes():
    rows = np.arange(3)
    assert Parts(rows, rows[:2], rows[:0]).sizes() == {"train": 3, "validation": 2, "test": 0}


# ---- overlapping intervals ---------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-9, 60), st.integers(1, 12)),
                min_size=1, max_size=40))
def test_clusters_are_the_connected_components_of_overlap(rows):
    found = make_intervals([(c, s, s + n, ".") for c, s, n in rows]).clusters()
    parent = list(range(len(rows)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i, (c, s, n) in enumerate(rows):
        for j, (d, t, m) in enumerate(rows):
            if c == d and s < t + m and t < s + n:
                parent[root(i)] = root(j)
    for i in range(len(rows)):
        for j in range(len(rows)):
            assert (found[i] == found[j]) == (root(i) == root(j))


def test_overlapping_rows_are_never_divided_and_shares_hold():
    start = np.random.default_rng(3).integers(0, 60_000, 2000)
    intervals = make_intervals([("c", int(s), int(s) + 20, ".") for s in start])
    clusters = intervals.clusters()
    labels = (start % 3 == 0).astype(np.float32)
    parts = split_rows(RandomSplit(by="random", test=0.2, validation=0.1), 2000, seed=1, path="x",
                       strata=labels, clusters=clusters)
    pieces = [set(clusters[rows].tolist()) for rows in (parts.train, parts.validation, parts.test)]
    assert pieces[0].isdisjoint(pieces[1] | pieces[2])
    assert pieces[1].isdisjoint(pieces[2])
    joined = np.sort(np.concatenate([parts.train, parts.validation, parts.test]))
    assert np.array_equal(joined, np.arange(2000))
    assert len(parts.test) == pytest.approx(400, rel=0.15)
    assert labels[parts.test].mean() == pytest.approx(labels.mean(), abs=0.05)


def test_without_overlap_clusters_change_nothing():
    split = RandomSplit(by="random", test=7, validation=0.25)
    plain = split_rows(split, 50, seed=4, path="x")
    single = split_rows(split, 50, seed=4, path="x", clusters=np.arange(50))
    assert all(np.array_equal(getattr(plain, n), getattr(single, n))
               for n in ("train", "validation", "test"))

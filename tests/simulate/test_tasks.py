"""Simulated tasks: seeded, in proportion, and with a truth that is true."""

import numpy as np
import pytest

from dlgenomics.data.encoding import reverse_complement
from dlgenomics.errors import DataError
from dlgenomics.simulate import TASKS, Motif, load_motif, simulate

TAL1 = load_motif("TAL1")
SHARP = Motif("sharp", np.eye(4)[[3, 3, 0, 1, 1, 2]])  # TTACCG, hardly ever another letter
COUNT, LENGTH, CENTER = 600, 300, 140


def run(task, motif=TAL1, **options):
    return simulate(task, motif, **{"count": COUNT, "length": LENGTH, "center": CENTER, "seed": 3,
                                    **options})


def counts_of(found):
    return np.bincount(found.embeddings.sequence, minlength=COUNT)


def instances(found, motif):
    """Return the letters at the places of the truth, in the motif's own direction."""
    at = found.embeddings
    windows = found.codes[at.sequence[:, None], at.start[:, None] + np.arange(at.width)]
    assert at.width == motif.width
    return np.where(at.minus[:, None], reverse_complement(windows), windows)


def scores(windows, motif):
    """Return log-likelihood ratios against an even background, letter by letter."""
    ratios = np.log((motif.matrix + 0.001) / 0.25)
    return np.array([sum(ratios[i, base] for i, base in enumerate(row)) for row in windows])


@pytest.mark.parametrize("task", TASKS)
def test_shapes_and_halves(task):
    found = run(task)
    assert found.codes.shape == (COUNT, LENGTH)
    assert found.codes.dtype == np.uint8
    assert found.codes.max() == 3
    assert found.labels.sum() == COUNT // 2
    assert 0.3 < found.labels[: COUNT // 2].mean() < 0.7  # in random order


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_decides_every_byte(task):
    one, again, other = run(task), run(task), run(task, seed=4)
    assert one.codes.tobytes() == again.codes.tobytes()
    assert one.labels.tobytes() == again.labels.tobytes()
    assert one.embeddings.start.tobytes() == again.embeddings.start.tobytes()
    assert one.codes.tobytes() != other.codes.tobytes()


@pytest.mark.parametrize(("task", "positives", "negatives"), [
    ("single-motif", {1}, {0}), ("motif-counting", {2, 3, 4}, {0, 1}),
    ("density-localization", {2, 3, 4}, {2, 3, 4}),
])
def test_numbers_of_motifs(task, positives, negatives):
    found = run(task)
    counts = counts_of(found)
    for label, expected in ((1, positives), (0, negatives)):
        values, times = np.unique(counts[found.labels == label], return_counts=True)
        assert set(values.tolist()) == expected
        assert times.min() > 0.7 * times.max()  # drawn evenly


@pytest.mark.parametrize("task", TASKS)
def test_the_motif_is_where_the_truth_says(task):
    found = run(task)
    rng = np.random.default_rng(0)
    background = rng.choice(4, (2000, TAL1.width), p=[0.3, 0.2, 0.2, 0.3])
    at_truth = scores(instances(found, TAL1), TAL1)
    assert np.percentile(at_truth, 5) > np.percentile(scores(background, TAL1), 99)


def test_letters_at_the_truth_follow_the_matrix():
    found = run("density-localization", count=2000)
    rows = instances(found, TAL1)
    frequencies = np.stack([(rows == base).mean(axis=0) for base in range(4)], axis=1)
    assert np.abs(frequencies - TAL1.matrix).max() < 0.04


def test_both_strands_are_used_evenly():
    found = run("density-localization")
    assert 0.45 < found.embeddings.minus.mean() < 0.55


def test_instances_of_the_minus_strand_are_reverse_complements():
    found = run("single-motif", SHARP)
    assert found.embeddings.minus.any()
    assert (instances(found, SHARP) == [3, 3, 0, 1, 1, 2]).mean() > 0.99


@pytest.mark.parametrize("task", TASKS)
def test_motifs_lie_within_and_never_overlap(task):
    at = run(task).embeddings
    assert at.start.min() >= 0
    assert (at.start + at.width).max() <= LENGTH
    same = np.diff(at.sequence) == 0
    assert (np.diff(at.start)[same] >= at.width).all()
    assert (np.diff(at.sequence) >= 0).all()


def test_central_motifs_lie_in_the_centre_and_the_others_anywhere():
    found = run("density-localization")
    at = found.embeddings
    positive = found.labels[at.sequence] == 1
    low, high = (LENGTH - CENTER) // 2, (LENGTH + CENTER) // 2
    assert at.start[positive].min() == low
    assert (at.start + at.width)[positive].max() == high
    elsewhere = at.start[~positive]
    assert (elsewhere < low).mean() > 0.2
    assert (elsewhere >= high).mean() > 0.2


@pytest.mark.parametrize("gc", [0.2, 0.4, 0.65])
def test_the_share_of_g_and_c(gc):
    found = run("single-motif", gc=gc)
    negatives = found.codes[found.labels == 0]
    shares = [(negatives == base).mean() for base in range(4)]
    assert np.allclose(shares, [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2], atol=0.01)


def test_an_odd_number_of_sequences():
    assert simulate("single-motif", TAL1, count=7, length=80).labels.sum() == 3


@pytest.mark.parametrize(("task", "options"), [
    ("density-localization", {"center": 127}), ("density-localization", {"center": 400}),
    ("single-motif", {"length": 31}), ("motif-counting", {"length": 100}),
])
def test_motifs_that_do_not_fit(task, options):
    with pytest.raises(DataError, match=r"need room of at least \d+ bp within the sequence\. "
                       r"Received: \d+ bp in \d+ bp\. Make the sequence or the centre longer\."):
        run(task, **options)


def test_the_tightest_fit_works():
    at = run("density-localization", center=128).embeddings
    assert len(at.start) > COUNT

"""Simulated tasks: seeded, in proportion, and with a truth that is true."""

import numpy as np
import pytest

from dlgenomics.data.encoding import reverse_complement
from dlgenomics.errors import DataError
from dlgenomics.simulate import TASKS, Independent, Motif, load_motif, simulate

TAL1 = load_motif("TAL1")
CTCF, ZNF143, SIX5 = THREE = tuple(map(load_motif, ("CTCF", "ZNF143", "SIX5")))
SPI1, IRF = load_motif("SPI1"), load_motif("IRF")
SHARP = Motif("sharp", np.eye(4)[[3, 3, 0, 1, 1, 2]])  # TTACCG, hardly ever another letter
COUNT, LENGTH, CENTER = 600, 300, 140

MOTIFS = {
    "single-motif": (TAL1,),
    "motif-counting": (TAL1,),
    "density-localization": (TAL1,),
    "multi-motif": (THREE,),
    "differential-accessibility": ((CTCF, TAL1), (ZNF143, SIX5)),
    "heterodimer-grammar": (SPI1, IRF),
}
OPTIONS = {"density-localization": {"center": CENTER}}
TWO_CLASSES = ["single-motif", "motif-counting", "density-localization", "heterodimer-grammar"]


def run(task, *motifs, **options):
    return simulate(task, *(motifs or MOTIFS[task]), **{
        "count": COUNT, "length": LENGTH, "seed": 3, **OPTIONS.get(task, {}), **options})


def counts_of(found):
    return np.bincount(found.embeddings.sequence, minlength=len(found.codes))


def instances(found, index=0):
    """Return the letters at the places of a motif's truth, in the motif's own direction."""
    at, motif = found.embeddings, found.motifs[index]
    here = at.motif == index
    assert (at.width[here] == motif.width).all()
    windows = found.codes[at.sequence[here, None],
                          at.start[here, None] + np.arange(motif.width)]
    return np.where(at.minus[here, None], reverse_complement(windows), windows)


def scores(windows, motif):
    """Return log-likelihood ratios against an even background, letter by letter."""
    ratios = np.log((motif.matrix + 0.001) / 0.25)
    return np.array([sum(ratios[i, base] for i, base in enumerate(row)) for row in windows])


def drawn_evenly(values):
    found, times = np.unique(values, return_counts=True)
    assert times.min() > 0.7 * times.max()
    return set(found.tolist())


def test_every_task_is_tested():
    assert set(MOTIFS) == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_shapes(task):
    found = run(task)
    assert found.codes.shape == (COUNT, LENGTH)
    assert found.codes.dtype == np.uint8
    assert found.codes.max() == 3
    assert found.labels.shape == (COUNT, len(found.columns))
    assert set(np.unique(found.labels)) == {0, 1}


@pytest.mark.parametrize("task", TWO_CLASSES)
def test_halves_in_random_order(task):
    found = run(task)
    assert found.columns == ("bound",)
    assert found.labels.sum() == COUNT // 2
    assert 0.3 < found.labels[: COUNT // 2].mean() < 0.7


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_decides_every_byte(task):
    one, again, other = run(task), run(task), run(task, seed=4)
    assert one.codes.tobytes() == again.codes.tobytes()
    assert one.labels.tobytes() == again.labels.tobytes()
    assert one.embeddings.start.tobytes() == again.embeddings.start.tobytes()
    assert one.codes.tobytes() != other.codes.tobytes()


@pytest.mark.parametrize("task", TASKS)
def test_motifs_are_where_the_truth_says(task):
    found = run(task)
    background = np.random.default_rng(0).choice(4, (2000, 20), p=[0.3, 0.2, 0.2, 0.3])
    for index, motif in enumerate(found.motifs):
        at_truth = scores(instances(found, index), motif)
        elsewhere = scores(background[:, : motif.width], motif)
        assert np.percentile(at_truth, 5) > np.percentile(elsewhere, 98)


@pytest.mark.parametrize("task", TASKS)
def test_motifs_lie_within_and_never_overlap(task):
    at = run(task).embeddings
    assert at.start.min() >= 0
    assert (at.start + at.width).max() <= LENGTH
    same = np.diff(at.sequence) == 0
    assert (at.start[1:] >= (at.start + at.width)[:-1])[same].all()
    assert (np.diff(at.sequence) >= 0).all()


@pytest.mark.parametrize("task", TASKS)
def test_both_strands_are_used_evenly(task):
    assert 0.45 < run(task, count=1000).embeddings.minus.mean() < 0.55


def test_letters_at_the_truth_follow_the_matrix():
    rows = instances(run("density-localization", count=2000))
    frequencies = np.stack([(rows == base).mean(axis=0) for base in range(4)], axis=1)
    assert np.abs(frequencies - TAL1.matrix).max() < 0.04


def test_instances_of_the_minus_strand_are_reverse_complements():
    found = run("single-motif", SHARP)
    assert found.embeddings.minus.any()
    assert (instances(found) == [3, 3, 0, 1, 1, 2]).mean() > 0.99


# Single motif, counting, localization

@pytest.mark.parametrize(("task", "options", "positives", "negatives"), [
    ("single-motif", {}, {1}, {0}),
    ("motif-counting", {}, {3, 4, 5}, {0, 1, 2}),
    ("motif-counting", {"positive": (2, 2), "negative": (4, 5)}, {2}, {4, 5}),
    ("density-localization", {}, {2, 3, 4}, {2, 3, 4}),
    ("density-localization", {"counts": (1, 2)}, {1, 2}, {1, 2}),
])
def test_numbers_of_motifs(task, options, positives, negatives):
    found = run(task, **options)
    counts = counts_of(found)
    for label, expected in ((1, positives), (0, negatives)):
        assert drawn_evenly(counts[found.labels[:, 0] == label]) == expected


def test_central_motifs_lie_in_the_centre_and_the_others_anywhere():
    found = run("density-localization")
    at = found.embeddings
    positive = found.labels[at.sequence, 0] == 1
    low, high = (LENGTH - CENTER) // 2, (LENGTH + CENTER) // 2
    assert at.start[positive].min() == low
    assert (at.start + at.width)[positive].max() == high
    elsewhere = at.start[~positive]
    assert (elsewhere < low).mean() > 0.2
    assert (elsewhere >= high).mean() > 0.2


@pytest.mark.parametrize("gc", [0.2, 0.65])
def test_negatives_are_background(gc):
    found = run("single-motif", background=Independent(gc))
    negatives = found.codes[found.labels[:, 0] == 0]
    shares = [(negatives == base).mean() for base in range(4)]
    assert np.allclose(shares, [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2], atol=0.01)


def test_an_odd_number_of_sequences():
    assert simulate("single-motif", TAL1, count=7, length=80).labels.sum() == 3


# Several motifs

def held(found):
    """Return which motifs the truth says that each sequence holds: (sequences, motifs)."""
    table = np.zeros((len(found.codes), len(found.motifs)), int)
    np.add.at(table, (found.embeddings.sequence, found.embeddings.motif), 1)
    return table


@pytest.mark.parametrize("counts", [None, (0, 1), (1, 3)])
def test_labels_of_several_motifs_are_what_is_there(counts):
    found = run("multi-motif", counts=counts)
    assert found.columns == ("CTCF", "ZNF143", "SIX5")
    assert (held(found) == found.labels).all()


def test_each_motif_has_a_coin_of_its_own():
    labels = run("multi-motif", count=4000).labels
    assert labels.mean(axis=0) == pytest.approx([0.5] * 3, abs=0.04)
    assert np.abs(np.corrcoef(labels.T) - np.eye(3)).max() < 0.05


@pytest.mark.parametrize("counts", [(0, 1), (2, 3), (0, 3)])
def test_given_numbers_of_motifs_are_equally_likely_and_so_are_the_motifs(counts):
    labels = run("multi-motif", count=4000, counts=counts).labels
    assert drawn_evenly(labels.sum(axis=1)) == set(range(counts[0], counts[1] + 1))
    assert labels.mean(axis=0) == pytest.approx([sum(counts) / 6] * 3, abs=0.04)


@pytest.mark.parametrize("counts", [(1, 1), (1, 2)])
def test_each_condition_has_motifs_of_its_own(counts):
    found = run("differential-accessibility", counts=counts)
    assert found.columns == ("condition1", "condition2")
    assert (found.labels.sum(axis=1) == 1).all()
    assert found.labels[:, 0].sum() == COUNT // 2
    table, first = held(found), found.labels[:, 0] == 1
    assert table.max() == 1
    assert not table[first, 2:].any()
    assert not table[~first, :2].any()
    assert drawn_evenly(table.sum(axis=1)) == set(range(counts[0], counts[1] + 1))


# Heterodimer

def gaps(found):
    """Return bp between the two motifs, whether SPI1 comes first, and the two strands."""
    at = found.embeddings
    pairs = np.arange(len(at)).reshape(-1, 2)
    assert (at.sequence[pairs[:, 0]] == at.sequence[pairs[:, 1]]).all()
    assert (at.motif[pairs].sum(axis=1) == 1).all()
    between = at.start[pairs[:, 1]] - (at.start + at.width)[pairs[:, 0]]
    return between, at.motif[pairs[:, 0]] == 0, at.minus[pairs]


def test_a_heterodimer_stands_side_by_side_on_one_strand():
    found = run("heterodimer-grammar")
    between, spi1_first, minus = gaps(found)
    positive = found.labels[:, 0] == 1
    assert drawn_evenly(between[positive]) == {2, 3, 4, 5}
    assert (minus[positive, 0] == minus[positive, 1]).all()
    # On the minus strand the pair is read from the other end.
    assert (spi1_first[positive] != minus[positive, 0]).all()
    starts = found.embeddings.start[::2][positive]
    assert starts.min() < 10
    assert starts.max() > LENGTH - SPI1.width - IRF.width - 15


def test_negatives_hold_both_motifs_but_never_side_by_side():
    found = run("heterodimer-grammar", length=80, count=2000)
    between, spi1_first, minus = gaps(found)
    negative = found.labels[:, 0] == 0
    assert not np.isin(between[negative], [2, 3, 4, 5]).any()
    assert {0, 1, 6, 7} <= set(between[negative].tolist())
    assert (minus[negative, 0] == minus[negative, 1]).mean() == pytest.approx(0.5, abs=0.06)
    assert spi1_first[negative].mean() == pytest.approx(0.5, abs=0.06)


def test_no_class_of_a_heterodimer_has_a_strand_of_its_own():
    found = run("heterodimer-grammar", count=3000)
    at = found.embeddings
    for motif in (0, 1):
        for label in (0, 1):
            here = (at.motif == motif) & (found.labels[at.sequence, 0] == label)
            assert here.sum() == 1500
            assert at.minus[here].mean() == pytest.approx(0.5, abs=0.05)


def test_negatives_may_hold_no_motif_at_all():
    found = run("motif-counting", positive=(1, 1), negative=(0, 0))
    assert (np.bincount(found.embeddings.sequence, minlength=COUNT) == found.labels[:, 0]).all()


# Refused

@pytest.mark.parametrize(("task", "options"), [
    ("density-localization", {"center": 127}), ("density-localization", {"center": 400}),
    ("single-motif", {"length": 31}), ("motif-counting", {"length": 100}),
    ("multi-motif", {"length": 60}), ("heterodimer-grammar", {"length": 50}),
])
def test_motifs_that_do_not_fit(task, options):
    with pytest.raises(DataError, match=r"need room of at least \d+ bp within the sequence\. "
                       r"Received: \d+ bp in \d+ bp\. Make the sequence or the centre longer\."):
        run(task, **options)


def test_the_tightest_fit_works():
    assert len(run("density-localization", center=128).embeddings) > COUNT


@pytest.mark.parametrize(("task", "motifs", "options", "message"), [
    ("motif-counting", (TAL1,), {"positive": (2, 4), "negative": (0, 2)},
     "positives and negatives must have different numbers of motifs. Received: 2-4 and 0-2."),
    ("motif-counting", (TAL1,), {"positive": (4, 2)},
     "the numbers of motifs in positives must be 0 at least, the lower number first. "
     "Received: 4-2."),
    ("motif-counting", (TAL1,), {"negative": (-1, 2)},
     "the numbers of motifs in negatives must be 0 at least, the lower number first. "
     "Received: -1-2."),
    ("density-localization", (TAL1,), {"counts": (0, 2)},
     "the numbers of motifs must be 1 at least, the lower number first. Received: 0-2."),
    ("multi-motif", (THREE,), {"counts": (0, 4)},
     "the numbers of motifs must be 0 at least and 3 at most, the lower number first. "
     "Received: 0-4."),
    ("multi-motif", ((CTCF,),), {},
     "multi-motif must have 2 different motifs at least. Received: CTCF."),
    ("multi-motif", ((CTCF, SIX5, CTCF),), {},
     "multi-motif must have 2 different motifs at least. Received: CTCF, SIX5, CTCF."),
    ("multi-motif", ((),), {}, "multi-motif must have 2 different motifs at least. "
     "Received: none."),
    ("differential-accessibility", ((CTCF,), ()), {},
     "differential-accessibility must have 2 different motifs at least. Received: CTCF."),
    ("differential-accessibility", ((CTCF, TAL1), (SIX5,)), {"counts": (1, 2)},
     "the numbers of motifs must be 1 at least and 1 at most, the lower number first. "
     "Received: 1-2."),
    ("heterodimer-grammar", (IRF, IRF), {},
     "heterodimer-grammar must have 2 different motifs at least. Received: IRF, IRF."),
    ("heterodimer-grammar", (SPI1, IRF), {"spacing": (5, 2)},
     "the bp between the motifs must be 0 at least, the lower number first. Received: 5-2."),
])
def test_options_that_make_no_task(task, motifs, options, message):
    with pytest.raises(DataError) as caught:
        run(task, *motifs, **options)
    assert str(caught.value).endswith(message)

"""Batches: complete, in order, pure functions of seed and epoch, augmented only when asked."""

import numpy as np
import pytest

from dlgenomics.data.banks import Held
from dlgenomics.data.encoding import encode, one_hot, reverse_complement
from dlgenomics.data.examples import Examples
from dlgenomics.data.features import Plain
from dlgenomics.data.feed import Feed, TrainingFeed, encode_inputs
from dlgenomics.data.split import Parts
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.inputs import DnaInput
from dlgenomics.spec.targets import ColumnTarget
from dlgenomics.spec.types import Data

COUNT, LENGTH = 23, 12
FLIP = Reference("reverse_complement", {"probability": 0.5})
ALWAYS = Reference("reverse_complement", {"probability": 1.0})
SHIFT = Reference("shift", {"max": 3})
INPUTS = {"dna": DnaInput(kind="dna", length=LENGTH)}


def examples(margin=0):
    codes = np.random.default_rng(0).integers(0, 5, (COUNT, LENGTH + 2 * margin)).astype(np.uint8)
    rows = np.arange(COUNT)
    labels = {"y": Plain(Held(rows[:, None].astype(np.float32)))}  # each is its row's number
    names = tuple(f"s{i}" for i in rows)
    return Examples(names, Held(codes), margin, {}, labels, None, Parts(rows, rows, rows), None, {})


def feed(margin=0, *, augment=None, seed=None, **options):
    """Return a feed; one with a seed or augmentation is for training."""
    options = {"rows": np.arange(COUNT), "batch_size": 5, **options}
    data = Data(inputs=INPUTS, targets={"y": ColumnTarget(column="y")}, augment=augment or ())
    if seed is None and augment is None:
        return Feed(examples(margin), data=data, **options)
    return TrainingFeed(examples(margin), data=data, seed=seed or 0, **options)


def codes_of(margin=0):
    return examples(margin).sequences.values


def epoch(one, number=0):
    """Return arrays and rows of a whole epoch."""
    order = one.order(number)
    batches = [one.batch(order, number, i) for i in range(len(one))]
    arrays = np.concatenate([one.inputs["dna"] for one in batches])
    return arrays, np.concatenate([one.targets["y"][:, 0] for one in batches]).astype(int)


@pytest.mark.parametrize("size", [1, COUNT - 1, COUNT, COUNT + 1, 5])
@pytest.mark.parametrize("seed", [None, 1])
def test_each_row_comes_once_whatever_the_batch_size(size, seed):
    one = feed(batch_size=size, seed=seed)
    arrays, rows = epoch(one)
    assert len(one) == int(np.ceil(COUNT / size))
    assert sorted(rows) == list(range(COUNT))
    assert (arrays == one_hot(codes_of())[rows]).all()
    assert arrays.dtype == np.float32
    if seed is None:
        assert list(rows) == list(range(COUNT))


def test_only_the_rows_asked_for_are_fed():
    _, rows = epoch(feed(rows=np.array([7, 3, 11])))
    assert list(rows) == [7, 3, 11]
    assert len(feed(rows=np.array([], np.int64))) == 0


def test_orders_differ_by_epoch_and_seed_and_are_the_same_again():
    one = feed(seed=4)
    assert list(one.order(0)) == list(feed(seed=4).order(0))
    assert list(one.order(0)) != list(one.order(1))
    assert list(one.order(0)) != list(feed(seed=5).order(0))


def test_an_epoch_depends_on_seed_and_number_alone():
    one = feed(3, augment=[SHIFT, FLIP], seed=4)
    last = epoch(one, 7)  # without the epochs before it
    again = feed(3, augment=[SHIFT, FLIP], seed=4)
    for number in range(8):
        arrays, rows = epoch(again, number)
    assert (arrays == last[0]).all()
    assert (rows == last[1]).all()
    assert (arrays != epoch(one, 6)[0]).any()


def test_without_augmentation_a_margin_is_cut_off():
    arrays, rows = epoch(feed(3))
    assert (arrays == one_hot(codes_of(3)[:, 3:-3])[rows]).all()


def test_reverse_complement_always_and_never():
    codes = codes_of()
    arrays, rows = epoch(feed(augment=[ALWAYS]))
    assert (arrays == one_hot(reverse_complement(codes))[rows]).all()
    never = Reference("reverse_complement", {"probability": 0.0})
    arrays, rows = epoch(feed(augment=[never]))
    assert (arrays == one_hot(codes)[rows]).all()


@pytest.mark.parametrize("change", [FLIP, Reference("reverse_complement")])
def test_reverse_complement_flips_half_of_the_rows_whole(change):
    codes, flipped = codes_of(), 0
    for number in range(40):
        arrays, rows = epoch(feed(augment=[change]), number)
        forward = (arrays == one_hot(codes)[rows]).all(axis=(1, 2))
        backward = (arrays == one_hot(reverse_complement(codes))[rows]).all(axis=(1, 2))
        assert (forward | backward).all()
        flipped += backward.sum()
    assert 0.4 < flipped / (40 * COUNT) < 0.6


def test_shifts_are_windows_within_the_margin_and_all_occur():
    codes, seen = codes_of(3), set()
    windows = {offset: one_hot(codes[:, offset:offset + LENGTH]) for offset in range(7)}
    for number in range(30):
        arrays, rows = epoch(feed(3, augment=[SHIFT]), number)
        for array, row in zip(arrays, rows, strict=True):
            fits = [o for o, window in windows.items() if (window[row] == array).all()]
            assert fits
            seen.update(fits[:1])
    assert seen == set(range(7))


def test_augmentation_leaves_the_examples_as_they_are():
    one = feed(3, augment=[SHIFT, ALWAYS])
    epoch(one)
    assert (one.examples.sequences.values == codes_of(3)).all()


def test_shorter_inputs_are_the_middle_of_the_window():
    codes = encode("AACCGGTTAC")[None]
    found = encode_inputs(codes, {
        "long": DnaInput(kind="dna", length=10), "short": DnaInput(kind="dna", length=4),
        "odd": DnaInput(kind="dna", length=3, n="quarter")})
    assert (found["long"] == one_hot(codes)).all()
    assert (found["short"] == one_hot(encode("CGGT"))[None]).all()
    assert (found["odd"] == one_hot(encode("GGT"), "quarter")[None]).all()


def test_each_input_has_its_own_way_with_unknown_bases():
    found = encode_inputs(encode("NN")[None], {
        "a": DnaInput(kind="dna", length=2), "b": DnaInput(kind="dna", length=2, n="quarter")})
    assert found["a"].max() == 0
    assert found["b"].min() == found["b"].max() == 0.25

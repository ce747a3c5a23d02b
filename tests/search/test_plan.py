"""Which points are tried: order, counts, seeds, bounds."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.search.plan import draw, grid, plan
from dlgenomics.spec import parse_spec
from dlgenomics.spec.document import read_document
from dlgenomics.spec.point import effective
from dlgenomics.spec.search import Choices, Range, Search
from tiny import TINY_SPEC

DOCUMENT = read_document(TINY_SPEC).data


def search(space, **settings) -> Search:
    return Search(objective="val_auroc", space=space, **settings)


def test_a_grid_goes_through_its_values_like_nested_loops() -> None:
    space = {"dropout": Choices((0.1, 0.2)), "training.batch_size": Choices((8, 16, 32))}
    assert plan(search(space, strategy="grid"), DOCUMENT) == [
        {"dropout": d, "training.batch_size": b} for d in (0.1, 0.2) for b in (8, 16, 32)]


def test_more_trials_go_on_where_fewer_ended() -> None:
    space = {"dropout": Choices((0.1, 0.2)), "training.batch_size": Choices((8, 16, 32))}
    for strategy in ("grid", "random"):
        few = plan(search(space, strategy=strategy, trials=3), DOCUMENT)
        many = plan(search(space, strategy=strategy, trials=6), DOCUMENT)
        assert (len(few), few) == (3, many[:3])


def test_table_2_has_as_many_points_as_the_note_says_and_half_of_them_differ() -> None:
    found = parse_spec(TINY_SPEC + "search: {objective: val_auroc, space: angermueller2016}").search
    assert found is not None
    assert sum(1 for _ in grid(found.space)) == 4 * 3 * 3 * 3 * 4 * 2 * 3 * 4 * 4 * 3 == 124_416
    # Momentum is one of three for RMSprop and none for the three others: 6 pairs, not 12.
    pairs = {k: found.space[k] for k in ("optimizer", "momentum")}
    assert len({str(effective(DOCUMENT, p)) for p in grid(pairs)}) == 6


def test_points_that_make_no_difference_are_tried_once() -> None:
    space = {"momentum": Choices((0.8, 0.9)), "optimizer": Choices(("Adam", "SGD"))}
    for strategy in ("grid", "random"):
        found = plan(search(space, strategy=strategy, trials=4), DOCUMENT)
        assert sorted(map(str, found)) == sorted(map(str, [
            {"optimizer": "Adam"}, {"momentum": 0.8, "optimizer": "SGD"},
            {"momentum": 0.9, "optimizer": "SGD"}]))


VALUES = st.lists(st.integers(1, 50), min_size=1, max_size=5, unique=True)


@given(VALUES, VALUES, st.integers(0, 2**32 - 1))
def test_random_tries_each_combination_of_a_small_space_once(first, second, seed) -> None:
    space = {"training.batch_size": Choices(tuple(first)), "training.epochs": Choices(tuple(second))}
    found = plan(search(space, trials=100, seed=seed), DOCUMENT)
    expected = set(itertools.product(first, second))
    assert len(found) == len(expected)
    assert {tuple(p.values()) for p in found} == expected
    assert found == plan(search(space, trials=100, seed=seed), DOCUMENT)


def test_another_seed_gives_other_points() -> None:
    space = {"learning_rate": Range(0.001, 0.1, log=True)}
    lists = [plan(search(space, seed=seed), DOCUMENT) for seed in (1, 2)]
    assert lists[0] != lists[1]
    assert [len(one) for one in lists] == [20, 20]


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.booleans(), st.integers(0, 99))
def test_draws_stay_within_a_range(low, factor, log, seed) -> None:
    import numpy as np

    axis = Range(low, low * factor, log=log)
    value = draw(axis, np.random.default_rng(seed))
    assert axis.low <= value <= axis.high
    assert value in (axis.low, axis.high) or float(f"{value:.6g}") == value


@given(st.integers(1, 1000), st.integers(1, 1000), st.booleans(), st.integers(0, 99))
def test_whole_numbers_are_whole(low, width, log, seed) -> None:
    import numpy as np

    value = draw(Range(low, low + width, log=log, integer=True), np.random.default_rng(seed))
    assert isinstance(value, int)
    assert low <= value <= low + width


@pytest.mark.parametrize(("axis", "middle"), [
    (Range(0.0001, 0.1, log=True), math.sqrt(0.0001 * 0.1)), (Range(0, 10), 5),
    (Range(1, 9, integer=True), 5),
])
def test_half_of_the_draws_lie_below_the_middle(axis, middle) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    values = [draw(axis, rng) for _ in range(2000)]
    below = sum(v < middle for v in values) + sum(v == middle for v in values) / 2
    assert abs(below / 2000 - 0.5) < 0.04
    if axis.integer:
        assert set(values) == set(range(1, 10))

"""Numbers that describe examples, by hand."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from dlgenomics.data.banks import Held
from dlgenomics.data.dna import sequence_keys, unknown_share
from dlgenomics.data.encoding import encode, reverse_complement
from dlgenomics.data.examples import load_examples
from dlgenomics.data.features import Plain
from dlgenomics.data.intervals import make_intervals
from dlgenomics.data.split import Parts
from dlgenomics.data.summary import summarize_examples
from dlgenomics.spec import parse_spec
from tiny import TINY_SPEC


@pytest.fixture
def examples(tiny_data):
    loaded = load_examples(parse_spec(TINY_SPEC), tiny_data)
    codes = np.stack([encode(s) for s in ("AACC", "GGNN", "ACGT", "TTTT")])
    return dataclasses.replace(
        loaded, sequences=Held(codes), margin=0, names=("a", "b", "c", "d"),
        places=make_intervals([("chr1", 0, 4, "."), ("chr2", 0, 4, "."), ("chr1", 9, 13, "."),
                               ("chr3", 0, 4, ".")]),
        labels={"bound": Plain(Held(np.array([[1], [np.nan], [0], [np.nan]])))},
        parts=Parts(np.array([0, 1]), np.array([2]), np.array([3])))


def test_numbers_by_hand(examples):
    found = summarize_examples(examples)
    assert found["length"] == 4
    assert found["gc"] == {"train": 4 / 6, "validation": 0.5, "test": 0.0}
    assert found["unknown"] == {"train": 0.25, "validation": 0.0, "test": 0.0}
    assert found["chromosomes"] == {"train": {"chr1": 1, "chr2": 1}, "validation": {"chr1": 1},
                                    "test": {"chr3": 1}}
    assert found["labels"]["train"]["bound"] == {"known": [1], "mean": [1.0], "sd": [0.0],
                                                 "min": [1.0], "max": [1.0]}
    assert found["labels"]["test"]["bound"]["mean"] == [None]
    json.dumps(found, allow_nan=False)


def test_sequences_without_places_and_empty_parts(examples):
    bare = dataclasses.replace(examples, places=None,
                               parts=Parts(np.array([0, 1]), np.array([2]), np.arange(0)))
    found = summarize_examples(bare)
    assert found["chromosomes"] == {}
    assert set(found["gc"]) == {"train", "validation"}


def test_keys_are_equal_for_equal_sequences_on_either_strand():
    codes = np.random.default_rng(0).integers(0, 5, (40, 9)).astype("uint8")
    keys = sequence_keys(codes)
    assert keys == sequence_keys(reverse_complement(codes))
    assert len(set(keys)) == 40
    assert unknown_share(codes).tolist() == [(row > 3).mean() for row in codes]

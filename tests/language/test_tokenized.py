"""Sequences of a FASTA as tokens."""

import numpy as np
import pytest

from dlgenomics.data.sequences import Record
from dlgenomics.errors import DataError, DlgError
from dlgenomics.language.tokenized import inside, tokenize, tokens_input
from dlgenomics.registry import registry


@pytest.fixture
def one(spec):
    return tokens_input(spec.data.inputs)


def records(*letters):
    return [Record(f"s{i}", text, 2 * i + 1) for i, text in enumerate(letters)]


def test_lengths_and_residues(one):
    found = tokenize(records("LAG", "M"), one, "a.fa")
    assert [ids.tolist() for ids in found.ids] == [[1, 2, 3, 34], [17, 34]]
    assert (found.lengths, found.residues, found.unknown) == ([4, 2], [3, 1], 0)
    assert inside(found.ids[0], found.tokenizer).tolist() == [True, True, True, False]


def test_a_sequence_that_fills_the_context_is_taken(one):
    assert tokenize(records("L" * 31), one, "a.fa").lengths == [32]


def test_a_sequence_that_is_too_long_is_refused_with_both_lengths(one):
    with pytest.raises(DataError, match=r"a.fa:3: every sequence must fit the model's context of "
                       r"32 tokens.*Received: 's1' with 33, 's2' with 101"):
        tokenize(records("LAG", "L" * 32, "A" * 100), one, "a.fa")


def test_of_many_that_are_too_long_a_few_are_named(one):
    with pytest.raises(DataError, match=r"'s4' with 41 and 5 more\. Cut them"):
        tokenize(records(*["L" * 40] * 10), one, "a.fa")


def test_a_long_sequence_may_be_cut_and_keeps_its_end(one):
    found = tokenize(records("L" * 20 + "A" * 30, "M"), one, "a.fa", truncate=True)
    assert found.lengths == [32, 2]
    assert found.ids[0].tolist() == [1] * 20 + [2] * 11 + [34]
    assert found.cut == ("s0",)


def test_unknown_letters_are_counted_and_gaps_are_known(one):
    found = tokenize(records("LA*J", "L-A."), one, "a.fa")
    assert found.unknown == 2
    assert found.odd == ("*", "s0")
    assert found.ids[0].tolist() == [1, 2, 27, 27, 34]


def test_the_first_unknown_letter_is_named_with_its_sequence(one):
    assert tokenize(records("LAG", "LA", "L7*", "8"), one, "a.fa").odd == ("7", "s2")
    assert tokenize(records("LAG", "L-A."), one, "a.fa").odd is None
    cut = tokenize(records("L" * 40 + "7", "M8"), one, "a.fa", truncate=True)
    assert cut.odd == ("8", "s1")


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(DlgError, match=r"one input, of kind tokens\. Received: dna \(dna\)"):
        tokens_input(registry["dragonn/tal1"].load().data.inputs)


def test_ids_are_int32(one):
    assert tokenize(records("LAG"), one, "a.fa").ids[0].dtype == np.int32

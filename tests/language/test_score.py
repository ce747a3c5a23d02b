"""Scores of substitutions against log probabilities of NumPy."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_language_models import protein_forward, residue_ids, rna_forward

from dlgenomics.data.sequences import Record
from dlgenomics.errors import DataError, DlgError
from dlgenomics.language.mutations import MutationError, all_substitutions, parse_mutations
from dlgenomics.language.network import logits
from dlgenomics.language.score import score
from dlgenomics.language.subjects import Asking
from dlgenomics.language.tokenized import tokens_input

MASK = 28
SEQUENCE = "MKTAYIAKQR"


@pytest.fixture(scope="module")
def scored(protein):
    """The model, and what gives its scores of tokens: compiled once."""
    return protein, logits(protein)


def log_p(row):
    return row - np.log(np.exp(row - row.max()).sum()) - row.max()


def expected_masked(letters, changes):
    """Return the sum of log p(mutant) - log p(wild type) with all changed places hidden."""
    ids = residue_ids(letters)
    for _, place, _ in changes:
        ids[place] = MASK
    found = protein_forward(ids)[1]
    return sum(log_p(found[place])[residue_ids(new)[0]] - log_p(found[place])[residue_ids(old)[0]]
               for old, place, new in changes)


def values_of(model, letters, text, batch_tokens=8192, **how):
    model, part = model
    asking = Asking(tokens_input(model.inputs), **how)
    subjects = asking.subjects([Record("p", letters, 1)], {"p": parse_mutations(text)}, "a.fa")
    (found,) = score(part, subjects, asking, batch_tokens)
    assert found.values.dtype == np.float32
    return found.values


@pytest.mark.parametrize("batch_tokens", [1, 25, 8192])
def test_masked_marginals_are_those_of_numpy(scored, batch_tokens):
    found = values_of(scored, SEQUENCE, "A4V,M1L,A4G,R10W", batch_tokens)
    expected = [expected_masked(SEQUENCE, [change]) for change in (
        ("A", 3, "V"), ("M", 0, "L"), ("A", 3, "G"), ("R", 9, "W"))]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


def test_several_substitutions_are_hidden_together(scored):
    found = values_of(scored, SEQUENCE, "A4V:K8R")
    expected = expected_masked(SEQUENCE, [("A", 3, "V"), ("K", 7, "R")])
    np.testing.assert_allclose(found, [expected], rtol=1e-4, atol=2e-5)
    apart = values_of(scored, SEQUENCE, "A4V,K8R").sum()
    assert abs(apart - expected) > 1e-3


def test_wild_type_marginals_read_the_sequence_as_it_is(scored):
    found = values_of(scored, SEQUENCE, "A4V,K8R", marginal="wild-type")
    rows = protein_forward(residue_ids(SEQUENCE))[1]
    expected = [log_p(rows[3])[residue_ids("V")[0]] - log_p(rows[3])[residue_ids("A")[0]],
                log_p(rows[7])[residue_ids("R")[0]] - log_p(rows[7])[residue_ids("K")[0]]]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


def test_a_token_before_the_sequence_moves_all_places(rna):
    found = values_of((rna, logits(rna)), "ACGT", "A1G,T4C")  # ids 5, 7, 6, 8; the mask is 1
    first, last = rna_forward([1, 7, 6, 8])[1], rna_forward([5, 7, 6, 1])[1]
    expected = [log_p(first[1])[6] - log_p(first[1])[5], log_p(last[4])[7] - log_p(last[4])[8]]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


def test_a_long_sequence_is_read_in_a_window_if_asked(scored):
    letters = "LAGVSERTIDPKQNFYMHWC" * 3
    with pytest.raises(DataError, match=r"context of 31 letters. Received: 'p' with 60"):
        values_of(scored, letters, "L21A")
    found = values_of(scored, letters, "L21A,C60A,L1A", window=True)
    for value, (start, place, old) in zip(
            found, ((5, 20, "L"), (29, 59, "C"), (0, 0, "L")), strict=True):
        piece = letters[start:start + 31]
        np.testing.assert_allclose(value, expected_masked(piece, [(old, place - start, "A")]),
                                   rtol=1e-4, atol=2e-5)


def test_mutations_that_no_window_holds(scored):
    letters = "LAGVSERTIDPKQNFYMHWC" * 3
    with pytest.raises(MutationError, match=r"within the model's context of 31 letters"):
        values_of(scored, letters, "L1A:C60A", window=True)


def test_all_substitutions_of_several_sequences_in_their_order(protein, scored):
    asking = Asking(tokens_input(protein.inputs))
    records = [Record("a", "MK", 1), Record("none", "LAG", 3), Record("c", SEQUENCE, 5)]
    asked = {one.name: list(all_substitutions(one.letters, asking.one.tokenizer))
             for one in records if one.name != "none"}
    told = []
    found = list(score(scored[1], asking.subjects(records, asked, "a.fa"), asking, 30,
                       lambda *now: told.append(now)))
    assert [one.record.name for one in found] == ["a", "c"]
    assert [len(one.values) for one in found] == [2 * 19, 10 * 19]
    assert told[-1] == ("scoring", 12, 12)  # one pass a place
    at = [str(m) for m in found[1].mutations].index("A4V")
    np.testing.assert_allclose(found[1].values[at], expected_masked(SEQUENCE, [("A", 3, "V")]),
                               rtol=1e-4, atol=2e-5)


def test_a_model_of_words_cannot_score_letters(protein):
    one = tokens_input(protein.inputs)
    words = one.tokenizer.model_copy(update={
        "kind": "longest_match", "vocabulary": (*one.tokenizer.vocabulary, "MK")})
    asking = Asking(replace_tokenizer(one, words))
    with pytest.raises(DlgError, match=r"a token for each letter\. Received: 9 tokens for the 10"):
        asking.subjects([Record("p", SEQUENCE, 1)], {"p": parse_mutations("A4V")}, "a.fa")


def test_a_model_without_a_mask_has_wild_type_marginals_alone(protein):
    one = tokens_input(protein.inputs)
    bare = replace_tokenizer(one, one.tokenizer.model_copy(update={"mask": None}))
    with pytest.raises(DlgError, match="need a model with a mask token"):
        Asking(bare).subjects([Record("p", SEQUENCE, 1)], {"p": []}, "a.fa")
    assert Asking(bare, "wild-type").subjects([Record("p", SEQUENCE, 1)], {"p": []}, "a.fa") == []


def replace_tokenizer(one, tokenizer):
    return one.model_copy(update={"tokenizer": tokenizer})


def test_a_model_without_scores_is_refused(protein):
    model = protein.spec.model.model_copy(update={"outputs": ("embedding", "pooled")})
    bare = replace(protein, spec=protein.spec.model_copy(update={"model": model}))
    with pytest.raises(DlgError, match=r"must have scores of tokens \(logits\)"):
        logits(bare)


def test_scores_are_differences_of_the_marginals(protein, scored):
    from dlgenomics.language.masked import masked_marginals

    found = values_of(scored, SEQUENCE, "A4V,R10W")
    whole = masked_marginals(protein, SEQUENCE)
    at = whole.vocabulary.index
    expected = [whole.log_probabilities[3, at("V")] - whole.log_probabilities[3, at("A")],
                whole.log_probabilities[9, at("W")] - whole.log_probabilities[9, at("R")]]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)

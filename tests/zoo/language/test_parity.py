"""Networks filled from tiny checkpoints, against what transformers computes with them.

`make_fixtures.py` made the checkpoints and the expected numbers.
"""

from pathlib import Path

import numpy as np
import pytest

FIXTURES = Path(__file__).resolve().parent / "fixtures"
NAMES = ("esm2", "esm1b", "words", "gated", "kmers", "protbert")
FIRST = {"esm2": "token_dropout", "esm1b": "norm_before", "words": "positions", "gated": "embedded",
         "kmers": "norm_before", "protbert": "norm_before"}
"""The layer behind which the reference's hidden states begin."""

HALF = 0.03
"""How far bfloat16, of three digits, may be from float32, in parts of the largest number."""


@pytest.fixture(scope="module")
def opened():
    """Return a function: a fixture's name → its model, opened once."""
    from dlgenomics_zoo.language import open_language_model

    models = {}

    def get(name):
        if name not in models:
            models[name] = open_language_model(FIXTURES / name)
        return models[name]

    return get


def expected_of(name):
    with np.load(FIXTURES / name / "expected.npz") as stored:
        return dict(stored)


def assert_close(found, expected, scale=1e-5):
    np.testing.assert_allclose(found, expected, rtol=scale, atol=scale * np.abs(expected).max())


def averaged(expected, outside):
    """Return the mean of the reference's vectors over residues."""
    inside = ~np.isin(expected["ids"], outside)
    return np.array([rows[keep].mean(axis=0)
                     for rows, keep in zip(expected["embedding"], inside, strict=True)])


@pytest.mark.parametrize("name", NAMES)
def test_a_padded_batch_gives_what_the_reference_gives(opened, name):
    model, expected = opened(name), expected_of(name)
    found = model.predict_on_batch(expected["ids"])
    kept = expected["mask"].astype(bool)
    assert not kept.all()
    for output in ("logits", "embedding"):
        assert found[output].dtype == np.float32
        assert_close(found[output][kept], expected[output][kept])
    tokenizer = model.data.inputs["tokens"].tokenizer
    assert_close(found["pooled"], averaged(expected, tokenizer.outside))


@pytest.mark.parametrize("name", NAMES)
def test_a_sequence_alone_gives_what_it_gives_in_a_batch(opened, name):
    model, expected = opened(name), expected_of(name)
    for ids, mask, logits in zip(*(expected[k] for k in ("ids", "mask", "logits")), strict=True):
        kept = mask.astype(bool)
        assert_close(model.predict_on_batch(ids[kept][None])["logits"][0], logits[kept])


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_is_had_by_name(opened, name):
    expected = expected_of(name)
    found = opened(name).predict_activation_on_batch(expected["ids"], FIRST[name])
    kept = expected["mask"].astype(bool)
    assert_close(found[kept], expected["first"][kept])


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_counted_as_they_are_built(opened, name):
    from dlgenomics.spec import summarize

    model = opened(name)
    assert summarize(model.spec).parameters == model.model.count_params()


@pytest.mark.parametrize("name", ["esm2", "kmers"])
def test_half_precision_stays_near_the_reference(name):
    from dlgenomics_zoo.language import open_language_model

    expected = expected_of(name)
    model = open_language_model(FIXTURES / name, "bfloat16")
    kinds = {str(w.dtype) for layer in model.model.layers if layer.name == "up_1"
             for w in layer.weights}
    assert kinds == {"bfloat16"}
    found = model.predict_on_batch(expected["ids"])
    kept = expected["mask"].astype(bool)
    for output in ("logits", "embedding"):
        assert found[output].dtype == np.float32
        difference = np.abs(found[output] - expected[output])[kept].max()
        assert difference < HALF * np.abs(expected[output][kept]).max()


def test_texts_are_taken_and_padded(opened):
    model = opened("esm2")
    together = model.predict_on_batch(["MKTA", "mk<mask>AYIAK"])
    assert together["embedding"].shape == (2, 10, 16)
    assert together["logits"].shape == (2, 10, 33)
    assert_close(together["logits"][0, :6], model.predict_on_batch(["MKTA"])["logits"][0])
    assert_close(together["pooled"][0], model.predict_on_batch(["MKTA"])["pooled"][0])
    ids = np.array([[0, 20, 15, 11, 5, 2]])
    assert_close(together["logits"][0, :6], model.predict_on_batch(ids)["logits"][0])


def test_nothing_and_empty_texts_are_taken(opened):
    model = opened("esm2")
    assert model.predict_on_batch([])["pooled"].shape == (0, 16)
    empty = model.predict_on_batch([""])
    assert empty["logits"].shape == (1, 2, 33)
    assert (empty["pooled"] == 0).all()


def test_masked_marginals_are_those_of_the_reference(opened):
    from dlgenomics.language.masked import masked_marginals

    found = masked_marginals(opened("esm2"), "MKTA", batch_size=3)
    assert found.tokens == ("M", "K", "T", "A")
    assert_close(found.log_probabilities, expected_of("esm2")["marginals"])
    np.testing.assert_allclose(np.exp(found.log_probabilities).sum(axis=1), 1, rtol=1e-5)


def test_tokens_have_no_gradient(opened):
    from dlgenomics.errors import DlgError

    with pytest.raises(DlgError, match="Received: tokens, whole numbers that stand for words"):
        opened("esm2").input_grad(["MKTA"], filter_idx=4, avg_func="sum")


def test_masked_marginals_of_nothing_are_none(opened):
    from dlgenomics.language.masked import masked_marginals

    assert masked_marginals(opened("kmers"), "").log_probabilities.shape == (0, 69)

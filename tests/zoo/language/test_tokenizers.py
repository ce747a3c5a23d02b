"""Tokenizers against those of transformers, and texts and ids that cannot be taken."""

import json
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.data.tokens import encode_tokens, token_reader
from dlgenomics.errors import DataError, ShapeError, TokensError
from dlgenomics.predict.inputs import as_named_arrays
from dlgenomics.predict.tokens import token_ids
from dlgenomics.spec.inputs import TokensInput
from dlgenomics.spec.tokenizer import Tokenizer
from dlgenomics_zoo.language.load import language_model_spec

FIXTURES = Path(__file__).resolve().parent / "fixtures"
EXPECTED = json.loads((FIXTURES / "tokens.json").read_text())
PAIRS = [(name, text, ids) for name, pairs in EXPECTED.items() for text, ids in pairs]


def input_of(name):
    return language_model_spec(FIXTURES / name).data.inputs["tokens"]


@pytest.fixture(scope="module")
def protein():
    return input_of("esm2")


@pytest.mark.parametrize(("name", "text", "ids"), PAIRS)
def test_tokens_are_those_of_the_reference(name, text, ids):
    assert token_reader(input_of(name).tokenizer).encode(text) == ids


@pytest.mark.parametrize(("name", "kind", "end"), [
    ("esm2", "longest_match", "<eos>"), ("words", "longest_match", None),
    ("kmers", "overlapping_kmers", "[SEP]"), ("protbert", "characters", "[SEP]")])
def test_the_rule_follows_from_the_vocabulary(name, kind, end):
    tokenizer = input_of(name).tokenizer
    assert (tokenizer.kind, tokenizer.end) == (kind, end)


def test_case_counts_where_a_tokenizer_says_so():
    tokenizer = Tokenizer(kind="characters", vocabulary=("-", "A", "a"), pad="-", unknown="-",
                          upper=False)
    assert token_reader(tokenizer).encode("AaB") == [1, 2, 0]


def test_a_batch_is_filled_up_with_pads(protein):
    found = encode_tokens(["MK", "M"], protein.tokenizer, 10)
    assert found.dtype == np.int32
    assert found.tolist() == [[0, 20, 15, 2], [0, 20, 2, 1]]
    assert encode_tokens([], protein.tokenizer, 10).shape == (0, 0)


def test_a_sequence_beyond_the_context_is_refused(protein):
    assert encode_tokens(["M" * 38], protein.tokenizer, protein.length).shape == (1, 40)
    with pytest.raises(TokensError, match=r"sequence 1: a sequence must have at most 40 tokens, "
                       r"those before and behind it included. Received: 41."):
        encode_tokens(["M", "M" * 39], protein.tokenizer, protein.length)


def test_absolute_positions_leave_less_context():
    assert input_of("esm1b").length == 38
    assert input_of("words").length == 38
    assert input_of("kmers").length == 40


@pytest.mark.parametrize("x", ["MK", ["MK"], ("MK",), np.array(["MK"]),
                               np.array(["MK"], object), [[0, 20, 15, 2]],
                               np.array([[0.0, 20.0, 15.0, 2.0]])])
def test_texts_and_ids_are_taken_in_many_forms(protein, x):
    assert token_ids(x, "tokens", protein).tolist() == [[0, 20, 15, 2]]


def test_what_tokenizers_of_transformers_give_is_taken(protein):
    ids, mask = [[0, 20, 2, 0], [0, 20, 15, 2]], [[1, 1, 1, 0], [1, 1, 1, 1]]
    found = as_named_arrays({"input_ids": ids, "attention_mask": mask}, {"tokens": protein})
    assert found["tokens"].tolist() == [[0, 20, 2, 1], [0, 20, 15, 2]]
    assert as_named_arrays({"input_ids": ids}, {"tokens": protein})["tokens"].tolist() == ids
    with pytest.raises(ShapeError, match="attention_mask"):
        token_ids({"input_ids": ids, "attention_mask": mask[:1]}, "tokens", protein)


@pytest.mark.parametrize(("x", "error", "message"), [
    ([["MK"]], TokensError, "must be texts"), (["MK", 5], TokensError, "must be texts"),
    (["MK", None], TokensError, "must be texts"),
    ([[0, 33]], TokensError, "from 0 to 32. Received: 33"),
    ([[0, -1]], TokensError, "from 0 to 32. Received: -1"),
    ([[0.5, 1.0]], TokensError, "Received: 0.5"), ([[0.0, float("nan")]], TokensError, "nan"),
    ([[0, 1], [0]], TokensError, "of one length"), ([0, 20, 2], ShapeError, "Add a batch axis"),
    (np.zeros((1, 41), int), ShapeError, r"\(batch, 40\)"),
    (np.zeros((1, 2, 2), int), ShapeError, r"\(batch, 40\)"),
])
def test_what_is_neither_texts_nor_ids_is_refused(protein, x, error, message):
    with pytest.raises(error, match=message):
        token_ids(x, "tokens", protein)


def files(folder, vocabulary=None, tokenizer=None, config=None):
    folder.mkdir()
    base = json.loads((FIXTURES / "esm2" / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**base, **(config or {})}))
    if vocabulary is not None:
        (folder / "vocab.txt").write_bytes(vocabulary)
    if tokenizer is not None:
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def numbered(tokens):
    return {"model": {"vocab": {token: i for i, token in enumerate(tokens)}}}


TOKENS = (FIXTURES / "esm2" / "vocab.txt").read_text().split()


def test_a_vocabulary_may_stand_in_tokenizer_json(tmp_path, protein):
    found = numbered(TOKENS[:30])
    found["added_tokens"] = [{"content": t, "id": i} for i, t in enumerate(TOKENS) if i >= 30]
    spec = language_model_spec(files(tmp_path / "a", tokenizer=found))
    assert spec.data.inputs["tokens"] == protein


def test_windows_line_ends_are_taken(tmp_path, protein):
    spec = language_model_spec(files(tmp_path / "a", "\r\n".join(TOKENS).encode()))
    assert spec.data.inputs["tokens"] == protein


@pytest.mark.parametrize(("made", "message"), [
    ({}, "must come with its vocabulary, vocab.txt or tokenizer.json. Received: neither"),
    ({"vocabulary": b"\xff\xfe"}, "no UTF-8"),
    ({"vocabulary": b""}, "must hold the pad_token"),
    ({"vocabulary": "\n".join([*TOKENS, "Q2"]).encode()}, "at most the 33 tokens of the config. "
     "Received: 34"),
    ({"vocabulary": "\n".join(TOKENS[4:]).encode()}, "must hold the pad_token <pad>"),
    ({"vocabulary": "\n".join([*TOKENS[:3], *TOKENS[4:]]).encode()},
     "must hold the unk_token <unk>"),
    ({"tokenizer": {"model": {"vocab": [["a", 0.1]]}}}, "another kind"),
    ({"tokenizer": {"model": {"vocab": {"a": 0, "b": 2}}}}, "ids with gaps"),
    ({"tokenizer": {"model": {"vocab": {"a": 0, "b": "x"}}}}, "ids with gaps"),
])
def test_a_vocabulary_that_is_none_is_refused(tmp_path, made, message):
    with pytest.raises(DataError, match=message):
        language_model_spec(files(tmp_path / "a", **made))


def test_bert_of_words_is_refused(tmp_path):
    folder = files(tmp_path / "a", b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nof\n",
                   config={"model_type": "bert"})
    with pytest.raises(DataError, match=r"words of k bases, or letters\. Received: tokens of 2"):
        language_model_spec(folder)


def test_ids_need_no_texts():
    one = TokensInput(kind="tokens", length=4, tokenizer=Tokenizer(
        kind="characters", vocabulary=("-", "A"), pad="-", unknown="-"))
    assert token_ids(np.zeros((2, 0), int), "tokens", one).shape == (2, 0)

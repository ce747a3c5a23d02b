"""Language models as specs: tokens that go in, numbers at each token that come out."""

import textwrap

import pytest
from jsonschema import Draft202012Validator

from dlgenomics.spec import dump_yaml, parse_spec, spec_to_yaml, summarize
from dlgenomics.spec.document import read_document
from dlgenomics.spec.schema import json_schema

MODEL = textwrap.dedent("""\
    spec: 1
    name: tiny/language
    task: language_model
    data:
      inputs:
        tokens:
          kind: tokens
          length: 12
          tokenizer:
            kind: longest_match
            vocabulary: [<pad>, <start>, <mask>, <unknown>, A, C, G, T]
            start: <start>
            pad: <pad>
            mask: <mask>
            unknown: <unknown>
      targets:
        logits: {kind: tokens, size: 8}
        embedding: {kind: tokens, size: 6}
        pooled: {kind: array, shape: [6]}
    model:
      layers:
        - TokenTable: {from: tokens, vocabulary: 8, channels: 6, name: table}
        - TokenEmbedding: {from: [tokens, table], pad: 0}
        - repeat:
            times: 2
            layers:
              - Residual: {layers: [LayerNormalization, RotarySelfAttention: {num_heads: 3}]}
        - LayerNormalization: {name: embedding}
        - TokenScores: {from: [embedding, table], name: logits}
        - TokenAverage: {from: [embedding, tokens], outside: [0, 1], name: pooled}
      outputs: [logits, embedding, pooled]
    """)


def test_sequences_of_any_length_go_through():
    spec = parse_spec(MODEL)
    rows = {row.name: row for row in summarize(spec).layers}
    assert rows["tokens"].shape == (None,)
    assert rows["logits"].shape == (None, 8)
    assert rows["embedding"].shape == (None, 6)
    assert rows["pooled"].shape == (6,)
    assert rows["rotary_self_attention_1"].receptive_field is None
    assert summarize(spec).parameters == 8 * 6 + 2 * (12 + 4 * (36 + 6)) + 12 + 8


def test_a_resolved_spec_is_read_back_the_same():
    spec = parse_spec(MODEL)
    assert parse_spec(spec_to_yaml(spec)) == spec
    assert spec.training.loss == {}


def test_editors_take_it_as_written_and_as_resolved():
    validator = Draft202012Validator(json_schema())
    for text in (MODEL, dump_yaml(parse_spec(MODEL).to_data())):
        assert [error.message for error in validator.iter_errors(read_document(text).data)] == []


@pytest.mark.parametrize(("old", "new", "message"), [
    ("G, T]", "G, §G]", "tokens must differ. Received: 'G' twice."),
    ("G, T]", "G, §'']", "tokens must have letters. Received: an empty one."),
    ("start: <start>", "start: §<begin>",
     "start must be a token of the vocabulary. Received: '<begin>'."),
    ("longest_match", "longest_match\n        k: §3",
     "k is for overlapping_kmers, which need it. Received: 3 for longest_match."),
    ("kind: tokens, size: 8}", "kind: tokens, size: §9}",
     "output 'logits' must have shape (None, None, 9), as the target has. Received: "
     "(None, None, 8)."),
    ("task: language_model", "task: §regression",
     "a target of kind tokens is for language_model. Received: regression. Change the task, or "
     "the kind."),
    ("  targets:", "  §train: {fasta: a.fa}\n  targets:",
     "inputs of kind tokens are for prediction; examples to train on cannot feed them. Received: "
     "data.train with the input 'tokens'. Train on what `dlg embed` writes."),
    ("num_heads: 3", "num_heads: §4",
     "RotarySelfAttention cannot follow shape (None, None, 6): the channels of a head must be "
     "even, as they turn in pairs."),
])
def test_what_cannot_be_is_refused(refusals, old, new, message):
    assert MODEL.count(old) == 1
    messages, _ = refusals(MODEL.replace(old, new))
    assert message in messages

"""Dotted paths: where they lead, what setting them changes, and what it leaves alone."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.spec.document import read_document
from dlgenomics.spec.paths import find_path, read_path, set_path

DOCUMENT = read_document("""\
data:
  inputs:
    dna: {kind: dna, length: 60}
model:
  layers:
    - Conv1D: {filters: 6, kernel_size: 9, name: first}
    - MaxPooling1D
    - Activation: relu
    - repeat:
        times: 2
        layers:
          - Conv1D: {filters: 4, kernel_size: 3, name: inner}
          - Residual:
              layers:
                - Conv1D: {filters: 4, kernel_size: 1}
                - Dropout: {rate: 0.1}
    - Bidirectional: {layer: {LSTM: {units: 5}}}
    - Dropout: {rate: 0.2}
    - Dense:
training:
  optimizer: adam
  callbacks:
    - EarlyStopping: {patience: 2}
    - TerminateOnNaN
""").data
L = ("model", "layers")
BLOCK = (*L, 3, "repeat", "layers")

LEADS = {
    "training.batch_size": [("training", "batch_size")],
    "training.optimizer": [("training", "optimizer")],
    "training.optimizer.Adam.learning_rate": [("training", "optimizer", "Adam", "learning_rate")],
    "data.inputs.dna.length": [("data", "inputs", "dna", "length")],
    "model.layers[*].Conv1D.filters": [
        (*L, 0, "Conv1D", "filters"), (*BLOCK, 0, "Conv1D", "filters"),
        (*BLOCK, 1, "Residual", "layers", 0, "Conv1D", "filters")],
    "model.layers[*].Dropout.rate": [
        (*BLOCK, 1, "Residual", "layers", 1, "Dropout", "rate"), (*L, 5, "Dropout", "rate")],
    "model.layers[5].Dropout.rate": [(*L, 5, "Dropout", "rate")],
    "model.layers[5].rate": [(*L, 5, "Dropout", "rate")],
    "model.layers[first].filters": [(*L, 0, "Conv1D", "filters")],
    "model.layers[first].Conv1D.filters": [(*L, 0, "Conv1D", "filters")],
    "model.layers[inner].filters": [(*BLOCK, 0, "Conv1D", "filters")],
    "model.layers[*].repeat.times": [(*L, 3, "repeat", "times")],
    "model.layers[3].repeat.layers[*].Conv1D.filters": [
        (*BLOCK, 0, "Conv1D", "filters"),
        (*BLOCK, 1, "Residual", "layers", 0, "Conv1D", "filters")],
    "model.layers[*].Bidirectional.layer.LSTM.units": [
        (*L, 4, "Bidirectional", "layer", "LSTM", "units")],
    "model.layers[*].MaxPooling1D.pool_size": [(*L, 1, "MaxPooling1D", "pool_size")],
    "model.layers[2]": [(*L, 2)],
    "model.layers[6].Dense.units": [(*L, 6, "Dense", "units")],
    "training.callbacks[*].EarlyStopping.patience": [
        ("training", "callbacks", 0, "EarlyStopping", "patience")],
}


@pytest.mark.parametrize(("text", "places"), LEADS.items(), ids=LEADS)
def test_where_a_path_leads(text, places) -> None:
    assert find_path(DOCUMENT, read_path(text)) == places


@pytest.mark.parametrize("text", [
    "model.layers[*].filters", "model.layers[0].Dropout.rate",
    "model.layers[7].Dense.units", "model.layers[nobody].units", "training.optimizer.SGD.momentum",
    "data.inputs.rna.length", "model.layers[*].LSTM.units", "model.layers[*].Conv1D.filters.x",
    "training.batch_size.x", "nothing.at.all", "training[0].x", "model.layers.Conv1D",
])
def test_paths_that_lead_nowhere(text) -> None:
    assert find_path(DOCUMENT, read_path(text)) == []


@pytest.mark.parametrize("text", [
    "", ".", "a.", ".a", "a..b", "a[", "a[]", "a[*", "[*].a", "a.[0]", "a b", "a[b.c]", "a" * 1001,
])
def test_texts_that_are_no_paths(text) -> None:
    assert read_path(text) is None


@pytest.mark.parametrize(("text", "written", "value"), [
    ("training.optimizer.Adam.learning_rate", ("training", "optimizer"),
     {"Adam": {"learning_rate": 7}}),
    ("model.layers[1].MaxPooling1D.pool_size", (*L, 1), {"MaxPooling1D": {"pool_size": 7}}),
    ("model.layers[2].Activation.activation", (*L, 2), {"Activation": {"activation": 7}}),
    ("model.layers[6].units", (*L, 6), {"Dense": {"units": 7}}),
])
def test_short_forms_are_opened(text, written, value) -> None:
    found = set_path(DOCUMENT, read_path(text), 7)
    for key in written:
        found = found[key]
    assert found == value


def at(document, path):
    for key in path:
        document = document[key]
    return document


@given(st.sampled_from(sorted(LEADS)), st.integers() | st.text(max_size=3) | st.none())
def test_setting_changes_the_places_and_nothing_else(text, value) -> None:
    before = copy.deepcopy(DOCUMENT)
    changed = set_path(DOCUMENT, read_path(text), value)
    assert before == DOCUMENT
    assert [at(changed, place) for place in LEADS[text]] == [value] * len(LEADS[text])
    assert set_path(changed, read_path(text), value) == changed
    if text not in ("model.layers[2]", "training.optimizer"):
        assert find_path(changed, read_path(text)) == LEADS[text]


def test_a_missing_training_section_is_made() -> None:
    assert set_path({"spec": 1}, read_path("training.batch_size"), 4) == {
        "spec": 1, "training": {"batch_size": 4}}

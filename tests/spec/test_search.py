"""The ``search:`` section: its types, its messages with their places, the space that comes along."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec, spec_to_yaml, spec_warnings
from dlgenomics.spec.search import Choices, Range, ready_made, ready_made_names
from tiny import TINY_SPEC

WITH = TINY_SPEC + "search:\n  objective: val_auroc\n"
MARK = "§"


def search_spec(space: str, **keys: object) -> str:
    settings = {"objective": "val_auroc", **keys}
    lines = "".join(f"  {k}: {v}\n" for k, v in settings.items())
    return f"{TINY_SPEC}search:\n{lines}  space: {space}\n"


def test_a_search_is_read() -> None:
    spec = parse_spec(WITH + """\
  strategy: grid
  trials: 7
  seed: 5
  workers: 2
  space:
    model.layers[*].Conv1D.filters: [2, 4]
    training.batch_size: {choices: [16, 32]}
""")
    found = spec.search
    assert found is not None
    assert (found.strategy, found.trials, found.seed, found.workers) == ("grid", 7, 5, 2)
    assert found.space == {"model.layers[*].Conv1D.filters": Choices((2, 4)),
                           "training.batch_size": Choices((16, 32))}
    assert (found.size, found.count) == (4, 4)


def test_ranges_are_read_and_random_is_the_default() -> None:
    found = parse_spec(search_spec("{learning_rate: {low: 0.001, high: 0.1, log: true}, "
                                   "training.batch_size: {low: 8, high: 64, integer: true}}")).search
    assert found is not None
    assert (found.strategy, found.size, found.count) == ("random", None, 20)
    assert found.space["learning_rate"] == Range(0.001, 0.1, log=True)
    assert found.space["training.batch_size"] == Range(8, 64, integer=True)


def test_a_resolved_spec_says_what_was_trained_and_has_no_search() -> None:
    spec = parse_spec(search_spec("{dropout: [0.1, 0.2]}"))
    assert "search" not in spec.to_data()
    assert parse_spec(spec_to_yaml(spec)) == parse_spec(TINY_SPEC)


def test_the_ready_made_space_is_table_2() -> None:
    assert ready_made_names() == ["angermueller2016"]
    found = parse_spec(search_spec("angermueller2016")).search
    assert found is not None
    # Rows of the table, in its order: 4 x 3 x 3 x 3 x 4 x 2 x 3 x 4 x 4 x 3.
    assert [len(a.to_data()) for a in found.space.values()] == [4, 3, 3, 3, 4, 2, 3, 4, 4, 3]
    assert math.prod([4, 3, 3, 3, 4, 2, 3, 4, 4, 3]) == found.size == 124_416
    assert (found.strategy, found.count) == ("random", 20)
    assert "He" in ready_made("angermueller2016").description


def test_a_grid_of_table_2_is_refused_without_a_number_of_trials() -> None:
    assert messages(search_spec("angermueller2016", strategy="grid")) == [
        "a search may have at most 10,000 trials. Received: a grid of 124,416. "
        "Write strategy: random, or fewer values."]
    found = parse_spec(search_spec("angermueller2016", strategy="grid", trials=5)).search
    assert found is not None
    assert found.count == 5


def messages(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_spec(text)
    return [p.message for p in caught.value.problems]


NAMES = ("optimizer, learning_rate, momentum, initializer, l1_l2, activation, dropout, batch_norm, "
         "rate_decay")
AXIS = ("an axis of search.space must be a dotted path into model, training or data, such as "
        f"model.layers[*].Conv1D.filters, or one of {NAMES}. ")
LEADS = "an axis of search.space must lead to something in the spec. Received: "
SAME = "trials are compared on the same validation set"

REFUSED_AXES = {
    "§model.layers[*].Conv1d.filters: [1]":
        LEADS + "'model.layers[*].Conv1d.filters'; nothing in the spec is 'model.layers[*].Conv1d'."
        " Did you mean 'Conv1D'?",
    "§model.layers[9].Dropout.rate: [0.1]":
        LEADS + "'model.layers[9].Dropout.rate'; nothing in the spec is 'model.layers[9]'.",
    "§model.layers[1].Dense.units: [1]":
        LEADS + "'model.layers[1].Dense.units'; nothing in the spec is 'model.layers[1].Dense'. "
        "There is: Dropout, rate.",
    "§model.layers[trunk].units: [1]":
        LEADS + "'model.layers[trunk].units'; nothing in the spec is 'model.layers[trunk]'.",
    "§training.optimizer.Adm.learning_rate: [1]":
        LEADS + "'training.optimizer.Adm.learning_rate'; nothing in the spec is "
        "'training.optimizer.Adm'. Did you mean 'Adam'?",
    "§trainin.batch_size: [1]": AXIS + "Received: 'trainin.batch_size'. Did you mean 'training'?",
    "§batchnorm: [true]": AXIS + "Received: 'batchnorm'. Did you mean 'batch_norm'?",
    "§model..layers: [1]": AXIS + "Received: 'model..layers'. Did you mean 'model'?",
    "§model.layers.[0]: [1]": AXIS + "Received: 'model.layers.[0]'. Did you mean 'model'?",
    "§name: [a]": AXIS + "Received: 'name'.",
    "§data.split.test: [0.1]":
        f"a search may not vary data.split: {SAME}. Received: 'data.split.test'. Remove it.",
    "§data.targets.bound.column: [bound]":
        f"a search may not vary data.targets: {SAME}. Received: 'data.targets.bound.column'. "
        "Remove it.",
    "§training.metrics: [[auroc]]":
        "a search may not vary training.metrics: metrics measure a training and do not change it. "
        "Received: 'training.metrics'. Remove it.",
    "§training.seed: [1, 2]":
        "a search may not vary training.seed where split.by is random, as it deals the split too: "
        f"{SAME}. Received: training.seed. Remove it.",
    "§dropout: {low: 0.1}": "dropout needs the argument 'high'. Received: none.",
    "dropout: {low: 0.1, §hihg: 0.2}": "dropout has no argument 'hihg'. Did you mean 'high'?",
    "dropout: {low: 0.3, high: §0.2}":
        "high of dropout must be more than low, 0.3. Received: 0.2.",
    "learning_rate: {low: §0, high: 1, log: true}":
        "low of learning_rate must be more than 0 where log is true. Received: 0.",
    "training.batch_size: {low: §1.5, high: 4, integer: true}":
        "low of training.batch_size must be a whole number where integer is true. Received: 1.5.",
    "learning_rate: {low: §1e-3, high: 1}":
        "low must be a number. Received: the text '1e-3'. Write 1.0e-3, unquoted.",
    "dropout: §0.1":
        "dropout must be a list of values, {choices: [...]}, or "
        "{low: ..., high: ..., log: ..., integer: ...}. Received: 0.1.",
    "dropout: §[]": "dropout must be a list of at least one value. Received: a list of 0.",
    "dropout: {choices: §3}": "choices must be a list of at least one value. Received: 3.",
    "dropout: [0.1, §0.1]":
        "each value of dropout must be there once. Received: 0.1 again. Keep one.",
}


@pytest.mark.parametrize(("axis", "message"), REFUSED_AXES.items(), ids=REFUSED_AXES)
def test_a_wrong_axis_is_noted_at_its_place(axis, message, refusals, places) -> None:
    text = f"{WITH}  space:\n    {axis}\n"
    assert refusals(text) == ([message], places(text))


OBJECTIVES = "search.objective must be one of val_loss, val_auroc, val_auprc, val_accuracy. "
REFUSED_OBJECTIVES = {
    "test_auroc":
        "search.objective must be measured on the validation set; a search that looks at the test "
        "set leaves nothing to test the winner on. Received: 'test_auroc'. "
        "Did you mean 'val_auroc'?",
    "auroc": OBJECTIVES + "Received: 'auroc'. Did you mean 'val_auroc'?",
    "loss": OBJECTIVES + "Received: 'loss'. Did you mean 'val_loss'?",
    "val_f1": OBJECTIVES + "Received: 'val_f1'. Add 'f1' to training.metrics.",
    "val_aurc": OBJECTIVES + "Received: 'val_aurc'. Did you mean 'val_auroc'?",
    "speed": OBJECTIVES + "Received: 'speed'.",
}


@pytest.mark.parametrize(("objective", "message"), REFUSED_OBJECTIVES.items())
def test_only_validation_values_are_objectives(objective, message, refusals, places) -> None:
    text = f"{TINY_SPEC}search:\n  objective: §{objective}\n  space: {{dropout: [0.1]}}\n"
    assert refusals(text) == ([message], places(text))


REFUSED_SECTIONS = {
    "§[]": "search must be a mapping. Received: a list of 0.",
    "{space: {dropout: [0.1]}}": "search needs the key 'objective'. Received: none.",
    "{objective: val_loss}": "search needs the key 'space'. Received: none.",
    "{objective: val_loss, space: {dropout: [0.1]}, §trails: 3}":
        "search has no key 'trails'. Did you mean 'trials'?",
    "{objective: val_loss, space: {dropout: [0.1]}, trials: §0}":
        "search.trials must be a number of at least 1. Received: 0.",
    "{objective: val_loss, space: {dropout: [0.1]}, trials: §10001}":
        "search.trials must be a number of at most 10000. Received: 10001.",
    "{objective: val_loss, space: §angermuller2016}":
        "space must be a mapping or the name of a ready-made space (angermueller2016). "
        "Received: 'angermuller2016'. Did you mean 'angermueller2016'?",
    "{objective: val_loss, space: §{}}":
        "space must be a mapping with at least one axis, or the name of a ready-made space. "
        "Received: a mapping with no keys.",
    "{objective: val_loss, strategy: grid, space: {dropout: §{low: 0, high: 0.5}}}":
        "a grid needs values: dropout must be a list. Received: a range. List its values, or write "
        "strategy: random.",
    "{objective: val_auroc, space: {'model.layers[*].Dropout.rate': [0.1], "
    "§'model.layers[1].Dropout.rate': [0.2]}}":
        "two axes may not set the same value. Received: 'model.layers[1].Dropout.rate' and "
        "'model.layers[*].Dropout.rate'. Keep one.",
    "{objective: val_auroc, space: {training.optimizer: [Adam, SGD], "
    "§training.optimizer.Adam.beta_1: [0.9]}}":
        "two axes may not set the same value. Received: 'training.optimizer.Adam.beta_1' and "
        "'training.optimizer'. Keep one.",
}


@pytest.mark.parametrize(("section", "message"), REFUSED_SECTIONS.items(), ids=REFUSED_SECTIONS)
def test_a_wrong_section_is_noted_at_its_place(section, message, refusals, places) -> None:
    at_key = "" if MARK in section else MARK
    text = f"{TINY_SPEC}{at_key}search: {section}\n"
    assert refusals(text) == ([message], places(text))


def test_several_targets_have_objectives_of_their_own() -> None:
    text = TINY_SPEC.replace("    bound: {column: bound}", "    a: {column: a}\n    b: {column: b}")
    text = text.replace("stratify: bound", "stratify: a").replace(
        "    - Dense: {units: 1}\n",
        "    - Dense: {units: 1, name: a}\n    - Dense: {from: global_max_pooling1d_1, units: 1, "
        "name: b}\n  outputs: [a, b]\n") + "search:\n  space: {dropout: [0.1]}\n  objective: "
    for good in ("val_loss", "val_a_auroc", "val_b_auprc", "val_b_loss"):
        found = parse_spec(text + good).search
        assert found is not None
        assert found.objective == good
    wrong = messages(text + "val_auroc")[0]
    assert "Did you mean 'val_a_auroc'?" in wrong or "Did you mean 'val_b_auroc'?" in wrong


def test_a_loss_that_the_axes_change_is_warned_of() -> None:
    text = search_spec("{l1_l2: [0, 0.01]}", objective="val_loss")
    assert [w.message for w in spec_warnings(text)] == [
        "val_loss itself changes with l1_l2, so trials with the weakest penalty look best. "
        "Compare a metric, such as val_auroc."]
    assert spec_warnings(text.replace("val_loss", "val_auroc")) == []


def test_too_many_axes_or_values_are_refused() -> None:
    many = "{" + ", ".join(f"a{i}: [1]" for i in range(51)) + "}"
    assert messages(search_spec(many)) == ["a space may have at most 50 axes. Received: 51."]
    long = "{training.batch_size: [" + ", ".join(map(str, range(1, 1002))) + "]}"
    assert messages(search_spec(long)) == [
        "a space may list at most 1,000 values. Received: 1,001. "
        "Write a range: {low: ..., high: ...}."]


def test_the_schema_for_editors_describes_axes() -> None:
    from dlgenomics.spec.search import Search

    space = Search.model_json_schema()["properties"]["space"]
    assert space["anyOf"][0] == {"enum": ["angermueller2016"]}
    assert {"low", "high", "log", "integer"} == set(
        space["anyOf"][1]["additionalProperties"]["anyOf"][2]["properties"])
    assert "dotted path" in space["description"]


KEYS = st.sampled_from(["model", "layers", "[*]", "[0]", "[x]", "Conv1D", "training", "optimizer",
                        "Adam", ".", "..", "[", "]", "repeat", "data", "", " ", "é"])


@given(st.lists(KEYS, max_size=8), st.sampled_from(["", "."]))
def test_no_path_makes_the_reader_crash(pieces: list[str], between: str) -> None:
    name = between.join(pieces).replace('"', "")
    with contextlib.suppress(SpecError):
        parse_spec(f'{WITH}  space:\n    "{name}": [1, 2]\n')


YAML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["low", "grid", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["low", "high", "choices", "log", "space", "dropout", "objective"]), inner,
        max_size=3), max_leaves=6)


@given(st.dictionaries(st.sampled_from(["objective", "space", "strategy", "trials", "x"]),
                       YAML_VALUES, max_size=4))
def test_no_section_makes_the_reader_crash(section: dict[str, object]) -> None:
    from dlgenomics.spec import dump_yaml

    with contextlib.suppress(SpecError):
        parse_spec(TINY_SPEC + dump_yaml({"search": section}))

"""Rules of the network and the training, broken: the message in full, at the place at fault (§)."""

import pytest
from published import DANQ

from dlgenomics.spec import parse_spec
from dlgenomics.spec.layers.rule import CannotFollow
from dlgenomics.spec.outline import outline
from dlgenomics.spec.types import Layer

CANNOT = [
    ("- Flatten", "- Flatten\n    - §Add: {from: [flatten_1, dna]}\n    - Flatten",
     "Add cannot follow shape (None, 138) and (None, 50, 4): its inputs need the same number of axes."),
    ("- Flatten", "- §Attention: {from: [dna, dna, conv1d_1]}\n    - Flatten",
     "Attention cannot follow shape (None, 50, 4) and (None, 50, 4) and (None, 46, 3): value and key "
     "must have the same length."),
    ("- Flatten", "- Flatten\n    - §TimeDistributed: {layer: {Dense: {units: 2}}}",
     "TimeDistributed cannot follow shape (None, 138): it needs (steps, ...) behind the batch axis."),
]

WRAPPED = [
    ("name", "LSTM in Bidirectional has no 'name' of its own. Received: one. Write it in "
     "Bidirectional."),
    ("from", "LSTM in Bidirectional has no 'from' of its own. Received: one. Write it in "
     "Bidirectional."),
]

TRAINING = [
    ("{loss_weights: {bound: §-1}}", "a weight must be a number of at least 0. Received: -1.0."),
    ("{loss_weights: {§bond: 1}}", "loss_weights is keyed by target: bound. Received: 'bond'. "
     "Did you mean 'bound'?"),
    ("{loss_weights: §[1]}", "training.loss_weights must be a mapping. Received: a list of 1."),
    ("{class_weight: {'0': 1, '1': §-2}}", "a weight must be a number of at least 0. Received: -2.0."),
    ("{class_weight: {bound: {'0': §-1, '1': 2}}}", "a weight must be a number of at least 0. "
     "Received: -1.0."),
    ("{pretrained: {from: basset, sha256: §abc}}", "training.pretrained.sha256 must be a SHA-256, 64 "
     "digits from 0 to f. Received: the text 'abc'."),
    ("{pretrained: {from: basset, except: §[" + ", ".join(["a"] * 1001) + "]}}",
     "training.pretrained.except must be a list of at most 1000. Received: a list of 1001."),
]


@pytest.mark.parametrize(("old", "new", "message"), CANNOT)
def test_layers_that_cannot_follow(refused_once, old, new, message):
    refused_once(old, new, message)


@pytest.mark.parametrize(("key", "message"), WRAPPED)
def test_a_layer_in_a_wrapper_has_no_place_of_its_own(refused_once, key, message):
    refused_once("- Flatten", f"- Bidirectional: {{layer: {{LSTM: {{units: 2, §{key}: dna}}}}}}\n"
                 "    - Flatten", message)


@pytest.mark.parametrize(("section", "message"), TRAINING)
def test_training(refused_once, section, message):
    refused_once("task:", f"training: {section}\ntask:", message)


@pytest.mark.parametrize(("dim", "ok"), [(16, False), (17, True), (18, True)])
def test_an_embedding_has_a_vector_for_each_word_and_for_none(small, refusals, places, dim, ok):
    # 4 ** 2 words of two letters and 0, which a word with N is.
    marked = small.replace("{kind: dna, length: 50}", "{kind: kmer, length: 50, k: 2}").replace(
        "- Conv1D: {filters: 3, kernel_size: 5, activation: relu}",
        f"- Embedding: {{input_dim: §{dim}, output_dim: 3}}")
    if ok:
        assert parse_spec(marked.replace("§", ""))
        return
    assert refusals(marked) == (["input_dim must be at least 17, 4^k words of 2 and 0 for a word with "
                                 "N. Received: 16."], places(marked))


def test_one_calibration_is_for_one_target(refusals, places):
    marked = DANQ.replace("training:", "training:\n  calibrate: §platt")
    assert refusals(marked) == (["calibrate is keyed by target where there are several: binding, "
                                 "accessibility. Received: the text 'platt'."], places(marked))


def test_class_weights_are_for_classes(small, refusals, places):
    marked = small.replace("binary_classification", "regression")
    marked += "training: {class_weight: §balanced}\n"
    assert refusals(marked) == (["class_weight is for targets that are classes, one label an example. "
                                 "Received: 'bound', regression. Leave it out."], places(marked))


def test_classes_of_a_file_of_columns_are_not_known_yet(small):
    text = small.replace("binary_class", "multiclass_class").replace(
        "{column: bound}", "{columns_from: a.txt}").replace("units: 1", "units: 3")
    found = parse_spec(text + "training: {class_weight: {a: 1, b: 2, c: 3}}\n")
    assert found.training.class_weight == {"bound": {"a": 1, "b": 2, "c": 3}}


def test_an_output_is_a_layer(small, refusals, places):
    marked = small.replace("bound: {column: bound}", "dna_: {column: bound}").replace(
        "  layers:", "  outputs: §[bound]\n  layers:")
    messages, at = refusals(marked)
    assert messages == ["the model's outputs must be the targets dna_. Received: bound. Give each "
                        "output layer its target's name."]
    assert at == places(marked)
    marked = small.replace("  layers:", "  outputs: §[bound]\n  layers:").replace(
        ", name: bound}", ", name: bonud}")
    assert refusals(marked)[0][0] == ("an output must be a layer. Received: 'bound'. "
                                      "Did you mean 'bonud'?")


@pytest.mark.parametrize(("kind", "arguments", "shape", "message"), [
    ("Dense", {"units": 1}, (), "it needs at least one axis behind the batch axis"),
    ("ReverseComplementPool", {}, (), "it needs at least one axis behind the batch axis"),
    ("Dense", {"units": 1}, (None,), "it needs a fixed number of features"),
    ("Conv1D", {"filters": 1, "kernel_size": 2}, (None, None), "it needs a fixed number of channels"),
])
def test_shapes_that_no_spec_but_an_imported_network_has(kind, arguments, shape, message):
    layer = Layer(kind, "x", arguments, ("in",))
    with pytest.raises(CannotFollow) as caught:
        outline([layer], {"in": shape})
    assert str(caught.value) == message

"""Which number is explained, and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.errors import DlgError
from dlgenomics.explain.explaining import explain
from dlgenomics.explain.point import find_point
from dlgenomics.explain.rules import LINEAR, MAXIMA, check_rules
from dlgenomics.explain.substrate import find_substrate
from dlgenomics.spec import parse_spec
from dlgenomics.spec.layers import RULES

BASE = """\
spec: 1
name: test/points
task: {task}
data:
  inputs: {{{inputs}}}
  targets: {{{targets}}}
model:
{outputs}  layers: [{layers}]
"""


def _spec(layers: str, *, task: str = "binary_classification", targets: str = "y: {column: y}",
          inputs: str = "dna: {kind: dna, length: 24}"):
    return parse_spec(BASE.format(layers=_flow(layers), task=task, targets=targets, inputs=inputs, outputs=""))


@pytest.mark.parametrize(("layers", "task", "layer", "is_linear", "words"), [
    ("Flatten, Dense: {units: 1}", "binary_classification", "y", True, "before the sigmoid of layer 'y'"),
    ("Flatten, Dense: {units: 1, name: z}, Activation: {activation: sigmoid}",
     "binary_classification", "z", False, "before the sigmoid of layer 'y'"),
    ("Flatten, Dense: {units: 1}", "regression", "y", False, "as the layer 'y' gives it"),
    ("Flatten, Dense: {units: 1, activation: softplus}, Dropout: {rate: 0.1}", "regression",
     "dense_1", True, "before the softplus of layer 'dense_1'"),
    ("Flatten, Dense: {units: 1, name: z}, LeakyReLU", "regression", "z", False,
     "before the LeakyReLU of layer 'y'"),
])
def test_the_last_activation_is_left_off(layers, task, layer, is_linear, words) -> None:
    point = find_point(_spec(layers, task=task))
    assert (point.layer, point.is_linear, point.column) == (layer, is_linear, 0)
    assert words in point.words


def _flow(layers: str) -> str:
    """Write ``A, B: {c: 1, d: 2}`` as items of a YAML flow list."""
    parts, depth, start = [], 0, 0
    for i, letter in enumerate(layers + ","):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(layers[start:i].strip())
            start = i + 1
    return ", ".join(f"{{{one}}}" if ":" in one else one for one in parts)


def test_the_output_itself_can_be_asked_for() -> None:
    spec = _spec("Flatten, Dense: {units: 1}")
    point = find_point(spec, on="output")
    assert (point.layer, point.is_linear) == ("y", False)
    assert point.words == "target 'y', as the layer 'y' gives it"
    with pytest.raises(DlgError, match=r"logit or the output\. Received: 'odds'"):
        find_point(spec, on="odds")  # type: ignore[arg-type]


def test_targets_are_found_by_name_in_any_output() -> None:
    spec = parse_spec(BASE.format(
        task="multitask", inputs="dna: {kind: dna, length: 24}", outputs="  outputs: [a, b]\n",
        targets="a: {columns: [p, q], task: multilabel_classification}, "
                "b: {column: r, task: regression}",
        layers="{Flatten: {name: f}}, {Dense: {units: 2, name: a, from: f}}, "
               "{Dense: {units: 1, name: b, from: f}}"))
    assert find_point(spec, "a/q").column == 1
    assert find_point(spec, "a/q").layer == "a"
    assert find_point(spec, "b").layer == "b"
    with pytest.raises(DlgError, match=r"one of a/p, a/q, b\. Received: none\. Name one"):
        find_point(spec)
    with pytest.raises(DlgError, match=r"Received: 'a/P'\. Did you mean 'a/p'\?"):
        find_point(spec, "a/P")


def test_units_of_layers_are_summed_over_positions(make_explained, x: np.ndarray) -> None:
    model = make_explained("Conv1D: {filters: 5, kernel_size: 4, activation: relu, name: c}",
                           "GlobalMaxPooling1D", "Dense: {units: 1}")
    found = explain(model, x, "gradient-x-input", layer="c", target="3")
    kernel, bias = model.model.get_layer("c").get_weights()
    windows = np.stack([x[:, i:i + 4] for i in range(21)], 1)
    expected = (np.einsum("npwc,wc->np", windows, kernel[..., 3]) + bias[3]).sum(1)
    assert found.values == pytest.approx(expected, rel=1e-4)
    assert found.quantity == ("unit 3 of layer 'c', before the relu of layer 'c', summed over its "
                              "21 positions")
    after = explain(model, x, "gradient-x-input", layer="c", target="3", on="output")
    assert after.values == pytest.approx(
        model.predict_activation_on_batch(x, "c")[..., 3].sum(1), rel=1e-4)
    with pytest.raises(DlgError, match=r"a layer is one of c, .*Received: 'cc'.*Did you mean 'c'"):
        explain(model, x, layer="cc")
    with pytest.raises(DlgError, match=r"a unit of layer 'c' is one of 0, 1, 2, 3, 4\. Received: '5'"):
        explain(model, x, layer="c", target="5")


def test_gradients_with_respect_to_the_output_are_keras_own(make_explained, x: np.ndarray) -> None:
    import keras
    import tensorflow as tf

    model = make_explained("Conv1D: {filters: 5, kernel_size: 4, activation: relu}", "Flatten",
                           "Dense: {units: 3}", task="multiclass_classification",
                           targets="y: {kind: classes, column: y, classes: [a, b, c]}")
    tensor = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        probability = model.model(tensor)[:, 1]
    found = explain(model, x, "gradient", target="b", on="output")
    assert found.details["gradient"] == pytest.approx(tape.gradient(probability, tensor).numpy(), abs=1e-6)
    logits = explain(model, x, "gradient", target="b")
    assert "before the softmax" in logits.quantity
    # The layer has its activation again.
    assert keras.activations.serialize(model.model.get_layer("y").activation) == "softmax"


@pytest.mark.parametrize(("layers", "says"), [
    ("Bidirectional: {layer: {LSTM: {units: 3}}, name: both}, Dense: {units: 1}", "Bidirectional. Received: 'both'"),
    ("LayerNormalization: {name: ln}, Flatten, Dense: {units: 1}", "LayerNormalization. Received: 'ln'"),
    ("Conv1D: {filters: 4, kernel_size: 3, activation: softmax, name: c}, Flatten, Dense: {units: 1}",
     "the activation softmax. Received: 'c'"),
    ("MultiHeadAttention: {num_heads: 1, key_dim: 2, from: [dna, dna], name: mha}, Flatten, Dense: {units: 1}",
     "MultiHeadAttention. Received: 'mha'"),
])
def test_deeplift_refuses_layers_by_name(layers: str, says: str) -> None:
    spec = _spec(layers)
    with pytest.raises(DlgError) as caught:
        check_rules(spec, find_point(spec), "dna")
    assert f"has none for {says}" in str(caught.value)
    assert "--method ig" in str(caught.value)


def test_a_softmax_at_the_end_needs_no_rule() -> None:
    spec = _spec("Flatten, Dense: {units: 3}", task="multiclass_classification",
                 targets="y: {kind: classes, column: y, classes: [a, b, c]}")
    check_rules(spec, find_point(spec, "b"), "dna")
    with pytest.raises(DlgError, match="the activation softmax"):
        check_rules(spec, find_point(spec, "b", on="output"), "dna")


def test_rules_are_for_layers_that_there_are() -> None:
    assert set(RULES) >= LINEAR | MAXIMA


def test_a_model_without_dna_is_refused() -> None:
    spec = _spec("Dense: {units: 1}", inputs="age: {kind: numeric, columns: [age]}")
    with pytest.raises(DlgError, match=r"one-hot DNA or RNA.*Received: one with 'age' of kind numeric"):
        find_substrate(spec)
    words = _spec("Embedding: {input_dim: 65, output_dim: 2}, Flatten, Dense: {units: 1}",
                  inputs="w: {kind: kmer, length: 24, k: 3}")
    with pytest.raises(DlgError, match="'w' of kind kmer"):
        find_substrate(words)


def test_arrays_of_four_columns_count_as_dna() -> None:
    spec = _spec("Flatten, Dense: {units: 1}", inputs="seq: {kind: array, shape: [24, 4]}")
    assert find_substrate(spec) == "seq"
    rna = _spec("Flatten, Dense: {units: 1}", inputs="r: {kind: rna, length: 24}")
    assert find_substrate(rna) == "r"


def test_sequences_with_n_are_refused_by_name(make_explained, x: np.ndarray) -> None:
    model = make_explained("Flatten", "Dense: {units: 1}")
    x[1, 5:8] = 0
    x[2, 0] = 0.25
    with pytest.raises(DlgError, match=r"Received: 'b' with 3 N .* and 1 more .*--allow-n"):
        explain(model, x, names=["a", "b", "c"])


def test_no_sequences_are_refused(make_explained, x: np.ndarray) -> None:
    with pytest.raises(DlgError, match="at least one sequence"):
        explain(make_explained("Flatten", "Dense: {units: 1}"), x[:0])


def test_an_average_of_heads_is_explained_as_it_is(make_explained, x: np.ndarray) -> None:
    model = make_explained("ReverseComplementAverage: {layers: [Flatten, Dense: {units: 1, "
                           "activation: sigmoid}]}")
    found = explain(model, x, "deeplift")
    assert "as the layer 'y' gives it" in found.quantity
    assert found.values == pytest.approx(model.predict_on_batch(x)[:, 0], abs=1e-6)
    assert found.largest_gap < 1e-6


def test_unknown_methods_and_settings_are_named() -> None:
    from dlgenomics.explain.methods import make_method

    with pytest.raises(DlgError, match=r"Received: 'deeplft'\. Did you mean 'deeplift'\?"):
        make_method("deeplft")
    with pytest.raises(DlgError, match=r"ig has the settings references, steps\. Received: 'noise'"):
        make_method("ig", noise=1)
    with pytest.raises(DlgError, match=r"ism has no settings\. Received: 'steps'"):
        make_method("ism", steps=3)

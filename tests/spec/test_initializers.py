"""`kernel_initializer: auto`: which is chosen, why, and when a written one is warned about."""

import pytest

from dlgenomics.spec import parse_spec, spec_to_yaml, spec_warnings, summarize

HE = ["relu", "relu6", "leaky_relu", "elu", "celu", "gelu", "silu", "swish", "mish"]
GLOROT = ["sigmoid", "tanh", "softmax", "linear", "hard_sigmoid", "softsign", "softplus"]


def chosen(text, row=1):
    return summarize(parse_spec(text)).layers[row].initializer


@pytest.mark.parametrize("activation", HE)
def test_he_for_the_relu_family(with_layers, activation):
    text = with_layers(f"- Conv1D: {{filters: 2, kernel_size: 3, activation: {activation}}}")
    assert chosen(text) == f"he_normal (He, chosen for {activation})"


@pytest.mark.parametrize("activation", GLOROT)
def test_glorot_for_the_others(with_layers, activation):
    text = with_layers(f"- Conv1D: {{filters: 2, kernel_size: 3, activation: {activation}}}")
    assert chosen(text) == f"glorot_uniform (Glorot, chosen for {activation})"


def test_lecun_for_selu(with_layers):
    text = with_layers("- Conv1D: {filters: 2, kernel_size: 3, activation: selu}")
    assert chosen(text) == "lecun_normal (LeCun, chosen for selu)"


@pytest.mark.parametrize(("following", "expected"), [
    ("- Activation: relu", "he_normal (He, chosen for relu in activation_1)"),
    ("- Activation: {activation: tanh, name: t}", "glorot_uniform (Glorot, chosen for tanh in t)"),
    ("- LeakyReLU", "he_normal (He, chosen for leaky_relu in leaky_relu_1)"),
    ("- PReLU", "he_normal (He, chosen for leaky_relu in prelu_1)"),
    ("- Threshold: {value: 1.0e-6}", "he_normal (He, chosen for relu in threshold_1)"),
    ("- BatchNormalization\n- Activation: relu", "he_normal (He, chosen for relu in activation_1)"),
    ("- LayerNormalization\n- Dropout: {rate: 0.1}\n- ReLU", "he_normal (He, chosen for relu in "
     "relu_1)"),
    ("- SpatialDropout1D: {rate: 0.1}\n- ELU", "he_normal (He, chosen for elu in elu_1)"),
    ("- MaxPooling1D\n- Activation: relu", "glorot_uniform (Glorot, chosen for linear)"),
    ("- BatchNormalization", "glorot_uniform (Glorot, chosen for linear)"),
])
def test_it_looks_ahead_through_normalization_and_dropout(with_layers, following, expected):
    assert chosen(with_layers(f"- Conv1D: {{filters: 2, kernel_size: 3}}\n{following}")) == expected


def test_it_does_not_look_ahead_where_the_graph_forks(with_layers):
    text = with_layers("""
        - Conv1D: {filters: 2, kernel_size: 3, name: c}
        - ReLU: {from: c, name: a}
        - ReLU: {from: c, name: b}
        - Add: {from: [a, b]}
        """)
    assert chosen(text) == "glorot_uniform (Glorot, chosen for linear)"


def test_the_head_counts_with_the_activation_that_the_task_gives(with_layers):
    assert chosen(with_layers("- ReLU"), -1) == "glorot_uniform (Glorot, chosen for sigmoid)"


def test_a_wrapped_layer_gets_one_too(with_layers):
    text = with_layers("- TimeDistributed: {layer: {Dense: {units: 2, activation: relu}}}")
    assert chosen(text) == "he_normal (He, chosen for relu)"


def test_a_written_one_stands(with_layers):
    text = with_layers("- Conv1D: {filters: 2, kernel_size: 3, activation: relu, "
                       "kernel_initializer: he_uniform}")
    assert chosen(text) == "he_uniform (as written)"
    assert spec_warnings(text) == []


def test_auto_may_be_written_out_and_beats_the_models_default(with_layers):
    text = with_layers("- Conv1D: {filters: 2, kernel_size: 3, activation: relu, "
                       "kernel_initializer: auto}")
    assert chosen(text).startswith("he_normal (He")
    text = text.replace("  layers:", "  defaults: {kernel_initializer: zeros}\n  layers:")
    assert chosen(text).startswith("he_normal (He")
    assert chosen(text, -1) == "zeros (as written)"


def test_a_mismatch_warns_at_its_place(with_layers, places):
    marked = with_layers("- Conv1D: {filters: 2, kernel_size: 3, activation: relu, "
                         "kernel_initializer: §glorot_uniform}")
    (warning,) = spec_warnings(marked.replace("§", ""))
    assert [(warning.line, warning.column)] == places(marked)
    assert warning.message == ("glorot_uniform does not match relu; he_normal does. "
                               "Leave it out to have it chosen.")


@pytest.mark.parametrize("written", ["zeros", "{RandomNormal: {stddev: 0.1}}", "orthogonal"])
def test_initializers_of_no_family_do_not_warn(with_layers, written):
    text = with_layers("- Conv1D: {filters: 2, kernel_size: 3, activation: relu, "
                       f"kernel_initializer: {written}}}")
    assert spec_warnings(text) == []


def test_recurrent_layers_keep_the_defaults_of_keras(with_layers):
    text = with_layers("- LSTM: {units: 2, return_sequences: true}")
    assert "kernel_initializer" not in parse_spec(text).model.layers[0].arguments


def test_a_resolved_spec_names_the_choice(small):
    resolved = spec_to_yaml(parse_spec(small))
    assert "kernel_initializer: HeNormal" in resolved
    assert "kernel_initializer: GlorotUniform" in resolved


def test_keras_builds_what_was_chosen(keras, small):
    from dlgenomics.build import build_model

    model = build_model(parse_spec(small))
    kinds = [type(model.layers[i].kernel_initializer).__name__ for i in (1, 3)]
    assert kinds == ["HeNormal", "GlorotUniform"]

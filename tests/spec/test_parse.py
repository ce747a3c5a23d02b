"""Texts → specs: defaults, choices made, round trips, and texts that nobody would write."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import BASSET, DANQ, TAL1

from dlgenomics.errors import DataError, MissingFileError, SpecError
from dlgenomics.spec import dump_yaml, load_spec, parse_spec, spec_to_yaml
from dlgenomics.spec.arguments import Reference


def layers(spec):
    return {layer.name: layer for layer in spec.model.layers}


def test_defaults(small):
    spec = parse_spec(small)
    assert (spec.spec, spec.name, spec.description, spec.license) == (1, "small", "", None)
    assert spec.data.inputs["dna"].n == "zeros"
    assert spec.data.inputs["dna"].center is False
    assert spec.data.inputs["dna"].shape == (50, 4)
    assert (spec.data.split.by, spec.data.split.test, spec.data.split.validation) == (
        "random", 0.15, 0.15)
    assert spec.data.augment == ()
    training = spec.training
    assert (training.seed, training.batch_size, training.epochs) == (1, 128, 100)
    assert training.optimizer == Reference("Adam")
    assert training.class_weight == {}
    assert [c.name for c in training.callbacks] == ["EarlyStopping"]


@pytest.mark.parametrize(("task", "columns", "activation", "loss", "metrics"), [
    ("binary_classification", 1, "sigmoid", "BinaryCrossentropy", ("auroc", "auprc", "accuracy")),
    ("multilabel_classification", 3, "sigmoid", "BinaryCrossentropy",
     ("auroc", "auprc", "accuracy")),
    ("multiclass_classification", 3, "softmax", "CategoricalCrossentropy", ("accuracy",)),
    ("regression", 2, None, "MeanSquaredError", ("mse", "mae", "pearson")),
])
def test_the_task_fills_in_head_loss_and_metrics(small, task, columns, activation, loss, metrics):
    names = ", ".join(f"c{i}" for i in range(columns))
    text = small.replace("binary_classification", task).replace("units: 1", f"units: {columns}")
    text = text.replace("column: bound", f"columns: [{names}]" if columns > 1 else "column: c0")
    spec = parse_spec(text)
    assert layers(spec)["bound"].arguments.get("activation") == activation
    assert spec.training.loss == {"bound": Reference(loss)}
    assert spec.training.metrics == {"bound": metrics}


def test_the_last_layer_takes_the_name_of_the_only_target(small):
    spec = parse_spec(small.replace(", name: bound", ""))
    assert spec.model.outputs == ("bound",)
    assert spec.model.layers[-1].name == "bound"


def test_layers_follow_the_one_above_unless_they_say_from(small):
    spec = parse_spec(small)
    assert [layer.inputs for layer in spec.model.layers] == [("dna",), ("conv1d_1",), ("flatten_1",)]


def test_names_are_counted_by_kind_and_avoid_written_ones(with_layers):
    spec = parse_spec(with_layers("- Conv1D: {filters: 1, kernel_size: 2, name: dropout_1}\n"
                                  "- Dropout: {rate: 0.1}\n- Dropout: {rate: 0.1}"))
    assert list(layers(spec)) == ["dropout_1", "dropout_1_", "dropout_2", "flatten_1", "bound"]


def test_the_first_layer_follows_the_first_of_models_inputs(small):
    text = small.replace("  targets", "    other: {kind: dna, length: 9}\n  targets")
    spec = parse_spec(text.replace("  layers:", "  inputs: [other]\n  layers:"))
    assert spec.model.layers[0].inputs == ("other",)


def test_short_forms(with_layers):
    spec = parse_spec(with_layers("- Activation: relu\n- ReLU\n- Dropout: {rate: 0}\n- ReLU: {}\n"
                                  "- BatchNormalization:"))
    assert layers(spec)["activation_1"].arguments == {"activation": "relu"}
    assert layers(spec)["relu_1"].arguments == layers(spec)["relu_2"].arguments == {}
    assert layers(spec)["batch_normalization_1"].arguments == {}


def test_defaults_of_the_model_reach_layers_that_have_the_argument(small):
    spec = parse_spec(small.replace(
        "  layers:", "  defaults: {kernel_regularizer: {L2: {l2: 0.5}}, use_bias: false}\n  layers:"
    ).replace("units: 1", "units: 1, kernel_regularizer: null"))
    conv, flat, head = spec.model.layers
    assert conv.arguments["kernel_regularizer"] == Reference("L2", {"l2": 0.5})
    assert head.arguments["kernel_regularizer"] is None
    assert conv.arguments["use_bias"] is head.arguments["use_bias"] is False
    assert flat.arguments == {}


def test_references_are_written_by_name_or_with_arguments_in_either_spelling(small):
    def optimizer(written):
        return parse_spec(f"{small}training: {{optimizer: {written}}}\n").training.optimizer

    assert optimizer("adam") == optimizer("Adam") == optimizer("{Adam: {}}") == Reference("Adam")
    assert optimizer("{SGD: {learning_rate: 1}}") == Reference("SGD", {"learning_rate": 1.0})
    nested = optimizer("{SGD: {learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, "
                       "decay_steps: 5, decay_rate: 0.9}}}}")
    assert nested.arguments["learning_rate"].name == "ExponentialDecay"


def test_loss_and_metrics_for_all_targets_or_by_target():
    one = parse_spec(DANQ.replace("metrics: {binding: [auroc, auprc, recall_at_10_fdr], "
                                  "accessibility: [auroc]}", "metrics: [auprc]"))
    assert one.training.metrics == {"binding": ("auprc",), "accessibility": ("auprc",)}
    by_target = parse_spec(f"{DANQ}  loss: {{binding: hinge, accessibility: "
                           "{BinaryCrossentropy: {label_smoothing: 0.1}}}\n")
    assert by_target.training.loss == {
        "binding": Reference("Hinge"),
        "accessibility": Reference("BinaryCrossentropy", {"label_smoothing": 0.1})}


def test_splits(small):
    def split(written):
        return parse_spec(small.replace("  targets", f"  split: {written}\n  targets")).data.split

    assert split("{by: random, test: 0, validation: 7}").validation == 7
    assert split("{by: chromosome, test: [chr1], validation: [chr2]}").exclude == ()
    assert split("{by: column, column: part}").column == "part"


def test_a_spec_cannot_be_changed(small):
    spec = parse_spec(small)
    with pytest.raises(Exception, match="frozen"):
        spec.name = "other"


# ---- files ------------------------------------------------------------------------------------


def test_load_spec_names_the_file_in_its_problems(tmp_path, small):
    path = tmp_path / "a.yaml"
    path.write_text(small, encoding="utf-8")
    assert load_spec(path) == parse_spec(small)
    path.write_text(small.replace("spec: 1", "spec: 2"), encoding="utf-8")
    with pytest.raises(SpecError, match=r"a\.yaml:1:7: spec must be 1, .*Received: 2\."):
        load_spec(path)


@pytest.mark.parametrize("change", [
    lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n"),
], ids=["BOM", "CRLF"])
def test_load_spec_reads_files_of_windows(tmp_path, small, change):
    path = tmp_path / "a.yaml"
    path.write_bytes(change(small.encode()))
    assert load_spec(path) == parse_spec(small)


def test_load_spec_refuses_what_is_not_there_or_not_text(tmp_path, small):
    path = tmp_path / "spec.yaml"
    path.write_bytes(small.encode() + "# Größe".encode("latin-1"))
    place = rf"spec\.yaml:{small.count(chr(10)) + 1}"
    with pytest.raises(DataError, match=rf"{place}: the spec must be UTF-8 text\. .* byte 0xf6\."):
        load_spec(path)
    with pytest.raises(MissingFileError, match=r"no such file\. Did you mean 'spec\.yaml'\?"):
        load_spec(tmp_path / "spec.yml")


# ---- round trips ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [TAL1, BASSET, DANQ], ids=["dragonn", "basset", "danq"])
def test_a_resolved_spec_reads_back_equal_and_stays_as_it_is(text):
    spec = parse_spec(text)
    resolved = spec_to_yaml(spec)
    assert parse_spec(resolved) == spec
    assert spec_to_yaml(parse_spec(resolved)) == resolved


@pytest.mark.parametrize(("old", "new"), [
    ("training: {}", "training: {callbacks: []}"),
    ("training: {}", "training: {metrics: []}"),
    ("training: {}", "training: {class_weight: {'0': 1, '1': 2.5}}"),
    ("training: {}", "training: {optimizer: {SGD: {clipnorm: null, learning_rate: 1.0e-12}}}"),
    ("- Flatten", "- LSTM: {units: 2, recurrent_activation: null}"),
    ("- Flatten", "- LSTM: {units: 2, activation: null}"),
    ("- Flatten", "- Conv1D: {filters: 2, kernel_size: [3], padding: causal}\n    - Flatten"),
    ("activation: relu", "kernel_constraint: {MinMaxNorm: {axis: [0, 1], rate: 0.5}}"),
    ("activation: relu", "kernel_constraint: {MaxNorm: {axis: per_unit}}"),
    ("name: small", "name: 'yes'"), ("name: small", "name: '0123'"), ("name: small", "name: 1e3"),
    ("name: small", "name: small\ndescription: \"a: b # c\\n\\t' é \\u2028 \\x85 🧬\""),
    ("name: small", "name: small\ninfo: {authors: [{name: x, email: null}], tags: []}"),
    ("column: bound", "column: '1:30'"), ("column: bound", "column: 2024-01-31"),
    ("column: bound", "column: '<<'"), ("column: bound", "column: 'null'"),
])
def test_round_trips_of_what_is_easily_lost(small, old, new):
    text = f"{small}training: {{}}\n".replace(old, new)
    spec = parse_spec(text)
    assert parse_spec(spec_to_yaml(spec)) == spec


def test_an_empty_list_of_callbacks_is_not_the_default(small):
    spec = parse_spec(f"{small}training: {{callbacks: []}}\n")
    assert spec.training.callbacks == ()
    assert parse_spec(spec_to_yaml(spec)).training.callbacks == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXTS, st.floats(allow_nan=False, allow_infinity=False), st.integers(-10**29, 10**29))
def test_dump_yaml_writes_what_the_reader_reads(text, number, whole):
    from dlgenomics.spec.document import read_document

    data = {"a": [number, whole, True, None, {"b": number}], "c": {"d": whole}}
    assert read_document(dump_yaml(data)).data == data
    assert read_document(dump_yaml({"t": text, "u": [text]})).data == {"t": text, "u": [text]}


@pytest.mark.parametrize("text", ["\x85", "\u2028", "\u2029", "a\rb", "\r\n", "x\x85y", "\ufeff", "\x07"])
def test_dump_yaml_keeps_rare_line_ends(text):
    from dlgenomics.spec.document import read_document

    assert read_document(dump_yaml({"t": text})).data == {"t": text}


def test_dump_yaml_repeats_instead_of_aliasing():
    same = [1, 2]
    assert dump_yaml({"a": same, "b": same}) == "a: [1, 2]\nb: [1, 2]\n"


# ---- texts that nobody would write ------------------------------------------------------------


def quick_refusal_or_spec(text):
    start, spec = time.perf_counter(), None
    with contextlib.suppress(SpecError):
        spec = parse_spec(text)
    assert time.perf_counter() - start < 20  # it does not hang; it takes milliseconds
    return spec


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_spec_error(text):
    assert quick_refusal_or_spec(text) is None


@settings(max_examples=200)
@given(st.text("[]{}:,-?&*!|>%@`'\"#\n\t abn01.<~", max_size=60))
def test_no_punctuation_raises_anything_but_a_spec_error(text):
    assert quick_refusal_or_spec(text) is None

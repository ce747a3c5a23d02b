"""Where calibrating layers stand in a network, and what may be calibrated."""

from __future__ import annotations

import pytest

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec, spec_to_yaml, summarize
from dlgenomics.spec.calibration import score_layers
from dlgenomics.spec.transfer import assigned_layers, frozen_layers
from tiny import TINY_SPEC


def calibrated(written: str, text: str = TINY_SPEC) -> str:
    return text.replace("  seed: 3\n", f"  seed: 3\n  calibrate: {written}\n")


CLASSES = TINY_SPEC.replace("binary_", "multiclass_").replace(
    "{column: bound}", "{kind: classes, column: bound, classes: ['0', '1', '2']}").replace(
    "units: 1", "units: 3").replace(", stratify: bound", "")
NUMBERS = TINY_SPEC.replace("binary_classification", "regression").replace(", stratify: bound", "")


@pytest.mark.parametrize(("method", "tail", "parameters"), [
    ("platt", [("Dense", "bound_scores", "linear"), ("Scale", "bound_calibration", None),
               ("Activation", "bound", "sigmoid")], 2),
    ("temperature", [("Dense", "bound_scores", "linear"), ("Scale", "bound_calibration", None),
                     ("Activation", "bound", "sigmoid")], 1),
    ("isotonic", [("Dense", "bound_uncalibrated", "sigmoid"),
                  ("IsotonicCalibration", "bound", None)], 128),
])
def test_the_layers_that_calibrate_stand_at_the_output(
    method: str, tail: list[tuple[str, str, str | None]], parameters: int
) -> None:
    spec = parse_spec(calibrated(method))
    assert spec.training.calibrate == {"bound": method}
    last = spec.model.layers[-len(tail):]
    assert [(one.kind, one.name, one.arguments.get("activation")) for one in last] == tail
    summary = summarize(spec)
    assert (summary.parameters, summary.trainable) == (229 + parameters, 229)
    assert {name for _, name, _ in tail} == score_layers(spec)


@pytest.mark.parametrize("method", ["platt", "temperature", "isotonic"])
def test_a_resolved_spec_is_not_calibrated_twice(method: str) -> None:
    spec = parse_spec(calibrated(method))
    assert parse_spec(spec_to_yaml(spec)) == spec


def test_they_are_never_trained_nor_taken_from_another_model() -> None:
    spec = parse_spec(calibrated("platt\n  pretrained: x"))
    assert frozen_layers(spec) == {"bound_calibration"}
    assert assigned_layers(spec) == [{"conv1d_1": "conv1d_1", "bound_scores": "bound_scores"}]


def test_an_activation_of_its_own_keeps_the_layers_before_it() -> None:
    text = TINY_SPEC.replace("- Dense: {units: 1}", "- Dense: {units: 1}\n    - Activation: sigmoid")
    spec = parse_spec(calibrated("platt", text))
    assert [one.name for one in spec.model.layers][-3:] == ["dense_1", "bound_calibration", "bound"]


def test_classes_have_one_temperature() -> None:
    spec = parse_spec(calibrated("temperature", CLASSES))
    assert spec.model.layers[-1].arguments["activation"] == "softmax"


def test_the_set_may_be_named_if_it_is_validation() -> None:
    spec = parse_spec(calibrated("{bound: platt, fit_on: validation}"))
    assert spec.training.calibrate == {"bound": "platt"}


@pytest.mark.parametrize(("text", "message"), [
    (calibrated("{bound: platt, fit_on: test}"),
     "calibration is fitted on the validation set: on the test set it would make the test's own "
     "result look better than it is. Received: the text 'test'. Leave fit_on out."),
    (calibrated("plat"), "training.calibrate must be one of 'platt', 'isotonic' or 'temperature'."),
    (calibrated("{bond: platt}"), "calibrate is keyed by target: bound. Received: 'bond'. "
     "Did you mean 'bound'?"),
    (calibrated("platt", TINY_SPEC.replace("units: 1}", "units: 1, name: open}")),
     "the model's outputs must be the targets bound. Received: open."),
    (calibrated("platt", NUMBERS), "calibrate is for targets that are classes, whose outputs are "
     "probabilities. Received: 'bound', regression. Leave it out."),
    (calibrated("platt", CLASSES),
     "multiclass_classification is calibrated by temperature. Received: platt."),
    (calibrated("platt", TINY_SPEC.replace(
        "- Dense: {units: 1}", "- ReverseComplementAverage: {layers: [GlobalMaxPooling1D, "
        "Dense: {units: 1}]}").replace("    - GlobalMaxPooling1D\n", "")),
     "platt needs an output layer with activation sigmoid or softmax. Received: 'bound', Average. "
     "Use isotonic."),
])
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(text)
    assert any(problem.message.startswith(message) for problem in caught.value.problems), (
        str(caught.value))


def test_names_that_are_taken_are_left_alone() -> None:
    text = TINY_SPEC.replace("activation: relu}", "activation: relu, name: bound_calibration}")
    spec = parse_spec(calibrated("platt", text))
    assert spec.model.layers[-1].inputs == ("bound_calibration_",)
    assert frozen_layers(spec) == {"bound_calibration_"}
    assert parse_spec(spec_to_yaml(spec)) == spec


@pytest.mark.parametrize("nothing", ["{}", "{fit_on: validation}", "null"])
def test_nothing_may_be_said(nothing: str) -> None:
    assert parse_spec(calibrated(nothing)) == parse_spec(TINY_SPEC)


@pytest.mark.parametrize("odd", [
    "3", "[platt]", "{bound: [platt]}", "{bound: {a: 1}}", "''", "{bound: null}"])
def test_odd_values_are_problems_but_never_crash(odd: str) -> None:
    with pytest.raises(SpecError, match="calibrate"):
        parse_spec(calibrated(odd))


def test_an_output_that_others_follow_is_refused() -> None:
    text = TINY_SPEC.replace("    bound: {column: bound}", "    bound: {column: bound}\n"
                             "    other: {column: other}").replace(
        "- Dense: {units: 1}", "- Dense: {units: 1, name: bound}\n"
        "    - Dense: {units: 1, name: other}").replace(
        "training:", "  outputs: [bound, other]\ntraining:")
    with pytest.raises(SpecError, match="must be an end of the network"):
        parse_spec(calibrated("{bound: platt}", text))

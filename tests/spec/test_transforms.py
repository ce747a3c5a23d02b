"""Named changes of a spec: each against documents written by hand, and in all orders valid."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.errors import SearchError
from dlgenomics.spec import dump_yaml, parse_spec
from dlgenomics.spec.document import read_document
from dlgenomics.spec.point import apply_point, effective
from dlgenomics.spec.search import ready_made
from dlgenomics.spec.transforms import transforms
from tiny import TINY_SPEC

TABLE = ready_made("angermueller2016").space
TINY = read_document(TINY_SPEC).data


def changed(name, value, training="", layers="", examples=1000):
    """Return the training section, or the layers, of a spec after one change."""
    text = f"training: {training}" if training else f"model: {{layers: [{layers}]}}"
    found = transforms(examples)[name].change(read_document(text).data, value)
    return found["training"] if training else found["model"]


@pytest.mark.parametrize(("training", "value", "expected"), [
    ("{}", "SGD", {"optimizer": "SGD"}),
    ("{optimizer: Adam}", "SGD", {"optimizer": "SGD"}),
    ("{optimizer: {Adam: {learning_rate: 0.1, beta_1: 0.5, clipnorm: 1}}}", "RMSprop",
     {"optimizer": {"RMSprop": {"learning_rate": 0.1, "clipnorm": 1}}}),
    ("{optimizer: {Adam: {learning_rate: 0.1}}}", {"SGD": {"learning_rate": 1}},
     {"optimizer": {"SGD": {"learning_rate": 1}}}),
])
def test_optimizer(training, value, expected) -> None:
    assert changed("optimizer", value, training) == expected


@pytest.mark.parametrize(("training", "expected"), [
    ("{batch_size: 3}", {"batch_size": 3, "optimizer": {"Adam": {"learning_rate": 0.2}}}),
    ("{optimizer: rmsprop}", {"optimizer": {"RMSprop": {"learning_rate": 0.2}}}),
    ("{optimizer: {SGD: {momentum: 0.9}}}",
     {"optimizer": {"SGD": {"momentum": 0.9, "learning_rate": 0.2}}}),
    ("{optimizer: {SGD: {learning_rate: {CosineDecay: "
     "{initial_learning_rate: 1, decay_steps: 9}}}}}",
     {"optimizer": {"SGD": {"learning_rate": {"CosineDecay": {
         "initial_learning_rate": 0.2, "decay_steps": 9}}}}}),
])
def test_learning_rate(training, expected) -> None:
    assert changed("learning_rate", 0.2, training) == expected


def test_momentum_is_for_optimizers_that_have_one() -> None:
    assert changed("momentum", 0.9, "{optimizer: SGD}") == {
        "optimizer": {"SGD": {"momentum": 0.9}}}
    assert changed("momentum", 0.9, "{optimizer: Adam}") == {"optimizer": "Adam"}
    point = {"momentum": 0.9, "dropout": 0.5}
    assert effective(TINY, point) == {"dropout": 0.5}
    assert effective(TINY, {**point, "optimizer": "RMSprop"}) == {**point, "optimizer": "RMSprop"}


def test_rate_decay_counts_batches() -> None:
    training = "{batch_size: 300, epochs: 20, optimizer: {Adam: {learning_rate: 0.4}}}"
    # 1000 examples in batches of 300 are 4 batches an epoch, 80 in all.
    linear = changed("rate_decay", "linear", training)["optimizer"]["Adam"]["learning_rate"]
    assert linear == {"PolynomialDecay": {
        "initial_learning_rate": 0.4, "decay_steps": 80, "end_learning_rate": 0.2}}
    exponential = changed("rate_decay", "exponential", training)["optimizer"]["Adam"]
    assert exponential["learning_rate"] == {"ExponentialDecay": {
        "initial_learning_rate": 0.4, "decay_steps": 8, "decay_rate": 0.5}}
    default = changed("rate_decay", "linear", "{optimizer: SGD}")["optimizer"]["SGD"]
    # Keras's own rate of SGD; 8 batches of 128, 100 epochs.
    assert default["learning_rate"]["PolynomialDecay"] == {
        "initial_learning_rate": 0.01, "decay_steps": 800, "end_learning_rate": 0.005}


def test_no_rate_decay_takes_a_schedule_away() -> None:
    training = ("{optimizer: {Adam: {learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1,"
                " decay_steps: 5, decay_rate: 0.9}}}}}")
    assert changed("rate_decay", "none", training) == {"optimizer": {"Adam": {"learning_rate": 0.1}}}


CONV = "Conv1D: {filters: 2, kernel_size: 3"
HEAD = "Dense: {units: 1}"
LAYERS = {
    "a layer with its activation inside": (
        f"{{{CONV}, activation: relu}}}}, Flatten, {{{HEAD}}}",
        [{"Conv1D": {"filters": 2, "kernel_size": 3}}, "BatchNormalization", {"Activation": "relu"},
         "Flatten", {"Dense": {"units": 1}}]),
    "an activation of its own": (
        f"{{{CONV}}}}}, {{Activation: relu}}, {{{HEAD}}}",
        [{"Conv1D": {"filters": 2, "kernel_size": 3}}, "BatchNormalization", {"Activation": "relu"},
         {"Dense": {"units": 1}}]),
    "a name moves to the end": (
        f"{{{CONV}, activation: relu, name: a}}}}, {{{HEAD}}}",
        [{"Conv1D": {"filters": 2, "kernel_size": 3}}, "BatchNormalization",
         {"Activation": {"activation": "relu", "name": "a"}}, {"Dense": {"units": 1}}]),
    "already normalised": (
        f"{{{CONV}}}}}, BatchNormalization, {{Activation: relu}}, {{{HEAD}}}", None),
    "normalised after the activation": (
        f"{{{CONV}}}}}, {{Activation: relu}}, BatchNormalization, {{{HEAD}}}", None),
    "no hidden layer": (f"Flatten, {{{HEAD}}}", None),
    "inside a block": (
        f"{{repeat: {{times: 2, layers: [{{{CONV}, activation: relu}}}}]}}}}, {{{HEAD}}}",
        [{"repeat": {"times": 2, "layers": [
            {"Conv1D": {"filters": 2, "kernel_size": 3}}, "BatchNormalization",
            {"Activation": "relu"}]}}, {"Dense": {"units": 1}}]),
    "a recurrent layer is left": (f"{{LSTM: {{units: 2, activation: tanh}}}}, {{{HEAD}}}", None),
}


@pytest.mark.parametrize(("layers", "expected"), LAYERS.values(), ids=LAYERS)
def test_batch_norm_goes_before_the_activation(layers, expected) -> None:
    before = read_document(f"model: {{layers: [{layers}]}}").data["model"]["layers"]
    assert changed("batch_norm", True, layers=layers)["layers"] == (expected or before)


def test_batch_norm_is_taken_out() -> None:
    layers = f"{{{CONV}}}}}, BatchNormalization, {{BatchNormalization: {{momentum: 0.9}}}}, {{{HEAD}}}"
    assert changed("batch_norm", False, layers=layers)["layers"] == [
        {"Conv1D": {"filters": 2, "kernel_size": 3}}, {"Dense": {"units": 1}}]


@pytest.mark.parametrize(("name", "value", "layers", "message"), [
    ("batch_norm", 1, HEAD, "batch_norm must be true or false. Received: 1."),
    ("batch_norm", False, "{BatchNormalization: {name: a}}, {" + HEAD + "}",
     "a BatchNormalization that batch_norm takes out must follow the layer above and have no name. "
     "Received: one with 'from' or 'name'."),
    ("batch_norm", True, "{Dense: {units: 2}}, {Dense: {from: dense_1, units: 1}}",
     "batch_norm adds layers, so layers that others follow need a name. Received: from: 'dense_1'. "
     "Write 'name' there."),
    ("rate_decay", "slow", HEAD,
     "rate_decay must be one of none, linear, exponential. Received: the text 'slow'."),
    ("rate_decay", [1], HEAD,
     "rate_decay must be one of none, linear, exponential. Received: a list of 1."),
])
def test_changes_that_cannot_be_made(name, value, layers, message) -> None:
    with pytest.raises(SearchError) as caught:
        changed(name, value, layers=layers)
    assert str(caught.value) == message


def test_activation_is_that_of_hidden_layers() -> None:
    layers = ("{Conv1D: {filters: 2, activation: relu}}, {Dense: {units: 3}}, {Activation: relu}, "
              "ReLU, {LeakyReLU: {name: a}}, {LSTM: {units: 2, activation: tanh}}, "
              "{Dense: {units: 1, activation: sigmoid}}")
    assert changed("activation", "gelu", layers=layers)["layers"] == [
        {"Conv1D": {"filters": 2, "activation": "gelu"}}, {"Dense": {"units": 3}},
        {"Activation": "gelu"}, {"Activation": "gelu"},
        {"Activation": {"activation": "gelu", "name": "a"}},
        {"LSTM": {"units": 2, "activation": "tanh"}},
        {"Dense": {"units": 1, "activation": "sigmoid"}}]


def test_dropout_is_set_or_put_before_the_output() -> None:
    assert changed("dropout", 0.3, layers="{Dropout: {rate: 0.1}}, {" + HEAD + "}")["layers"] == [
        {"Dropout": {"rate": 0.3}}, {"Dense": {"units": 1}}]
    assert changed("dropout", 0.3, layers="Flatten, {Dense: {units: 1, from: a}}")["layers"] == [
        "Flatten", {"Dropout": {"from": "a", "rate": 0.3}}, {"Dense": {"units": 1}}]


def test_initializer_and_penalty_are_everywhere() -> None:
    layers = ("{Conv1D: {filters: 2, kernel_initializer: Zeros, kernel_regularizer: L1}}, "
              "{TimeDistributed: {layer: {Dense: {units: 2, kernel_initializer: Ones}}}}")
    found = changed("initializer", "HeNormal", layers=layers)
    assert found == {"defaults": {"kernel_initializer": "HeNormal"}, "layers": [
        {"Conv1D": {"filters": 2, "kernel_regularizer": "L1"}},
        {"TimeDistributed": {"layer": {"Dense": {"units": 2}}}}]}
    assert "defaults" not in changed("initializer", "auto", layers=layers)
    assert changed("l1_l2", 0.01, layers="{Dense: {units: 1}}") == {
        "defaults": {"kernel_regularizer": {"L1L2": {"l1": 0.01, "l2": 0.01}}},
        "layers": [{"Dense": {"units": 1}}]}
    assert "defaults" not in changed("l1_l2", 0, layers=layers)


POINTS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in TABLE.items()})


@given(POINTS)
def test_every_point_of_table_2_gives_a_valid_spec_that_says_so(point) -> None:
    before = copy.deepcopy(TINY)
    document = apply_point(TINY, point, examples=240)
    assert before == TINY
    spec = parse_spec(dump_yaml(document))
    training, layers = spec.training, spec.model.layers
    rate = training.optimizer.arguments["learning_rate"]
    assert training.optimizer.name == point["optimizer"]
    assert training.batch_size == point["training.batch_size"]
    if point["rate_decay"] == "none":
        assert rate == point["learning_rate"]
    else:
        assert rate.arguments["initial_learning_rate"] == point["learning_rate"]
    assert training.optimizer.arguments.get("momentum") == (
        point["momentum"] if point["optimizer"] == "RMSprop" else None)
    kinds = [layer.kind for layer in layers]
    assert kinds.count("BatchNormalization") == int(point["batch_norm"])
    activations = [layer.arguments.get("activation") for layer in layers]
    assert point["activation"] in activations
    assert activations[-1] == "sigmoid"
    conv = layers[0].arguments
    penalty = conv.get("kernel_regularizer")
    assert (penalty.arguments if penalty else {}) == (
        {"l1": point["l1_l2"], "l2": point["l1_l2"]} if point["l1_l2"] else {})
    he = "HeNormal" if point["activation"] == "relu" else "GlorotUniform"
    assert conv["kernel_initializer"].name == (
        he if point["initializer"] == "auto" else point["initializer"])


@given(POINTS, POINTS)
def test_the_last_point_wins(first, second) -> None:
    """Changes leave nothing behind, but for layers of normalisation that are asked for."""
    once = apply_point(TINY, {**second, "batch_norm": False})
    first = {**first, "batch_norm": False, "momentum": 0.8, "optimizer": "Adam"}
    twice = apply_point(apply_point(TINY, first), {**second, "batch_norm": False})
    assert parse_spec(dump_yaml(twice)) == parse_spec(dump_yaml(once))

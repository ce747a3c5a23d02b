"""The allow-lists of initializers, optimizers, losses and so on, against the installed Keras."""

import inspect

import pytest

from dlgenomics.spec import vocabulary
from dlgenomics.spec.arguments import REQUIRED, snake_case
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.optimizers import OPTIMIZERS, REFUSED_ARGUMENTS, REFUSED_OPTIMIZERS
from dlgenomics.spec.schedules import EPOCHS, KERAS_SCHEDULES, SCHEDULES, WARMUP

TABLES = {
    "initializers": vocabulary.INITIALIZERS,
    "regularizers": vocabulary.REGULARIZERS,
    "constraints": vocabulary.CONSTRAINTS,
    "optimizers": OPTIMIZERS,
    "optimizers.schedules": KERAS_SCHEDULES,
    "losses": {k: v for k, v in vocabulary.LOSSES.items() if k not in vocabulary.OWN_LOSSES},
    "callbacks": vocabulary.CALLBACKS,
}
ROWS = [(module, name) for module, table in TABLES.items() for name in table]

OURS = {("EarlyStopping", "restore_best_weights"): True}
"""Defaults that differ from Keras's on purpose."""


def class_of(keras, module, name):
    found = keras
    for part in module.split("."):
        found = getattr(found, part)
    return getattr(found, name)


@pytest.mark.parametrize(("module", "name"), ROWS)
def test_arguments_and_defaults_are_those_of_keras(keras, module, name):
    signature = inspect.signature(class_of(keras, module, name).__init__).parameters
    for argument, row in TABLES[module][name].items():
        default = signature[argument].default
        expected = REQUIRED if default is inspect.Parameter.empty else default
        assert row.default == OURS.get((name, argument), expected), argument


def test_our_own_defaults_do_differ_from_those_of_keras(keras):
    for (name, argument), default in OURS.items():
        signature = inspect.signature(getattr(keras.callbacks, name).__init__).parameters
        assert signature[argument].default != default


@pytest.mark.parametrize(("module", "name"), ROWS)
def test_defaults_make_an_object(keras, module, name):
    table = TABLES[module][name]
    lists = {"boundaries": [5], "values": [0.5, 0.1]}
    needed = {k: lists.get(k, 0.5) for k, row in table.items() if row.default is REQUIRED}
    class_of(keras, module, name)(**needed)


@pytest.mark.parametrize("name", vocabulary.ACTIVATIONS)
def test_activations_are_known_to_keras(keras, name):
    assert callable(keras.activations.get(name))


@pytest.mark.parametrize("name", vocabulary.OWN_ACTIVATIONS)
def test_activations_of_our_own_are_made_and_unknown_to_keras(keras, name):
    from dlgenomics.build.activations import make_activation

    assert make_activation(name).__name__ == name
    with pytest.raises(ValueError, match="Could not interpret"):
        keras.activations.get(name)


@pytest.mark.parametrize("module", ["initializers", "optimizers", "losses"])
def test_snake_case_names_mean_the_same_to_keras(keras, module):
    for name in set(TABLES[module]) - {"Constant", "Lamb"}:  # one needs its value, one Keras forgot
        found = getattr(keras, module).get(snake_case(name))
        found = found if isinstance(found, type) else type(found)
        if found.__name__ == "function":  # losses by function
            found = getattr(keras.losses, name)
        assert found.__name__ == name


def test_snake_case_names_are_those_of_kerass_layers(keras):
    from keras.src.utils.naming import to_snake_case

    ours = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu"}  # Keras: re_lu …
    for name in RULES:
        assert snake_case(name) == ours.get(name, to_snake_case(name))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_two_names_have_one_snake_case(table):
    assert len({snake_case(name) for name in table}) == len(table)


def test_every_optimizer_of_keras_is_allowed_or_refused(keras):
    names = {name for name in dir(keras.optimizers) if name[0].isupper()}
    assert names == OPTIMIZERS.keys() | REFUSED_OPTIMIZERS.keys()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_argument_of_an_optimizer_is_allowed_or_refused(keras, name):
    signature = set(inspect.signature(getattr(keras.optimizers, name).__init__).parameters)
    assert signature - {"self", "kwargs"} == set(OPTIMIZERS[name]) | (signature & set(REFUSED_ARGUMENTS))
    assert not set(OPTIMIZERS[name]) & set(REFUSED_ARGUMENTS)


def test_every_schedule_of_keras_is_allowed_whole(keras):
    module = keras.optimizers.schedules
    names = {name for name in dir(module) if name[0].isupper()}
    assert names == KERAS_SCHEDULES.keys() | {"LearningRateSchedule"}
    assert names | {WARMUP} == SCHEDULES.keys() | {"LearningRateSchedule"}
    for name, table in KERAS_SCHEDULES.items():
        signature = set(inspect.signature(getattr(module, name).__init__).parameters)
        assert signature - {"self", "name"} == set(table)
        assert {k for k in table if "steps" in k or k == "boundaries"} <= set(EPOCHS)

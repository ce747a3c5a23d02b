"""Every layer of our own: made again from its config, saved and loaded, in mixed precision."""

import numpy as np
import pytest

from dlgenomics.spec.layers import RULES, experts, own, positions, strands, tokens

SEQ = (20, 4)

# Arguments (none at its default) and the shape of an input.
CASES = {
    "AttentionPooling1D": ({"pool_size": 5, "initial_scale": 0.5, "kernel_regularizer": "l2"}, SEQ),
    "AttentionSummary": ({"units": 3, "kernel_initializer": "he_normal",
                          "kernel_regularizer": "l1"}, SEQ),
    "FrameSlice": ({"frame": 1, "frames": 4}, SEQ),
    "GatedLinearUnit": ({"activation": "gelu"}, SEQ),
    "IsotonicCalibration": ({"knots": 5}, SEQ),
    "MixtureOfExperts": ({"num_experts": 4, "experts_per_token": 3, "units": 5,
                          "activation": "gelu", "use_bias": False}, SEQ),
    "PositionEmbedding": ({"embeddings_initializer": "ones", "embeddings_regularizer": "l2"}, SEQ),
    "PositionEncoding": ({"max_wavelength": 50.0}, SEQ),
    "RelativeMultiHeadAttention": (
        {"num_heads": 2, "key_dim": 3, "value_dim": 5, "num_relative_position_features": 3,
         "attention_dropout": 0.2, "positional_dropout": 0.3, "symmetric": True,
         "zero_initialize": False}, SEQ),
    "ReverseComplement": ({"complement": False}, SEQ),
    "ReverseComplementBatchNormalization": (
        {"momentum": 0.9, "epsilon": 0.01, "center": False, "scale": False}, SEQ),
    "ReverseComplementConv1D": (
        {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same", "activation": "relu",
         "use_bias": False, "kernel_initializer": "he_normal", "bias_initializer": "ones",
         "kernel_regularizer": "l1", "bias_regularizer": "l2", "kernel_constraint": "non_neg",
         "bias_constraint": "max_norm"}, SEQ),
    "ReverseComplementPool": ({"mode": "average"}, SEQ),
    "Scale": ({"scale": False}, SEQ),
    "SplineTransform": ({"shared_weights": True, "kernel_initializer": "ones",
                         "kernel_regularizer": "l2"}, SEQ),
    "SplineWeight1D": ({"n_bases": 6, "spline_degree": 2, "share_splines": True, "l2_smooth": 0.1,
                        "l2": 0.2, "use_bias": True}, SEQ),
    "StochasticShift": ({"max_shift": 2}, SEQ),
    "Threshold": ({"threshold": 0.25, "value": -1.0}, SEQ),
}


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make(kind, **arguments):
    from dlgenomics.build.layers import OWN_LAYERS

    return OWN_LAYERS[kind](**arguments)


def model_of(keras, layer, shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


def example(shape, seed=0):
    return np.random.default_rng(seed).normal(size=(3, *shape)).astype("float32")


def randomize(layer, seed=7):
    rng = np.random.default_rng(seed)
    layer.set_weights([np.abs(rng.normal(size=w.shape)) + 0.1 for w in layer.get_weights()])


def built(kind):
    layer = make(kind, **CASES[kind][0])
    layer.build((None, *CASES[kind][1]))
    return layer


def test_every_layer_of_our_own_has_a_case_and_a_manual():
    from dlgenomics.build.layers import OWN_LAYERS

    assert set(CASES) | set(tokens.RULES) == set(OWN_LAYERS)
    assert set(OWN_LAYERS) == {*own.RULES, *strands.RULES, *positions.RULES, *experts.RULES,
                               *tokens.RULES}
    for layer in OWN_LAYERS.values():
        assert "Args:" in layer.__doc__
        for argument in RULES[layer.__name__].arguments:
            assert argument in layer.__doc__


@pytest.mark.parametrize("kind", CASES)
def test_a_layer_is_made_again_from_its_config(keras, kind):
    arguments, _ = CASES[kind]
    layer = make(kind, **arguments)
    config = layer.get_config()
    assert set(RULES[kind].arguments) <= set(config)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is type(layer)
    assert again.get_config() == config
    again.build((None, *CASES[kind][1]))
    assert [w.shape for w in again.weights] == [w.shape for w in built(kind).weights]


@pytest.mark.parametrize("kind", CASES)
def test_the_cases_hold_no_default(kind):
    for name, value in CASES[kind][0].items():
        assert value != RULES[kind].arguments[name].default


@pytest.mark.parametrize("kind", CASES)
def test_a_saved_layer_computes_the_same(keras, kind, tmp_path):
    arguments, shape = CASES[kind]
    layer = make(kind, **arguments)
    model = model_of(keras, layer, shape)
    randomize(layer)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = example(shape)
    np.testing.assert_array_equal(model.predict_on_batch(x), again.predict_on_batch(x))


@pytest.mark.parametrize("kind", CASES)
def test_mixed_precision_is_close(keras, kind):
    arguments, shape = CASES[kind]
    full, half = make(kind, **arguments), make(kind, **arguments, dtype="mixed_float16")
    models = [model_of(keras, layer, shape) for layer in (full, half)]
    randomize(full)
    half.set_weights(full.get_weights())
    found = [np.asarray(model(example(shape))) for model in models]
    assert [f.dtype.name for f in found] == ["float32", "float16"]
    np.testing.assert_allclose(*found, rtol=0.02, atol=0.02)
    assert {w.dtype for w in half.weights} <= {"float32"}


@pytest.mark.parametrize("kind", CASES)
def test_every_trainable_weight_has_a_gradient(keras, kind):
    import tensorflow as tf

    arguments, shape = CASES[kind]
    layer = make(kind, **arguments)
    model = model_of(keras, layer, shape)
    randomize(layer)
    with tf.GradientTape() as tape:
        loss = keras.ops.sum(keras.ops.square(model(example(shape), training=True)))
    gradients = tape.gradient(loss, [w.value for w in layer.trainable_weights])
    assert all(g is not None and float(tf.reduce_max(tf.abs(g))) > 0 for g in gradients)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.parametrize("kind", [k for k in CASES if k != "StochasticShift"])
def test_compiled_training_is_the_same_as_step_by_step(keras, kind):
    arguments, shape = CASES[kind]
    arguments = {k: 0.0 if "dropout" in k else v for k, v in arguments.items()}
    layer, weights, found = make(kind, **arguments), None, []
    model = model_of(keras, layer, shape)
    x = example(shape)
    y = example(model.output_shape[1:], 1)
    randomize(layer)
    weights = layer.get_weights()
    for step_by_step in (True, False):
        layer.set_weights(weights)
        model.compile("sgd", "mse", run_eagerly=step_by_step, jit_compile=False)
        losses = model.fit(x, y, epochs=3, verbose=0).history["loss"]
        found.append([*losses, *map(np.sum, layer.get_weights())])
    np.testing.assert_allclose(*found, rtol=1e-4)


SPEC = """\
spec: 1
name: all
task: binary_classification
data:
  inputs:
    dna: {kind: dna, length: 24}
  targets:
    bound: {column: bound}
model:
  layers:
    - StochasticShift: {max_shift: 2}
    - ReverseComplementConv1D: {filters: 6, kernel_size: 5, padding: same, activation: quick_gelu,
                                kernel_constraint: {MaxNorm: {max_value: 0.5, axis: per_unit}}}
    - ReverseComplementBatchNormalization
    - ReverseComplementPool
    - AttentionPooling1D
    - SplineWeight1D: {n_bases: 5}
    - PositionEncoding
    - PositionEmbedding
    - Residual: {layers: [RelativeMultiHeadAttention: {num_heads: 1, key_dim: 4, value_dim: 6}]}
    - Threshold: {value: 1.0e-6}
    - AttentionSummary: {units: 3}
    - Scale
    - Dense: {units: 4, activation: hard_sigmoid_keras2}
    - Dense: {units: 1, name: bound}
"""


def test_a_spec_of_them_builds_trains_and_survives_a_file(keras, tmp_path):
    from dlgenomics.build import build_model
    from dlgenomics.spec import parse_spec, spec_to_yaml, summarize

    spec = parse_spec(SPEC)
    assert parse_spec(spec_to_yaml(spec)) == spec
    model = build_model(spec)
    assert model.count_params() == summarize(spec).parameters
    model.compile("adam", "binary_crossentropy")
    x = np.eye(4, dtype="float32")[np.random.default_rng(1).integers(0, 4, (32, 24))]
    y = x[:, 10:14, 2].max(axis=1, keepdims=True)
    losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    kernel = next(w for w in model.trainable_weights if w.name == "kernel" and w.shape == (5, 4, 6))
    assert np.linalg.norm(np.asarray(kernel).reshape(20, 6), axis=0).max() < 0.501
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.predict_on_batch(x), again.predict_on_batch(x))


def test_the_same_seed_gives_the_same_shifts(keras):
    from dlgenomics.build import build_model
    from dlgenomics.spec import parse_spec

    x = np.random.default_rng(0).normal(size=(16, 24, 4)).astype("float32")
    found = []
    for seed in (1, 1, 2):
        model = build_model(parse_spec(f"{SPEC}training: {{seed: {seed}}}\n"))
        shift = model.get_layer("stochastic_shift_1")
        found.append(np.asarray(shift(x, training=True)))
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()

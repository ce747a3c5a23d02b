"""Mixture of experts and gated feed-forward, against NumPy that was written from the description."""

import aido_numpy
import numpy as np
import pytest

CHANNELS, UNITS = 16, 24
BLOCK = "bert.encoder.layer.0"


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make(kind, **arguments):
    from dlgenomics.build.layers import OWN_LAYERS

    layer = OWN_LAYERS[kind](units=UNITS, **arguments)
    layer.build((None, None, CHANNELS))
    return layer


def give(layer, tensors, config):
    """Set the weights of a mixture from tensors as the file of AIDO.Protein names them."""
    weights = [tensors[f"{BLOCK}.mlp.router.weight"].T]
    for number in range(config["num_experts"]):
        both, down = (f"{BLOCK}.mlp.dense_{part}_{number}" for part in ("h_to_4h", "4h_to_h"))
        for half in (slice(UNITS), slice(UNITS, None)):
            weights += [tensors[f"{both}.{kind}"][half].T for kind in kinds(config)]
        weights += [tensors[f"{down}.{kind}"].T for kind in kinds(config)]
    layer.set_weights(weights)


def kinds(config):
    return ("weight", "bias") if config["add_linear_bias"] else ("weight",)


def mixture(**changes):
    """Return a layer with random weights, their tensors and their configuration."""
    config = {**aido_numpy.FM4BIO, **changes}
    tensors = aido_numpy.random_tensors(config)
    layer = make("MixtureOfExperts", num_experts=config["num_experts"],
                 experts_per_token=config["experts_per_token"], use_bias=config["add_linear_bias"])
    give(layer, tensors, config)
    return layer, tensors, config


def example(batch=3, length=10):
    return np.random.default_rng(1).normal(size=(batch, length, CHANNELS)).astype("float32")


def expected(tensors, config, x):
    wide = {name: tensor.astype("float64") for name, tensor in tensors.items()}
    return np.stack([aido_numpy._mlp(config, wide, BLOCK, row.astype("float64")) for row in x])


@pytest.mark.parametrize("changes", [
    {}, {"add_linear_bias": False}, {"experts_per_token": 1}, {"experts_per_token": 4},
])
def test_a_mixture_gives_what_numpy_gives(keras, changes):
    layer, tensors, config = mixture(**changes)
    x = example()
    np.testing.assert_allclose(layer(x), expected(tensors, config, x), rtol=1e-5, atol=1e-5)


def test_one_token_of_one_sequence_goes_through(keras):
    layer, tensors, config = mixture()
    x = example(1, 1)
    np.testing.assert_allclose(layer(x), expected(tensors, config, x), rtol=1e-5, atol=1e-5)


def test_lengths_and_batches_may_differ_in_one_graph(keras):
    layer, tensors, config = mixture()
    inputs = keras.Input((None, CHANNELS))
    model = keras.Model(inputs, layer(inputs))
    for shape in ((1, 1), (2, 7), (5, 3)):
        x = example(*shape)
        np.testing.assert_allclose(model.predict_on_batch(x), expected(tensors, config, x),
                                   rtol=1e-5, atol=1e-5)


def test_of_equal_logits_the_first_experts_are_chosen(keras):
    layer, tensors, config = mixture()
    tensors[f"{BLOCK}.mlp.router.weight"][:] = 0.0
    give(layer, tensors, config)
    x = example()
    np.testing.assert_allclose(layer(x), expected(tensors, config, x), rtol=1e-5, atol=1e-5)
    alone = {**config, "num_experts": 2}
    np.testing.assert_allclose(layer(x), expected(tensors, alone, x), rtol=1e-5, atol=1e-5)


def test_an_expert_that_no_token_reaches_gives_nothing(keras):
    layer, tensors, config = mixture(experts_per_token=1)
    tensors[f"{BLOCK}.mlp.router.weight"][:] = 0.0  # all go to the first
    for name in tensors:
        if "_1." in name:
            tensors[name][:] = np.nan
    give(layer, tensors, config)
    assert np.isfinite(np.asarray(layer(example()))).all()


def test_all_tokens_may_go_to_one_expert(keras):
    layer, tensors, config = mixture(experts_per_token=1)
    tensors[f"{BLOCK}.mlp.router.weight"][:] = 0.0
    give(layer, tensors, config)
    x = example(4, 50)
    np.testing.assert_allclose(layer(x), expected(tensors, config, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("policy", ["bfloat16", "mixed_bfloat16"])
def test_the_router_stays_float32(keras, policy):
    exact, tensors, config = mixture()
    layer = make("MixtureOfExperts", num_experts=4, dtype=policy)
    give(layer, tensors, config)
    assert keras.backend.standardize_dtype(layer.router.dtype) == "float32"
    assert layer.router.numpy().tolist() == exact.router.numpy().tolist()
    x = example()
    found = np.asarray(keras.ops.cast(layer(x), "float32"))
    assert keras.backend.standardize_dtype(layer(x).dtype) == "bfloat16"
    np.testing.assert_allclose(found, expected(tensors, config, x), rtol=0.1, atol=0.1)


def test_the_dense_form_gives_what_numpy_gives(keras):
    config = {**aido_numpy.RNABERT}
    tensors = aido_numpy.random_tensors(config)
    layer = make("GatedFeedForward")
    layer.set_weights([tensors[f"{BLOCK}.mlp.{part}_proj.{kind}"].T
                       for part in ("up", "gate", "down") for kind in ("weight", "bias")])
    x = example()
    np.testing.assert_allclose(layer(x), expected(tensors, config, x), rtol=1e-5, atol=1e-5)


def test_every_expert_learns(keras):
    import tensorflow as tf

    layer, _, _ = mixture()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.constant(example())) ** 2)
    gradients = tape.gradient(loss, layer.trainable_weights)
    assert len(gradients) == 1 + 4 * 6
    assert all(np.abs(tf.convert_to_tensor(g)).max() > 0 for g in gradients)

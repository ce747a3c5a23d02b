"""Mixtures of experts against NumPy that was written from the description."""

import aido_numpy
import numpy as np
import pytest

CHANNELS, UNITS = 16, 24
BLOCK = "bert.encoder.layer.0"


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make(**arguments):
    from dlgenomics.build.layers import OWN_LAYERS

    layer = OWN_LAYERS["MixtureOfExperts"](units=UNITS, **arguments)
    layer.build((None, None, CHANNELS))
    return layer


def give(layer, tensors, config):
    """Set the weights of a mixture from tensors as the file of AIDO.Protein names them."""
    stacks = [[tensors[f"{BLOCK}.mlp.dense_{part}_{number}.{kind}"].T
               for number in range(config["num_experts"])]
              for part in ("h_to_4h", "4h_to_h")
              for kind in ("weight", "bias")[:1 + config["add_linear_bias"]]]
    layer.set_weights([tensors[f"{BLOCK}.mlp.router.weight"].T, *map(np.stack, stacks)])


def mixture(**changes):
    """Return a layer with random weights, their tensors and their configuration."""
    config = {**aido_numpy.FM4BIO, **changes}
    tensors = aido_numpy.random_tensors(config)
    layer = make(num_experts=config["num_experts"],
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
    assert np.isnan(layer.up_kernel.numpy()).any()
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
    layer = make(num_experts=4, dtype=policy)
    give(layer, tensors, config)
    assert keras.backend.standardize_dtype(layer.router.dtype) == "float32"
    assert layer.router.numpy().tolist() == exact.router.numpy().tolist()
    x = example()
    found = np.asarray(keras.ops.cast(layer(x), "float32"))
    assert keras.backend.standardize_dtype(layer(x).dtype) == "bfloat16"
    np.testing.assert_allclose(found, expected(tensors, config, x), rtol=0.1, atol=0.1)


def test_half_of_the_channels_gate_the_others(keras):
    from dlgenomics.build.layers import OWN_LAYERS

    x = np.array([[1.0, 2.0, 0.0, -3.0]], "float32")
    found = OWN_LAYERS["GatedLinearUnit"]()(x)
    np.testing.assert_allclose(found, [[0.0, 2.0 * -3.0 / (1.0 + np.exp(3.0))]], rtol=1e-6)


def test_each_expert_starts_as_a_dense_layer_of_its_size(keras):
    layer = make(num_experts=4)
    limit = np.sqrt(6 / (CHANNELS + 2 * UNITS))
    for kernel in layer.up_kernel.numpy():
        assert 0.9 * limit < np.abs(kernel).max() <= limit
    assert not np.allclose(layer.up_kernel[0], layer.up_kernel[1])


def test_every_expert_learns(keras):
    import tensorflow as tf

    layer, _, _ = mixture()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.constant(example())) ** 2)
    gradients = tape.gradient(loss, layer.trainable_weights)
    assert len(gradients) == 5
    for gradient in map(tf.convert_to_tensor, gradients):
        assert np.abs(gradient).max() > 0
        assert gradient.shape[0] != 4 or all(np.abs(one).max() > 0 for one in gradient)

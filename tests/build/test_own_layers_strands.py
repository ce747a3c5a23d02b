"""Networks that treat both strands alike: equivariant inside, invariant at the end."""

import numpy as np
import pytest

from dlgenomics.spec import parse_spec


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make(kind, **arguments):
    from dlgenomics.build.layers import OWN_LAYERS

    return OWN_LAYERS[kind](**arguments)


def one_hot(length, count=4, seed=0):
    return np.eye(4, dtype="float32")[np.random.default_rng(seed).integers(0, 4, (count, length))]


def other_strand(x):
    """Return the reverse complement by its definition: base by base, A with T and C with G."""
    complement = {0: 3, 1: 2, 2: 1, 3: 0}
    found = np.zeros_like(x)
    for b, sequence in enumerate(x):
        for i, base in enumerate(sequence.argmax(axis=1)[::-1]):
            found[b, i, complement[int(base)]] = 1
    return found


def randomize(model, seed=3):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.2, 1.0, w.shape) * rng.choice([-1, 1], w.shape)
                       if "variance" not in v.name else rng.uniform(0.5, 2, w.shape)
                       for w, v in zip(model.get_weights(), model.weights, strict=True)])


def test_reverse_complement_is_the_other_strand(keras):
    x = one_hot(11)
    np.testing.assert_array_equal(make("ReverseComplement")(x), other_strand(x))
    np.testing.assert_array_equal(make("ReverseComplement", complement=False)(x), x[:, ::-1])


def test_reverse_complement_turns_masks_round(keras):
    x = one_hot(6)
    x[:, 4:] = 0
    inputs = keras.Input((6, 4))
    turned = make("ReverseComplement")(keras.layers.Masking()(inputs))
    last = keras.layers.LSTM(2)
    model = keras.Model(inputs, last(turned))
    np.testing.assert_allclose(model(x), last(x[:, :4][:, ::-1, ::-1]), rtol=1e-5, atol=1e-6)


def test_channels_are_kernels_and_their_reverse_complements(keras):
    layer, x = make("ReverseComplementConv1D", filters=3, kernel_size=5), one_hot(20)
    found = np.asarray(layer(x))
    kernel, bias = layer.get_weights()
    assert kernel.shape == (5, 4, 3)
    for f in range(3):
        for place in range(16):
            forward = (x[:, place:place + 5] * kernel[..., f]).sum(axis=(1, 2)) + bias[f]
            other = (x[:, place:place + 5] * kernel[::-1, ::-1, f]).sum(axis=(1, 2)) + bias[f]
            np.testing.assert_allclose(found[:, place, f], forward, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(found[:, place, 5 - f], other, rtol=1e-4, atol=1e-5)


BODIES = {
    "valid": "- ReverseComplementConv1D: {filters: 3, kernel_size: 4}",
    "same": "- ReverseComplementConv1D: {filters: 3, kernel_size: 5, padding: same, activation: relu}",
    "strides": "- ReverseComplementConv1D: {filters: 3, kernel_size: 4, strides: 2, padding: same}",
    "dilated": "- ReverseComplementConv1D: {filters: 3, kernel_size: 4, dilation_rate: 3}",
    "two": "- ReverseComplementConv1D: {filters: 3, kernel_size: 4}\n"
           "- ReverseComplementConv1D: {filters: 2, kernel_size: 3}",
    "normalized": "- ReverseComplementConv1D: {filters: 3, kernel_size: 4}\n"
                  "- ReverseComplementBatchNormalization\n- ReLU\n"
                  "- ReverseComplementConv1D: {filters: 2, kernel_size: 3}",
    "pooled": "- ReverseComplementConv1D: {filters: 3, kernel_size: 5}\n- MaxPooling1D: {pool_size: 4}",
}

SPEC = """\
spec: 1
name: strands
task: binary_classification
data:
  inputs:
    dna: {{kind: dna, length: 40}}
  targets:
    bound: {{column: bound}}
model:
  layers:
{}
    - ReverseComplementPool: {{mode: {}, name: joined}}
    - {}
    - Dense: {{units: 3, activation: tanh}}
    - Dense: {{units: 1, name: bound}}
"""


def build(body, mode="max", end="GlobalMaxPooling1D"):
    from dlgenomics.build import build_model

    lines = "".join(f"    {line}\n" for line in body.splitlines())
    model = build_model(parse_spec(SPEC.format(lines, mode, end)))
    randomize(model)
    return model


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_other_strand_gives_the_reversed_output_with_reversed_channels(keras, body):
    model = build(body)
    inner = keras.Model(model.input, model.get_layer("joined").input)
    x = one_hot(40)
    np.testing.assert_allclose(inner(other_strand(x)), np.asarray(inner(x))[:, ::-1, ::-1],
                               rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["max", "average", "sum"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_whole_network_predicts_the_same_for_both_strands(keras, body, mode):
    model, x = build(body, mode, "GlobalAveragePooling1D"), one_hot(40)
    np.testing.assert_allclose(model(x), model(other_strand(x)), rtol=1e-4, atol=1e-5)
    assert np.ptp(np.asarray(model(x))) > 1e-6  # but not for all sequences


def test_a_plain_network_does_not(keras):
    model, x = build("- Conv1D: {filters: 6, kernel_size: 4}"), one_hot(40)
    assert np.abs(np.asarray(model(x)) - np.asarray(model(other_strand(x)))).max() > 1e-3


def test_training_keeps_the_symmetry(keras):
    model = build(BODIES["normalized"])
    model.compile("adam", "binary_crossentropy")
    x = one_hot(40, 32)
    model.fit(x, np.arange(32)[:, None] % 2, epochs=3, verbose=0)
    np.testing.assert_allclose(model(x), model(other_strand(x)), rtol=1e-4, atol=1e-5)


def test_pooling_strands_takes_each_pair(keras):
    x = np.array([[1.0, 5.0, 3.0, 2.0]], "float32")  # pairs: 1 with 2, 5 with 3
    found = [np.asarray(make("ReverseComplementPool", mode=m)(x)).tolist()
             for m in ("max", "average", "sum")]
    assert found == [[[2.0, 5.0]], [[1.5, 4.0]], [[3.0, 8.0]]]


def test_normalization_of_strands_is_that_of_both_together(keras):
    x = np.random.default_rng(0).normal(size=(8, 5, 4)).astype("float32")
    layer = make("ReverseComplementBatchNormalization", epsilon=1e-5)
    found = np.asarray(layer(x, training=True))
    for channel in range(2):
        pair = np.stack([x[..., channel], x[..., 3 - channel]])
        expected = (pair - pair.mean()) / np.sqrt(pair.var() + 1e-5)
        np.testing.assert_allclose(found[..., channel], expected[0], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(found[..., 3 - channel], expected[1], rtol=1e-3, atol=1e-4)

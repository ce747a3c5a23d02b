"""Layers of language models against arithmetic by hand, with and without pads."""

import numpy as np
import pytest

from dlgenomics.spec.layers import tokens

# Arguments (none at its default) and the shapes of the inputs.
CASES = {
    "TokenTable": ({"vocabulary": 7, "channels": 4}, [(5,)]),
    "TokenEmbedding": ({"pad": 3}, [(5,), (7, 4)]),
    "TokenDropout": ({"mask": 2, "rate": 0.5}, [(5, 4), (5,)]),
    "TokenPositionEmbedding": ({"length": 9}, [(5, 4)]),
    "RunningPositionEmbedding": ({"length": 9, "pad": 1}, [(5, 4), (5,)]),
    "SegmentEmbedding": ({"segments": 3}, [(5, 4)]),
    "SelfAttention": ({"num_heads": 2, "use_bias": False}, [(5, 4)]),
    "RotarySelfAttention": ({"num_heads": 2, "use_bias": False, "max_wavelength": 50.0}, [(5, 4)]),
    "TokenScores": ({"use_bias": False}, [(5, 4), (7, 4)]),
    "TokenAverage": ({"outside": [0, 2]}, [(5, 4), (5,)]),
}


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make(kind, **arguments):
    from dlgenomics.build.layers import OWN_LAYERS

    return OWN_LAYERS[kind](**arguments)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def randomized(layer, *shapes):
    """Build a layer and give it weights that are all different."""
    layer.build(shapes[0] if len(shapes) == 1 else list(shapes))
    rng = np.random.default_rng(3)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def numbers(tensor):
    return np.asarray(tensor)


def test_every_layer_has_a_case():
    assert set(CASES) == set(tokens.RULES)


@pytest.mark.parametrize("kind", CASES)
def test_a_layer_is_made_again_from_its_config(keras, kind):
    arguments, shapes = CASES[kind]
    for name, value in arguments.items():
        assert value != tokens.RULES[kind].arguments[name].default
    layer = make(kind, **arguments)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    shape = [(None, *one) for one in shapes]
    again.build(shape if len(shape) > 1 else shape[0])
    names = [w.name for w in again.weights]
    assert names == [w.name for w in randomized(layer, *shape).weights]


def test_embedding_and_scores_share_a_table(keras):
    ids = keras.Input((None,), dtype="int32")
    table = make("TokenTable", vocabulary=7, channels=4)
    embedded = make("TokenEmbedding", pad=0)([ids, table(ids)])
    model = keras.Model(ids, make("TokenScores", use_bias=False)([embedded, table(ids)]))
    vectors = noise(7, 4)
    model.set_weights([vectors])
    found = model.predict(np.array([[2, 6, 0]]), verbose=0)
    np.testing.assert_allclose(found[0], vectors[[2, 6, 0]] @ vectors.T, rtol=1e-5)
    assert model.count_params() == 28


def test_token_dropout_makes_up_for_the_masked():
    x, ids = noise(2, 5, 3), np.array([[4, 2, 4, 4, 4], [2, 2, 4, 0, 0]])
    mask = np.array([[True] * 5, [True] * 3 + [False] * 2])
    found = numbers(make("TokenDropout", mask=2)([x, ids], mask=[mask, None]))
    expected = x * np.array([0.88 / (1 - 1 / 5), 0.88 / (1 - 2 / 3)])[:, None, None]
    expected[ids == 2] = 0
    np.testing.assert_allclose(found[mask], expected[mask], rtol=1e-5)


def test_a_sequence_that_is_masked_whole_stays_finite():
    found = make("TokenDropout", mask=2)([noise(1, 3, 4), np.full((1, 3), 2)])
    assert (numbers(found) == 0).all()


def test_running_positions_leave_pads_out():
    layer = randomized(make("RunningPositionEmbedding", length=9, pad=1), (None, 4, 3), (None, 4))
    vectors = layer.get_weights()[0]
    found = numbers(layer([np.zeros((2, 4, 3), "float32"), np.array([[5, 6, 7, 1], [5, 1, 1, 1]])]))
    np.testing.assert_allclose(found[0], vectors[[2, 3, 4, 1]], rtol=1e-6)
    np.testing.assert_allclose(found[1], vectors[[2, 1, 1, 1]], rtol=1e-6)


def test_segments_and_positions_are_added():
    x = noise(2, 4, 3)
    places = randomized(make("TokenPositionEmbedding", length=9), (None, 4, 3))
    np.testing.assert_allclose(numbers(places(x)), x + places.get_weights()[0][:4], rtol=1e-5)
    segments = randomized(make("SegmentEmbedding"), (None, 4, 3))
    np.testing.assert_allclose(numbers(segments(x)), x + segments.get_weights()[0][0], rtol=1e-5)


def by_hand(layer, x, mask, turn=lambda v: v):
    """Return self-attention of one example in float64, head by head."""
    weights = {w.name: np.asarray(w.numpy(), np.float64) for w in layer.weights}
    query, key, value = (x @ weights[f"{n}_kernel"] + weights[f"{n}_bias"]
                         for n in ("query", "key", "value"))
    size = x.shape[-1] // layer.num_heads
    parts = []
    for head in range(layer.num_heads):
        at = slice(head * size, (head + 1) * size)
        scores = turn(query[:, at]) @ turn(key[:, at]).T / np.sqrt(size)
        scores[:, ~mask] = -np.inf
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        parts.append(share / share.sum(axis=1, keepdims=True) @ value[:, at])
    return np.concatenate(parts, axis=1) @ weights["output_kernel"] + weights["output_bias"]


def rotated(x, base):
    """Turn pairs of channels as complex numbers, one position after another."""
    half = x.shape[1] // 2
    pairs = x[:, :half] + 1j * x[:, half:]
    angles = np.arange(len(x))[:, None] * base ** (-np.arange(half) / half)
    turned = pairs * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], axis=1)


@pytest.mark.parametrize(("kind", "more", "turn"), [
    ("SelfAttention", {}, lambda x: x),
    ("RotarySelfAttention", {}, lambda x: rotated(x, 10000.0)),
    ("RotarySelfAttention", {"max_wavelength": 20.0}, lambda x: rotated(x, 20.0)),
])
def test_attention_is_that_by_hand(kind, more, turn):
    layer = randomized(make(kind, num_heads=2, **more), (None, 6, 8))
    x = noise(2, 6, 8)
    mask = np.array([[True] * 6, [True] * 4 + [False] * 2])
    found = numbers(layer(x, mask=mask))
    for row in range(2):
        np.testing.assert_allclose(found[row], by_hand(layer, x[row], mask[row], turn), rtol=2e-4,
                                   atol=2e-4)
    np.testing.assert_allclose(numbers(layer(x[1:, :4])), found[1:, :4], rtol=1e-4, atol=1e-4)


def test_a_row_of_pads_alone_stays_finite():
    layer = randomized(make("SelfAttention", num_heads=2), (None, 3, 4))
    assert np.isfinite(numbers(layer(noise(1, 3, 4), mask=np.zeros((1, 3), bool)))).all()


def test_the_average_is_over_residues():
    x, ids = noise(3, 4, 2), np.array([[0, 5, 6, 2], [0, 5, 2, 1], [0, 2, 1, 1]])
    found = numbers(make("TokenAverage", outside=[0, 1, 2])([x, ids]))
    np.testing.assert_allclose(found, [x[0, 1:3].mean(axis=0), x[1, 1], [0, 0]], rtol=1e-5)


def test_half_precision_stays_close():
    x = noise(1, 6, 8)
    full = randomized(make("RotarySelfAttention", num_heads=2), (None, 6, 8))
    full.set_weights([0.3 * w for w in full.get_weights()])
    half = make("RotarySelfAttention", num_heads=2, dtype="bfloat16")
    half.build((None, 6, 8))
    half.set_weights(full.get_weights())
    found = half(x)
    assert "bfloat16" in str(found.dtype)
    np.testing.assert_allclose(np.asarray(found, "float32"), numbers(full(x)), atol=0.03)

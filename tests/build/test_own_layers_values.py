"""What our layers compute, against plain NumPy, SciPy and the papers' statements."""

import math

import numpy as np
import pytest


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make(kind, **arguments):
    from dlgenomics.build.layers import OWN_LAYERS

    return OWN_LAYERS[kind](**arguments)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def softmax(x, axis):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


# --- attention pooling

def test_attention_pooling_weighs_each_channel_by_a_softmax_over_the_window(keras):
    layer, x = make("AttentionPooling1D", pool_size=3), noise(2, 6, 4)
    layer.build(x.shape)
    np.testing.assert_array_equal(layer.get_weights()[0], 2 * np.eye(4))
    kernel = noise(4, 4, seed=1)
    layer.set_weights([kernel])
    expected = np.empty((2, 2, 4))
    for b in range(2):
        for w in range(2):
            window = x[b, 3 * w:3 * w + 3]
            for c in range(4):
                weights = softmax(window @ kernel[:, c], 0)
                expected[b, w, c] = weights @ window[:, c]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)


def test_attention_pooling_lies_between_average_and_maximum(keras):
    x = noise(2, 6, 4)
    windows = x.reshape(2, 3, 2, 4)
    np.testing.assert_allclose(make("AttentionPooling1D", initial_scale=0.0)(x),
                               windows.mean(axis=2), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(make("AttentionPooling1D", initial_scale=1e4)(x),
                               windows.max(axis=2), rtol=1e-4, atol=1e-4)


# --- attention summary

def test_attention_summary_is_additive_attention(keras):
    layer, x = make("AttentionSummary", units=3), noise(2, 5, 4)
    layer.build(x.shape)
    kernel, bias, context = noise(4, 3, seed=1), noise(3, seed=2), noise(3, 1, seed=3)
    layer.set_weights([kernel, bias, context])
    weights = softmax(np.tanh(x @ kernel + bias) @ context, 1)
    np.testing.assert_allclose(layer(x), (weights * x).sum(axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("units", [None, 3])
def test_masked_positions_get_no_attention(keras, units):
    layer, x = make("AttentionSummary", units=units), noise(2, 5, 4)
    x[:, 3:] = 0
    masked = np.asarray(layer(keras.layers.Masking()(x)))
    np.testing.assert_allclose(masked, layer(x[:, :3]), rtol=1e-5, atol=1e-6)
    assert np.abs(masked - np.asarray(layer(x))).max() > 1e-3


# --- relative attention

def basis(distance, length, number):
    """One third of Enformer's features of one distance, written from the paper's formulas."""
    size, found = abs(distance), []
    for i in range(number):  # half-lives from 2^3 to the length, even in their logarithm
        power = 3 + (math.log2(length) - 3) * (i / (number - 1) if number > 1 else 0)
        found.append(0.5 ** (size / 2 ** power))
    found += [1.0 if size < 2 ** (i + 1) - 1 else 0.0 for i in range(number)]
    return found + [gamma_density(size, length, number, i) for i in range(number)]


def gamma_density(size, length, number, i):
    from scipy.stats import gamma

    start = length / number
    mean = start + (length - start) * (i / (number - 1) if number > 1 else 0)
    deviation = length / (2 * number)
    return gamma.pdf(size, a=(mean / deviation) ** 2, scale=deviation ** 2 / mean) + 1e-8


@pytest.mark.parametrize("symmetric", [False, True])
def test_relative_features_are_those_of_enformer(symmetric):
    from dlgenomics.build.layers.positions import relative_features

    length, number = 40, 4
    found = relative_features(length, 12 if symmetric else 24, symmetric=symmetric)
    expected = np.array([basis(d, length, number) for d in range(1 - length, length)])
    expected[:, 2 * number:] /= expected[:, 2 * number:].max()
    if not symmetric:
        sign = np.sign(np.arange(1 - length, length))[:, None]
        expected = np.concatenate([expected, sign * expected], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


def attention_by_hand(x, arguments, weights, features):
    query, key, value, position, content_bias, position_bias, kernel, bias = weights
    heads, deep, wide = arguments["num_heads"], arguments["key_dim"], arguments["value_dim"]
    length = len(x)
    joined = np.empty((length, heads * wide))
    for h in range(heads):
        part, part_v = slice(h * deep, (h + 1) * deep), slice(h * wide, (h + 1) * wide)
        q, k, v = x @ query[:, part] / math.sqrt(deep), x @ key[:, part], x @ value[:, part_v]
        r = features @ position[:, part]
        logits = np.empty((length, length))
        for i in range(length):
            for j in range(length):
                distance = j - i
                logits[i, j] = ((q[i] + content_bias[0, h, 0]) @ k[j]
                                + (q[i] + position_bias[0, h, 0]) @ r[distance + length - 1])
        joined[:, part_v] = softmax(logits, 1) @ v
    return joined @ kernel + bias


@pytest.mark.parametrize("symmetric", [False, True])
def test_relative_attention_is_what_its_formula_says(keras, symmetric):
    from dlgenomics.build.layers.positions import relative_features

    arguments = {"num_heads": 2, "key_dim": 3, "value_dim": 5, "symmetric": symmetric,
                 "num_relative_position_features": 12}
    layer, x = make("RelativeMultiHeadAttention", **arguments), noise(2, 9, 4)
    layer.build(x.shape)
    weights = [noise(*w.shape, seed=i) for i, w in enumerate(layer.get_weights())]
    layer.set_weights(weights)
    features = relative_features(9, 12, symmetric=symmetric)
    expected = [attention_by_hand(one, arguments, weights, features) for one in x]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)


def test_relative_attention_starts_as_zero_and_may_not(keras):
    x = noise(2, 9, 4)
    arguments = {"num_heads": 2, "key_dim": 3, "value_dim": 6}
    assert not np.any(make("RelativeMultiHeadAttention", **arguments)(x))
    assert np.any(make("RelativeMultiHeadAttention", **arguments, zero_initialize=False)(x))


def test_enformers_attention_has_its_papers_size(keras):
    """1536 channels, 8 heads, keys of 64 and values of 192, and as many features as values."""
    layer = make("RelativeMultiHeadAttention", num_heads=8, key_dim=64, value_dim=192)
    assert layer.features == 192
    layer.build((None, 8, 1536))
    shapes = [w.shape for w in layer.weights]
    assert shapes == [(1536, 512), (1536, 512), (1536, 1536), (192, 512), (1, 8, 1, 64),
                      (1, 8, 1, 64), (1536, 1536), (1536,)]


def test_masked_positions_are_attended_to_by_none(keras):
    layer = make("RelativeMultiHeadAttention", num_heads=1, key_dim=3, value_dim=6,
                 zero_initialize=False)
    x = noise(1, 9, 4)
    x[:, 6:] = 0
    mask = keras.layers.Masking()
    before = np.asarray(layer(mask(x)))[:, :6]
    weights = layer.get_weights()
    from dlgenomics.build.layers.positions import relative_features

    arguments = {"num_heads": 1, "key_dim": 3, "value_dim": 6}
    features = relative_features(9, 6, symmetric=False)[3:-3]  # distances among the first six
    expected = attention_by_hand(x[0, :6], arguments, weights, features)
    np.testing.assert_allclose(before[0], expected, rtol=1e-4, atol=1e-5)


def test_dropout_of_attention_acts_in_training_only(keras):
    layer = make("RelativeMultiHeadAttention", num_heads=1, key_dim=3, value_dim=6,
                 zero_initialize=False, attention_dropout=0.5)
    x = noise(1, 9, 4)
    np.testing.assert_array_equal(layer(x), layer(x, training=False))
    assert np.any(np.asarray(layer(x)) != np.asarray(layer(x, training=True)))


# --- positions

def test_position_encoding_is_the_transformers(keras):
    found = np.asarray(make("PositionEncoding")(np.zeros((1, 7, 6), "float32")))[0]
    for place in range(7):
        for pair in range(3):
            angle = place / 10000 ** (2 * pair / 6)
            assert found[place, 2 * pair] == pytest.approx(math.sin(angle), abs=1e-6)
            assert found[place, 2 * pair + 1] == pytest.approx(math.cos(angle), abs=1e-6)


def test_position_embedding_adds_its_vectors(keras):
    layer, x = make("PositionEmbedding"), noise(2, 5, 3)
    layer.build(x.shape)
    vectors = noise(5, 3, seed=1)
    layer.set_weights([vectors])
    np.testing.assert_allclose(layer(x), x + vectors)


# --- splines

@pytest.mark.parametrize(("number", "degree", "length"), [(10, 3, 101), (5, 3, 20), (4, 1, 9),
                                                          (7, 2, 50), (3, 0, 12)])
def test_spline_bases_are_those_of_scipy(number, degree, length):
    from scipy.interpolate import BSpline

    from dlgenomics.build.layers.splines import spline_bases, spline_knots

    places = np.arange(length)
    knots = spline_knots(0, length - 1, number, degree)
    expected = np.stack([BSpline(knots, np.eye(number)[i], degree)(places) for i in range(number)], 1)
    found = spline_bases(places, 0, length - 1, number, degree)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_spline_knots_reach_a_thousandth_over_the_range():
    from dlgenomics.build.layers.splines import spline_knots

    knots = spline_knots(0, 100, 10, 3)
    assert len(knots) == 14
    assert knots[3] == pytest.approx(-0.1)
    assert knots[-4] == pytest.approx(100.1)
    np.testing.assert_allclose(np.diff(knots), 100.2 / 7)


def test_spline_weights_multiply_by_one_plus_a_curve(keras):
    from scipy.interpolate import BSpline

    from dlgenomics.build.layers.splines import spline_knots

    layer, x = make("SplineWeight1D", n_bases=5, use_bias=True), noise(2, 12, 3)
    np.testing.assert_array_equal(layer(x), x)  # starts as the identity
    kernel, bias = noise(5, 3, seed=1), noise(3, seed=2)
    layer.set_weights([kernel, bias])
    curve = BSpline(spline_knots(0, 11, 5, 3), kernel, 3)(np.arange(12)) + bias
    np.testing.assert_allclose(layer(x), x * (1 + curve), rtol=1e-5, atol=1e-5)


def test_spline_penalty_is_on_size_and_second_differences(keras):
    layer, x = make("SplineWeight1D", n_bases=5, l2=0.1, l2_smooth=0.3), noise(2, 12, 2)
    layer.build(x.shape)
    kernel = noise(5, 2, seed=1)
    layer.set_weights([kernel])
    differences = np.diff(kernel, n=2, axis=0)
    expected = (0.1 * (kernel**2).sum() + 0.3 * (differences**2).sum()) / 2
    assert float(layer.losses[0]) == pytest.approx(expected, rel=1e-5)
    straight = make("SplineWeight1D", n_bases=5, l2_smooth=0.3)
    straight.build(x.shape)
    straight.set_weights([np.stack([np.arange(5.0), 2 - np.arange(5.0)], 1)])
    assert float(straight.losses[0]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("shared", [False, True])
def test_spline_transform_weighs_the_bases_of_each_feature(keras, shared):
    layer, x = make("SplineTransform", shared_weights=shared, use_bias=not shared), noise(2, 3, 5)
    layer.build(x.shape)
    kernel, bias = noise(5, 1 if shared else 3, seed=1), noise(3, seed=2)
    layer.set_weights([kernel] if shared else [kernel, bias])
    found = np.asarray(layer(x))
    for b in range(2):
        for f in range(3):
            expected = x[b, f] @ kernel[:, 0 if shared else f] + (0 if shared else bias[f])
            assert found[b, f] == pytest.approx(expected, rel=1e-4, abs=1e-5)


# --- small ones

def test_threshold_is_deepseas(keras):
    layer = make("Threshold", threshold=0.0, value=1e-6)
    x = np.array([[-1.0, 0.0, 1e-9, 0.5]], "float32")
    np.testing.assert_array_equal(layer(x), np.array([[1e-6, 1e-6, 1e-9, 0.5]], "float32"))


def test_scale_is_a_factor_and_an_offset(keras):
    layer, x = make("Scale"), noise(2, 5, 3)
    np.testing.assert_array_equal(layer(x), x)
    layer.set_weights([np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, -1.0])])
    np.testing.assert_allclose(layer(x), x * [1, 2, 3] + [0.5, 0, -1], rtol=1e-6)


def test_frames_count_from_the_end(keras):
    x = np.arange(8, dtype="float32").reshape(1, 8, 1)
    frames = [np.asarray(make("FrameSlice", frame=i)(x))[0, :, 0].tolist() for i in range(3)]
    assert frames == [[7, 4, 1], [6, 3, 0], [5, 2]]


def test_frames_take_their_mask_along(keras):
    x = np.ones((1, 8, 1), "float32")
    x[0, 6:] = 0
    inputs = keras.Input((8, 1))
    slices = make("FrameSlice", frame=1)(keras.layers.Masking()(inputs))
    means = keras.layers.GlobalAveragePooling1D()(slices)
    assert float(keras.Model(inputs, means)(x)[0, 0]) == 1.0  # positions 3 and 0; 6 is masked


def test_shifts_move_each_example_and_fill_with_zeros(keras):
    layer = make("StochasticShift", max_shift=3)
    x = np.tile(np.arange(1.0, 11.0, dtype="float32")[None, :, None], (400, 1, 2))
    np.testing.assert_array_equal(layer(x), x)
    moved = np.asarray(layer(x, training=True))
    padded = np.pad(np.arange(1.0, 11.0), 3)
    possible = {tuple(padded[i:i + 10]): i - 3 for i in range(7)}
    shifts = [possible[tuple(row)] for row in moved[:, :, 0]]
    np.testing.assert_array_equal(moved[..., 0], moved[..., 1])
    counts = [shifts.count(s) for s in range(-3, 4)]
    assert sum(counts) == 400
    assert min(counts) > 25  # 57 expected of each


def test_quick_gelu_and_the_old_hard_sigmoid(keras):
    from dlgenomics.build.activations import make_activation

    x = np.array([-3, -2, -1, 0, 1, 2, 3], "float32")
    np.testing.assert_allclose(make_activation("hard_sigmoid_keras2")(x),
                               [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1], atol=1e-6)
    expected = [v / (1 + math.exp(-1.702 * v)) for v in x.tolist()]
    np.testing.assert_allclose(make_activation("quick_gelu")(x), expected, rtol=1e-5)
    assert make_activation("relu") == "relu"
    assert make_activation(None) is None

"""Each method against what it must be by definition, computed in another way."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from dlgenomics.explain.contributions import Contributions
from dlgenomics.explain.deeplift import DeepLift
from dlgenomics.explain.expected_gradients import ExpectedGradients
from dlgenomics.explain.explaining import explain
from dlgenomics.explain.integrated_gradients import IntegratedGradients
from dlgenomics.explain.methods import METHODS, make_method
from dlgenomics.explain.references import GcContent, Shuffles, Zero

CONV = ("Conv1D: {filters: 5, kernel_size: 4, activation: relu}", "MaxPooling1D: {pool_size: 3}",
        "Flatten", "Dense: {units: 4, activation: tanh}", "Dense: {units: 1}")


def _logit(model, x: np.ndarray) -> np.ndarray:
    p = model.model.predict_on_batch(x).astype(np.float64)[:, 0]
    return np.log(p / (1 - p))


@pytest.fixture
def conv(make_explained):
    return make_explained(*CONV)


@pytest.fixture
def linear(make_explained):
    """The logit is a weighted sum of the input: weights (24, 4) and bias are known."""
    return make_explained("Flatten", "Dense: {units: 1}")


def _weights(linear) -> tuple[np.ndarray, float]:
    kernel, bias = linear.model.get_weights()
    return kernel.reshape(24, 4), float(bias[0])


@pytest.mark.parametrize("references", [Zero(), GcContent(), GcContent(0.3), Shuffles(3)], ids=str)
@pytest.mark.parametrize("method", [
    lambda r: IntegratedGradients(r, steps=1), DeepLift,
    lambda r: ExpectedGradients(r, samples=9)], ids=["ig", "deeplift", "expected"])
def test_a_linear_network_is_explained_exactly(linear, x: np.ndarray, references, method) -> None:
    weights, bias = _weights(linear)
    found = explain(linear, x, method(references))
    drawn = references.draw(x)
    expected = ((x[:, None] - drawn) * weights).sum(-1).mean(1)
    assert found.actual == pytest.approx(expected, abs=1e-6)
    assert found.values == pytest.approx((x * weights).sum((1, 2)) + bias, abs=1e-5)
    assert found.baseline == pytest.approx((drawn * weights).sum((2, 3)).mean(1) + bias, abs=1e-5)
    assert found.largest_gap == pytest.approx(0, abs=1e-5)


def test_gradients_of_a_linear_network_are_its_weights(linear, x: np.ndarray) -> None:
    weights, _ = _weights(linear)
    centred = weights - weights.mean(axis=1, keepdims=True)
    assert explain(linear, x, "gradient-x-input").actual == pytest.approx((x * weights).sum(-1))
    assert explain(linear, x, "smoothgrad").actual == pytest.approx((x * weights).sum(-1), abs=1e-6)
    found = explain(linear, x, "gradient")
    assert found.hypothetical == pytest.approx(np.broadcast_to(centred, x.shape), abs=1e-6)
    assert found.details["gradient"] == pytest.approx(np.broadcast_to(weights, x.shape))
    # Mutagenesis of a linear network is the centred gradient.
    assert explain(linear, x, "ism").hypothetical == pytest.approx(found.hypothetical, abs=1e-5)


def test_mutagenesis_equals_a_naive_loop(conv, x: np.ndarray) -> None:
    expected = np.zeros(x.shape)
    for row in range(len(x)):
        for position in range(24):
            for letter in range(4):
                mutant = x[row:row + 1].copy()
                mutant[0, position] = np.eye(4)[letter]
                expected[row, position, letter] = _logit(conv, mutant)[0]
    own = _logit(conv, x)
    found = explain(conv, x, "ism", batch_size=7)
    assert found.details["difference"] == pytest.approx(expected - own[:, None, None], abs=2e-5)
    assert found.hypothetical == pytest.approx(expected - expected.mean(-1, keepdims=True), abs=2e-5)
    assert found.values == pytest.approx(own, abs=2e-5)
    assert found.largest_gap is None


def test_the_gap_of_integrated_gradients_closes_with_steps(conv, x: np.ndarray) -> None:
    gaps = [explain(conv, x, IntegratedGradients(Shuffles(2), steps)).largest_gap
            for steps in (2, 50, 800)]
    assert gaps[0] > 5 * gaps[1]
    assert gaps[2] < 0.01


def test_integrated_gradients_equal_an_integral_by_differences(make_explained, x) -> None:
    """The derivative along each coordinate by central differences, integrated by Simpson's rule."""
    model = make_explained("Flatten", "Dense: {units: 3, activation: softplus}", "Dense: {units: 1}")
    kernel, bias, last, end = [w.astype(np.float64) for w in model.model.get_weights()]

    def number(flat: np.ndarray) -> np.ndarray:
        return np.log1p(np.exp(flat @ kernel + bias)) @ last[:, 0] + end[0]

    flat = x[0].reshape(-1).astype(np.float64)
    grid = np.linspace(0, 1, 41)
    simpson = np.r_[1, np.tile([4, 2], 19), 4, 1] / 120
    steps = np.eye(96) * 1e-5
    slopes = np.array([(number(t * flat + steps) - number(t * flat - steps)) / 2e-5 for t in grid])
    expected = (flat * (simpson @ slopes)).reshape(24, 4).sum(1)
    found = explain(model, x[:1], IntegratedGradients(Zero(), steps=200))
    assert found.actual[0] == pytest.approx(expected, abs=1e-4)


def test_deeplift_of_a_tiny_network_is_that_of_the_paper() -> None:
    """One hidden unit relu(2a - c + 0.5 g - 1) per sequence, weight 3, worked out by hand.

    Two letters A C against zeros: z = 2 - 1 - 1 = 0 for the sequence "AC", -1 for the reference:
    relu 0 and 0: nothing changes. "AG": z = 1.5, reference -1: relu rises by 1.5 while z rises by
    2.5, so the slope is 0.6: A contributes 3 * 0.6 * 2 = 3.6 and G 3 * 0.6 * 0.5 = 0.9.
    """
    from dlgenomics.build import build_model
    from dlgenomics.predict.model import Model, SourceRecord
    from dlgenomics.spec import parse_spec

    spec = parse_spec("""\
spec: 1
name: test/by-hand
task: regression
data: {inputs: {dna: {kind: dna, length: 2}}, targets: {y: {column: y}}}
model:
  layers: [Flatten, {Dense: {units: 1, activation: relu}}, {Dense: {units: 1}}]
""")
    network = build_model(spec)
    network.set_weights([np.array([[2, -1, 0.5, 0] * 2], np.float32).T, np.array([-1.0]),
                         np.array([[3.0]]), np.array([7.0])])
    x = np.eye(4, dtype=np.float32)[[[0, 1], [0, 2]]]
    found = explain(Model(spec, network, SourceRecord("test", "memory")), x, DeepLift(Zero()))
    assert found.actual == pytest.approx(np.array([[0, 0], [3.6, 0.9]]), abs=1e-6)
    assert found.values == pytest.approx([7, 11.5])
    assert found.baseline == pytest.approx([7, 7])


ADDITIVE = {
    "relu": CONV,
    "batch norm": ("Conv1D: {filters: 5, kernel_size: 4}", "BatchNormalization",
                   "Activation: {activation: relu}", "GlobalMaxPooling1D", "Dense: {units: 1}"),
    "average": ("Conv1D: {filters: 5, kernel_size: 3, padding: same, activation: elu}",
                "AveragePooling1D: {pool_size: 2}", "Conv1D: {filters: 3, kernel_size: 3, "
                "dilation_rate: 2, activation: gelu}", "GlobalAveragePooling1D", "Dense: {units: 1}"),
    "overlapping pools": ("Conv1D: {filters: 5, kernel_size: 3, activation: sigmoid}",
                          "MaxPooling1D: {pool_size: 4, strides: 2, padding: same}",
                          "Dropout: {rate: 0.2}", "Flatten", "Dense: {units: 3, activation: softplus}",
                          "Dense: {units: 1}"),
    "residual": ("Conv1D: {filters: 4, kernel_size: 3, padding: same, activation: swish, name: a}",
                 "Residual: {layers: [Conv1D: {filters: 4, kernel_size: 3, padding: same, activation: relu}]}",
                 "Concatenate: {from: [a, add_1]}", "GlobalMaxPooling1D", "Dense: {units: 1}"),
    "two dimensions": ("Reshape: {target_shape: [24, 4, 1]}", "Conv2D: {filters: 4, kernel_size: [5, 4], "
                       "activation: relu}", "MaxPooling2D: {pool_size: [2, 1]}", "Permute: {dims: [2, 1, 3]}",
                       "GlobalMaxPooling2D", "Dense: {units: 1}"),
    "own activations": ("Conv1D: {filters: 4, kernel_size: 3}", "LeakyReLU", "PReLU",
                        "ELU", "Threshold: {threshold: 0.1, value: 0.05}", "Flatten", "Dense: {units: 1}"),
    "separable": ("SeparableConv1D: {filters: 4, kernel_size: 3, activation: relu}",
                  "DepthwiseConv1D: {kernel_size: 3, activation: tanh}",
                  "AdaptiveMaxPooling1D: {output_size: 4}", "Flatten", "Dense: {units: 1}"),
    "both strands": ("ReverseComplementConv1D: {filters: 3, kernel_size: 5, activation: relu}",
                     "ReverseComplementPool", "GlobalMaxPooling1D", "Dense: {units: 1}"),
    "each position": ("TimeDistributed: {layer: {Dense: {units: 3, activation: relu}}}",
                      "UpSampling1D: {size: 2}", "Cropping1D: {cropping: [1, 2]}", "Flatten",
                      "Dense: {units: 1}"),
}


@pytest.mark.parametrize("layers", ADDITIVE.values(), ids=ADDITIVE)
@pytest.mark.parametrize("references", [Zero(), Shuffles(4)], ids=str)
def test_deeplift_adds_up_exactly(make_explained, x: np.ndarray, layers, references) -> None:
    model = make_explained(*layers)
    found = explain(model, x, DeepLift(references))
    assert found.values == pytest.approx(_logit(model, x), abs=1e-4)
    assert found.largest_gap < 1e-5 * max(1, np.abs(found.values - found.baseline).max())
    assert np.abs(found.actual).max() > 0


def test_deeplift_shares_a_maximum_between_the_places_of_both_maxima(make_explained) -> None:
    """The pool of the sequence holds (3, 0), that of the reference (1, 2): +1 is all of the first.

    In the other direction (1, 2) against (3, 0): -1 is all of the first too.
    """
    import tensorflow as tf

    from dlgenomics.explain.rescale import _maximum

    pool = keras.layers.MaxPooling1D(2)
    for x, reference, expected in (((3, 0), (1, 2), (0.5, 0)), ((1, 2), (3, 0), (0.5, 0)),
                                   ((1, 5), (4, 1), (0, 0.25)), ((2, 2), (2, 2), (0, 0))):
        both = tf.constant([x, reference], tf.float32)[..., None]
        with tf.GradientTape() as tape:
            tape.watch(both)
            out = _maximum(pool, both)[:1]
        assert tape.gradient(out, both)[0, :, 0].numpy() == pytest.approx(expected)


@pytest.mark.parametrize("name", [one for one in METHODS if one != "attention"])
def test_batches_make_no_difference(conv, name: str, rng: np.random.Generator) -> None:
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (35, 24))]
    whole = explain(conv, x, name)
    for rows in (slice(33, 35), slice(0, 1)):
        part = explain(conv, x[rows], name, batch_size=5)
        assert part.hypothetical == pytest.approx(whole.hypothetical[rows], abs=1e-5)
        assert part.values == pytest.approx(whole.values[rows], abs=1e-5)


@pytest.mark.parametrize("name", ["ig", "deeplift", "expected-gradients"])
def test_hypothetical_scores_of_the_letter_that_is_there_are_its_contributions(
    conv, x: np.ndarray, name: str
) -> None:
    """Changing the letter in the hypothetical formula means taking the reference's away alike."""
    found = explain(conv, x, make_method(name, references=GcContent(0.5)))
    # A reference of equal shares is the mean letter: the four scores add up to nothing.
    assert found.hypothetical.sum(-1) == pytest.approx(np.zeros((3, 24)), abs=1e-5)
    assert found.actual == pytest.approx((found.hypothetical * x).sum(-1))


def test_other_inputs_are_held(make_explained, x: np.ndarray) -> None:
    """y = dense(flat dna) * sigmoid-free gate of the other input: DeepLIFT of the DNA alone."""
    model = make_explained(
        "Flatten: {from: dna}", "Dense: {units: 2, activation: relu, name: a}",
        "LSTM: {from: signal, units: 2, name: b}", "Concatenate: {from: [a, b]}",
        "Dense: {units: 1}",
        inputs="dna: {kind: dna, length: 24}\n    signal: {kind: array, shape: [6, 1]}")
    signal = np.arange(18, dtype=np.float32).reshape(3, 6, 1) / 9
    both = {"dna": x, "signal": signal}
    found = explain(model, both, DeepLift(Shuffles(2)))
    assert found.values == pytest.approx(_logit(model, both), abs=1e-5)
    assert found.largest_gap < 1e-5
    difference = explain(model, both, "ism").details["difference"]
    changed = x.copy()
    changed[1, 4] = np.eye(4)[2]
    expected = _logit(model, {"dna": changed, "signal": signal}) - _logit(model, both)
    assert difference[1, 4, 2] == pytest.approx(expected[1], abs=1e-5)


def test_n_contributes_nothing_where_it_is_allowed(conv, x: np.ndarray) -> None:
    gapped = x.copy()
    gapped[0, 3:6] = 0
    for name in METHODS.keys() - {"attention"}:
        found: Contributions = explain(conv, gapped, name, allow_n=True)
        assert not found.actual[0, 3:6].any()
        if name == "deeplift":
            assert found.largest_gap < 1e-5

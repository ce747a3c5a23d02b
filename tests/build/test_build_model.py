"""The graph that is built: Keras agrees with the summary; seeds, names and limits hold."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.errors import TooLargeError
from dlgenomics.spec import parse_spec, summarize

MULTI = """\
spec: 1
name: multi
task: multilabel_classification
data:
  inputs:
    left: {kind: dna, length: 40}
    right: {kind: dna, length: 30}
  targets:
    zeta: {columns: [a, b, c]}
    alpha: {columns: [d, e]}
model:
  defaults: {kernel_regularizer: {L2: {l2: 0.001}}}
  layers:
    - Conv1D: {from: left, filters: 4, kernel_size: 5, padding: same, name: seen_left}
    - BatchNormalization
    - Activation: relu
    - Bidirectional: {layer: {LSTM: {units: 3}}, name: read_left}
    - Conv1D: {from: right, filters: 4, kernel_size: 5, activation: tanh}
    - GlobalAveragePooling1D: {name: read_right}
    - Concatenate: {from: [read_left, read_right], name: both}
    - Dense: {from: both, units: 3, name: zeta}
    - Dense: {from: both, units: 2, name: alpha}
  outputs: [zeta, alpha]
"""


def _one(layers: str, length: int = 30) -> str:
    return (f"spec: 1\nname: one\ntask: regression\ndata:\n  inputs: {{dna: {{kind: dna, length: "
            f"{length}}}}}\n  targets: {{y: {{column: y}}}}\nmodel:\n  layers:\n{layers}")


def test_outputs_are_addressed_by_name_in_any_order() -> None:
    from dlgenomics.build import build_model

    model = build_model(parse_spec(MULTI))
    x = {"left": np.zeros((2, 40, 4), np.float32), "right": np.zeros((2, 30, 4), np.float32)}
    found = model.predict_on_batch(x)
    assert {name: array.shape for name, array in found.items()} == {
        "zeta": (2, 3), "alpha": (2, 2)}


def test_keras_counts_what_the_summary_counted() -> None:
    from dlgenomics.build import build_model

    spec = parse_spec(MULTI)
    model, summary = build_model(spec), summarize(spec)
    assert model.count_params() == summary.parameters
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trainable == summary.trainable
    for row in summary.layers:
        if row.kind != "Input":
            assert model.get_layer(row.name).output.shape[1:] == row.shape


def test_defaults_reach_every_layer_that_has_the_argument() -> None:
    from dlgenomics.build import build_model

    model = build_model(parse_spec(MULTI))
    for name in ("seen_left", "zeta", "alpha"):
        assert model.get_layer(name).kernel_regularizer.l2 == pytest.approx(0.001)
    assert model.get_layer("read_left").forward_layer.kernel_regularizer.l2 == pytest.approx(0.001)


def test_the_task_gives_the_head_its_activation() -> None:
    import keras

    from dlgenomics.build import build_model

    model = build_model(parse_spec(MULTI))
    assert model.get_layer("zeta").activation is keras.activations.sigmoid


def test_same_seed_same_weights_other_seed_others() -> None:
    from dlgenomics.build import build_model

    text = MULTI + "training: {seed: 11}\n"
    first, second = (build_model(parse_spec(text)).get_weights() for _ in range(2))
    other = build_model(parse_spec(text.replace("seed: 11", "seed: 12"))).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_initial_weights_have_the_spread_that_he_and_glorot_prescribe() -> None:
    from dlgenomics.build import build_model

    text = _one("    - Conv1D: {filters: 400, kernel_size: 10, activation: relu, name: he}\n"
                "    - Conv1D: {filters: 400, kernel_size: 5, activation: tanh, name: glorot}\n"
                "    - GlobalMaxPooling1D\n    - Dense: {units: 1}\n")
    model = build_model(parse_spec(text))
    he, glorot = (model.get_layer(n).kernel.numpy() for n in ("he", "glorot"))
    # He: variance 2 / fan_in. Glorot: uniform within sqrt(6 / (fan_in + fan_out)).
    assert he.std() == pytest.approx(np.sqrt(2 / 40), rel=0.03)
    limit = np.sqrt(6 / (5 * 400 + 5 * 400))
    assert np.abs(glorot).max() <= limit
    assert np.abs(glorot).max() == pytest.approx(limit, rel=0.001)
    assert not model.get_layer("he").bias.numpy().any()


def test_per_unit_max_norm_norms_width_and_channels_together() -> None:
    from dlgenomics.build import build_model

    text = _one("    - Conv1D: {filters: 3, kernel_size: 6, name: c, kernel_constraint: "
                "{MaxNorm: {max_value: 2, axis: per_unit}}}\n    - GlobalMaxPooling1D\n"
                "    - Dense: {units: 1, kernel_constraint: {MaxNorm: {max_value: 2, axis: "
                "per_unit}}}\n")
    model = build_model(parse_spec(text))
    kernel = np.full((6, 4, 3), 5.0, np.float32)
    normed = np.asarray(model.get_layer("c").kernel_constraint(kernel))
    assert np.sqrt((normed ** 2).sum(axis=(0, 1))) == pytest.approx([2, 2, 2], rel=1e-4)
    dense = np.asarray(model.get_layer("y").kernel_constraint(np.full((3, 1), 5.0, np.float32)))
    assert np.sqrt((dense ** 2).sum(axis=0)) == pytest.approx([2], rel=1e-4)


@pytest.mark.parametrize(("kind", "weight", "axes"), [
    ("Dense", "kernel", (0,)), ("Conv1D", "kernel", (0, 1)), ("Conv2D", "kernel", (0, 1, 2)),
    ("Conv1DTranspose", "kernel", (0, 2)), ("Conv2DTranspose", "kernel", (0, 1, 3)),
    ("DepthwiseConv1D", "depthwise", (0,)), ("SeparableConv2D", "depthwise", (0, 1)),
    ("SeparableConv1D", "pointwise", (0, 1)), ("LSTM", "recurrent", (0,)),
    ("Conv1D", "bias", (0,)), ("PReLU", "alpha", (0,)),
])
def test_axes_of_a_unit(kind: str, weight: str, axes: tuple[int, ...]) -> None:
    from dlgenomics.build.units import axes_of_a_unit

    assert tuple(axes_of_a_unit(kind, weight)) == axes


@pytest.mark.parametrize(("kind", "arguments", "units"), [
    ("Conv1D", {"filters": 3, "kernel_size": 5}, 3),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 5}, 3),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 5}, 3),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 5}, 3),
    ("DepthwiseConv1D", {"kernel_size": 5, "depth_multiplier": 2}, 14),
    ("DepthwiseConv2D", {"kernel_size": 5, "depth_multiplier": 2}, 14),
])
def test_one_norm_remains_for_each_unit(kind: str, arguments: dict[str, int], units: int) -> None:
    import keras

    from dlgenomics.build.units import axes_of_a_unit

    layer = getattr(keras.layers, kind)(**arguments)
    layer.build((None, 20, 20, 7) if "2D" in kind else (None, 20, 7))
    kernel = layer.weights[0] if "Separable" not in kind else layer.pointwise_kernel
    weight = "depthwise" if "Depth" in kind else "pointwise" if "Sep" in kind else "kernel"
    norms = np.square(kernel.numpy()).sum(axis=tuple(axes_of_a_unit(kind, weight)))
    assert norms.size == units


def test_a_network_too_large_is_refused_before_it_is_allocated() -> None:
    from dlgenomics.build import build_model

    spec = parse_spec(_one("    - Flatten\n    - Dense: {units: 300000000}\n"
                           "    - Dense: {units: 1}\n"))
    with pytest.raises(TooLargeError, match="Received: 36,600,000,001") as caught:
        build_model(spec)
    assert caught.value.parameters == 120 * 300_000_000 + 300_000_000 + 300_000_001


def test_what_treats_positions_alike_hands_masks_on() -> None:
    """Keras's own RMSNormalization does not: what is behind it would look at padding."""
    from dlgenomics.build import build_model

    model = build_model(parse_spec(_one(
        "    - Masking\n    - RMSNormalization\n    - GlobalAveragePooling1D\n    - Dense: {units: 1}",
        length=6)))
    x = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")
    x[:, 4:] = 0.0
    norm = x[:, :4] / np.sqrt((x[:, :4] ** 2).mean(axis=-1, keepdims=True) + 1e-6)
    kernel, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(model(x), norm.mean(axis=1) @ kernel + bias, rtol=1e-4)

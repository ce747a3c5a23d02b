"""What a substitution reaches: windows against computing everything."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.explain.explaining import quantity_of
from dlgenomics.explain.reach import find_reach
from dlgenomics.explain.substitution import Substitution

HEAD = ("Flatten", "Dense: {units: 3, activation: relu}", "Dense: {units: 1}")
NETWORKS = {
    "basset": ("Conv1D: {filters: 6, kernel_size: 5}", "BatchNormalization", "Activation: relu",
               "MaxPooling1D: {pool_size: 3}", "Conv1D: {filters: 5, kernel_size: 3, activation: elu}",
               "Dropout: {rate: 0.2}", "MaxPooling1D: {pool_size: 2}", *HEAD),
    "padded": ("Conv1D: {filters: 4, kernel_size: 6, padding: same, strides: 2, activation: relu}",
               "MaxPooling1D: {pool_size: 3, strides: 2, padding: same}",
               "Conv1D: {filters: 4, kernel_size: 3, padding: causal, dilation_rate: 2}",
               "LeakyReLU", "AveragePooling1D: {pool_size: 2}", *HEAD),
    "skips": ("Conv1D: {filters: 4, kernel_size: 5, padding: same, activation: relu, name: a}",
              "Residual: {layers: [{Conv1D: {filters: 4, kernel_size: 3, padding: same, "
              "dilation_rate: 4}}, {LayerNormalization: {}}, {Activation: gelu}]}",
              "Conv1D: {from: dna, filters: 3, kernel_size: 1, name: b}",
              "Concatenate: {from: [add_1, b]}", "ZeroPadding1D: {padding: 2}", "Cropping1D: {cropping: [3, 1]}",
              "Dense: {units: 3, activation: tanh}", "GlobalMaxPooling1D", "Dense: {units: 1}"),
    "separable": ("DepthwiseConv1D: {kernel_size: 4, depth_multiplier: 2, padding: same}",
                  "SeparableConv1D: {filters: 4, kernel_size: 3, activation: relu}",
                  "AttentionPooling1D: {pool_size: 2}", "GlobalAveragePooling1D", "Dense: {units: 1}"),
    "strands": ("ReverseComplementAverage: {layers: [{Conv1D: {filters: 4, kernel_size: 5, "
                "activation: relu}}, {MaxPooling1D: {pool_size: 4}}, Flatten, {Dense: {units: 1}}]}",),
    "recurrent": ("Conv1D: {filters: 4, kernel_size: 5, activation: relu}", "MaxPooling1D: {pool_size: 4}",
                  "Bidirectional: {layer: {LSTM: {units: 3}}}", "Dense: {units: 1}"),
    "averaged with padding": ("AveragePooling1D: {pool_size: 5, padding: same}", *HEAD),
    "places of their own": ("PositionEmbedding: {}", "Conv1D: {filters: 3, kernel_size: 3}", *HEAD),
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_windows_give_what_whole_sequences_give(make_explained, x: np.ndarray, layers) -> None:
    quantity = quantity_of(make_explained(*layers))
    owner, place, letter = (one.ravel() for one in np.indices((3, 24, 4)))
    whole, parts = (Substitution(quantity, by_window).prepared({"dna": x})(owner, place, letter)
                    for by_window in (False, True))
    assert np.ptp(whole) > 0.01
    assert parts == pytest.approx(whole, abs=1e-6 * max(1, float(np.abs(whole).max())))


def test_units_of_layers_are_numbers_too(make_explained, x: np.ndarray) -> None:
    quantity = quantity_of(make_explained(*NETWORKS["basset"]), "1", layer="conv1d_2")
    rows = np.array([0, 2, 2]), np.array([0, 11, 23]), np.array([3, 0, 2])
    whole, parts = (Substitution(quantity, by_window).prepared({"dna": x})(*rows)
                    for by_window in (False, True))
    assert [layer.name for layer in quantity.reach.rest] == ["conv1d_2"]
    assert parts == pytest.approx(whole, abs=1e-5)


def _reach(model):
    quantity = quantity_of(model)
    return find_reach(model.spec, quantity.point, quantity.explained)


def test_windows_are_as_wide_as_what_is_reached(make_explained) -> None:
    """One base reaches 5 outputs, these 2 or 3 pools of 3, which reach up to 5 outputs of 3."""
    reach = _reach(make_explained(*NETWORKS["basset"]))
    widths = {name: window.width for name, window in reach.windows.items()}
    assert [widths[name] for name in ("dna", "conv1d_1", "max_pooling1d_1", "conv1d_2")] == [1, 5, 3, 4]
    assert [layer.kind for layer in reach.rest] == ["Flatten", "Dense", "Dense"]
    # Base 10 is seen by outputs 6 to 10, these by pools 2 and 3, and a window of 3 begins there.
    assert [int(reach.windows[name].first[10]) for name in ("dna", "conv1d_1", "max_pooling1d_1")] == [10, 6, 2]


def test_what_is_not_done_by_window_is_computed_as_a_whole(make_explained) -> None:
    for name, first in (("averaged with padding", "AveragePooling1D"), ("places of their own", "PositionEmbedding")):
        reach = _reach(make_explained(*NETWORKS[name]))
        assert (list(reach.windows), reach.rest[0].kind) == (["dna"], first)
        assert (reach.share, reach.is_worth_it) == (1, False)


def test_windows_are_used_where_they_save_work(make_explained) -> None:
    assert _reach(make_explained(
        "Conv1D: {filters: 30, kernel_size: 3}", "Conv1D: {filters: 30, kernel_size: 3}",
        "GlobalMaxPooling1D", "Dense: {units: 1}")).is_worth_it
    assert not _reach(make_explained(
        "Conv1D: {filters: 3, kernel_size: 23, padding: same}", "Flatten", "Dense: {units: 900}",
        "Dense: {units: 1}")).is_worth_it


@pytest.mark.parametrize("by_window", [False, True])
def test_other_inputs_keep_their_place(make_explained, x: np.ndarray, by_window: bool) -> None:
    model = make_explained(
        "Conv1D: {from: dna, filters: 3, kernel_size: 3, padding: same, name: a}",
        "Multiply: {from: [a, signal]}", "GlobalAveragePooling1D", "Dense: {units: 1}",
        inputs="dna: {kind: dna, length: 24}\n    signal: {kind: array, shape: [24, 3]}")
    signal = np.random.default_rng(1).normal(size=(3, 24, 3)).astype(np.float32)
    run = Substitution(quantity_of(model), by_window).prepared({"dna": x, "signal": signal})
    changed = x.copy()
    changed[2, 7] = np.eye(4)[1]
    expected = model.model.predict_on_batch({"dna": changed, "signal": signal})[2, 0]
    (logit,) = run(np.array([2]), np.array([7]), np.array([1]))
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(expected, abs=1e-6)

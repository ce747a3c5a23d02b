"""The model object: shapes, activations, gradients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlgenomics.errors import ShapeError


@pytest.fixture(scope="module")
def model(tiny_package: Path):
    from dlgenomics import get_model

    return get_model(tiny_package)


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[rng.integers(0, 4, (5, 60))]


def test_predict_on_batch_is_keras_to_the_bit(model, x: np.ndarray) -> None:
    assert np.array_equal(model.predict_on_batch(x), model.model.predict_on_batch(x))
    assert model.predict_on_batch(x).shape == (5, 1)
    assert np.array_equal(model.predict_on_batch({"dna": x}), model.predict_on_batch(x))
    assert np.array_equal(model.predict_on_batch(x.astype(np.float64)), model.predict_on_batch(x))


def test_an_empty_batch_gives_an_empty_answer(model) -> None:
    assert model.predict_on_batch(np.zeros((0, 60, 4))).shape == (0, 1)


@pytest.mark.parametrize(("shape", "advice"), [
    ((60, 4), "Add a batch axis"),
    ((5, 4, 60), "transpose"),
    ((5, 61, 4), "Reshape or resize"),
    ((5, 60, 4, 1), "Reshape or resize"),
    ((), "Reshape or resize"),
])
def test_a_wrong_shape_is_said_with_both_shapes(model, shape: tuple[int, ...], advice: str) -> None:
    with pytest.raises(ShapeError, match=advice) as caught:
        model.predict_on_batch(np.zeros(shape))
    assert "(batch, 60, 4)" in str(caught.value)
    assert f"Received: {shape}" in str(caught.value)
    assert caught.value.received == shape


def test_unknown_inputs_are_named(model, x: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"takes the inputs dna\. Received: \['rna'\]"):
        model.predict_on_batch({"rna": x})


def test_activations_by_name_and_by_kipoi_index(model, x: np.ndarray) -> None:
    layers = model.model.layers
    index = [layer.name for layer in layers].index("conv1d_1") + 1
    found = model.predict_activation_on_batch(x, "conv1d_1")
    assert np.array_equal(found, model.predict_activation_on_batch(x, index))
    kernel, bias = (v.numpy() for v in layers[index - 1].weights)
    windows = np.lib.stride_tricks.sliding_window_view(x, (9, 4), axis=(1, 2))[:, :, 0]
    by_hand = np.einsum("nlkc,kcf->nlf", windows, kernel) + bias
    assert found == pytest.approx(np.maximum(by_hand, 0), abs=1e-5)
    before = model.predict_activation_on_batch(x, "conv1d_1", pre_nonlinearity=True)
    assert before == pytest.approx(by_hand, abs=1e-5)
    assert np.array_equal(found, model.predict_activation_on_batch(x, "conv1d_1"))


def test_an_unknown_layer_has_a_near_match(model, x: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Did you mean 'conv1d_1'"):
        model.predict_activation_on_batch(x, "conv1d_11")
    with pytest.raises(ValueError, match="number from 1"):
        model.predict_activation_on_batch(x, 0)


def test_gradients_agree_with_finite_differences(model, x: np.ndarray) -> None:
    gradient = model.input_grad(x, pre_nonlinearity=True)
    assert gradient.shape == x.shape
    logit = lambda z: model.predict_activation_on_batch(z, "bound", True)[:, 0]  # noqa: E731
    step = np.float32(1e-2)
    steep = np.argwhere(np.abs(gradient) > 0.05)[:10]
    assert len(steep)
    for n, i, c in steep:
        up, down = x.copy(), x.copy()
        up[n, i, c] += step
        down[n, i, c] -= step
        by_hand = (logit(up)[n] - logit(down)[n]) / (2 * step)
        assert gradient[n, i, c] == pytest.approx(by_hand, rel=0.1, abs=0.02)


def test_gradient_of_the_sigmoid_is_that_of_the_logit_times_its_slope(model, x: np.ndarray) -> None:
    p = model.predict_on_batch(x)[:, :, None]
    expected = model.input_grad(x, pre_nonlinearity=True) * p * (1 - p)
    assert model.input_grad(x) == pytest.approx(expected, abs=1e-6)


def test_gradients_of_inner_layers_need_an_average(model, x: np.ndarray) -> None:
    with pytest.raises(ValueError, match="avg_func must be one of sum, max, min, absmax"):
        model.input_grad(x, layer="conv1d_1")
    total = model.input_grad(x, layer="conv1d_1", avg_func="sum")
    parts = sum(model.input_grad(x, layer="conv1d_1", avg_func="sum", filter_idx=i)
                for i in range(6))
    assert total == pytest.approx(parts, abs=1e-4)


def test_gradients_of_a_run_are_compiled_once_and_are_those_of_a_batch(model, x: np.ndarray) -> None:
    how = {"layer": "conv1d_1", "avg_func": "max", "filter_idx": 2, "pre_nonlinearity": True}
    expected = model.input_grad(x, **how)
    assert np.abs(expected).max() > 0
    first = model.gradient({"dna": x}, **how)
    (compiled,) = model._compiled.values()
    rest = model.gradient({"dna": x[:3]}, **how)
    assert list(model._compiled.values()) == [compiled]
    assert first == pytest.approx(expected, abs=1e-6)
    assert rest == pytest.approx(expected[:3], abs=1e-6)
    assert model.gradient({"dna": x}) == pytest.approx(model.input_grad(x), abs=1e-6)


def test_an_input_on_which_a_layer_does_not_depend_has_the_gradient_0() -> None:
    import keras

    from dlgenomics.predict.gradients import InputGradient, input_gradient

    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    seen = keras.layers.Dense(1, name="seen", kernel_initializer="ones")(a)
    both = keras.Model({"a": a, "b": b}, {"seen": seen, "other": keras.layers.Dense(1)(b)})
    arrays = {"a": np.ones((4, 3), np.float32), "b": np.ones((4, 2), np.float32)}
    layer = both.get_layer("seen")
    how = {"filter_idx": None, "avg_func": None, "pre_nonlinearity": False}
    for found in (input_gradient(both, arrays, layer, **how), InputGradient(both, layer)(arrays)):
        assert found["a"].tolist() == [[1.0] * 3] * 4
        assert found["b"].tolist() == [[0.0] * 2] * 4


def test_what_it_is_can_be_asked(model, tiny_package: Path) -> None:
    assert model.name == "test/tiny"
    assert model.schema.inputs["dna"].shape == (60, 4)
    assert model.schema.targets["bound"].column_labels == ("bound",)
    assert model.columns == ["bound"]
    assert model.source.location == str(tiny_package)
    assert len(model.source.sha256) == 64
    assert model.info.version == "0.1.0"
    assert "test/tiny" in repr(model)

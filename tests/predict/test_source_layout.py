"""A model takes its source's layout of DNA, and channels-last, and says both when neither came."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.data.layout import Layout
from dlgenomics.errors import ShapeError
from dlgenomics.predict.layout import as_network, as_plain, as_source, from_plain
from dlgenomics.spec.inputs import ArrayInput, DnaInput, SourceLayout
from dlgenomics.spec.types import Spec

# An odd order of channels, so that every mistake with it shows.
LAYOUT = {"alphabet_axis": 0, "dummy_axis": 2, "alphabet": "GCAT"}
ORDER = [2, 1, 0, 3]


@pytest.fixture(scope="module")
def plain(tiny_package: Path):
    from dlgenomics import get_model

    return get_model(tiny_package)


@pytest.fixture(scope="module")
def model(plain):
    one = plain.spec.data.inputs["dna"].model_copy(update={"layout": SourceLayout(**LAYOUT)})
    data = plain.spec.data.model_copy(update={"inputs": {"dna": one}})
    spec: Spec = plain.spec.model_copy(update={"data": data})
    return dataclasses.replace(plain, spec=spec)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(4).integers(0, 4, (5, 60))]


@pytest.fixture(scope="module")
def source(x: np.ndarray) -> np.ndarray:
    return x[..., ORDER].transpose(0, 2, 1)[..., None]


def test_both_layouts_give_the_same(model, plain, x: np.ndarray, source: np.ndarray) -> None:
    expected = plain.predict_on_batch(x)
    assert source.shape == (5, 4, 60, 1)
    for given in (x, source, {"dna": source}, source.astype(np.float64)):
        assert np.array_equal(model.predict_on_batch(given), expected)
    layer = plain.model.layers[1].name
    assert np.array_equal(model.predict_activation_on_batch(source, layer),
                          plain.predict_activation_on_batch(x, layer))


def test_a_gradient_has_the_layout_of_what_was_given(model, plain, x, source) -> None:
    expected = plain.input_grad(x)
    assert np.array_equal(model.input_grad(x), expected)
    found = model.input_grad(source)
    assert np.array_equal(found, expected[..., ORDER].transpose(0, 2, 1)[..., None])
    assert model.gradient({"dna": x}) == pytest.approx(found, abs=1e-6)  # compiled


@pytest.mark.parametrize("shape", [(5, 4, 1, 60), (5, 4, 60), (5, 61, 4), (5, 60), (5, 4, 61, 1)])
def test_another_shape_is_refused_with_both(model, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as caught:
        model.predict_on_batch(np.zeros(shape))
    assert f"must have shape (batch, 4, 60, 1) or (batch, 60, 4). Received: {shape}." in str(
        caught.value)


@pytest.mark.parametrize("shape", [(60, 4), (4, 60, 1)])
def test_a_missing_batch_axis_is_advised(model, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"Add a batch axis: x\[None\]"):
        model.predict_on_batch(np.zeros(shape))


def test_kipois_arguments_of_input_grad(model, x: np.ndarray) -> None:
    assert np.array_equal(model.input_grad(x, None, None, None, True, None, False),
                          model.input_grad(x))
    with pytest.raises(ValueError, match="final_layer=False"):
        model.input_grad(x, final_layer=False)
    with pytest.raises(ValueError, match="selected_fwd_node=1"):
        model.input_grad(x, selected_fwd_node=1)


# A network that takes the source's layout itself ---------------------------------------------

ARRAY = ArrayInput(kind="array", shape=(4, 60, 1))
DNA = DnaInput(kind="dna", length=60)
FORM = Layout(**LAYOUT)


@pytest.mark.parametrize("one", [ARRAY, DNA])
def test_networks_are_fed_from_either_side(one, x: np.ndarray, source: np.ndarray) -> None:
    taken = source if one is ARRAY else x
    for given in (x, source):
        assert np.array_equal(as_network(given, "in", one, FORM), taken)
    assert np.array_equal(from_plain(x, one, FORM), taken)
    assert np.array_equal(as_source(taken, one, FORM), source)
    assert np.array_equal(as_plain(taken, one, FORM), x)


def test_where_both_have_one_shape_the_sources_counts(x: np.ndarray) -> None:
    layout = Layout(alphabet="AGCT")
    assert np.array_equal(as_network(x, "in", DNA, layout), layout.undo(x))
    assert np.array_equal(from_plain(x, DNA, layout), x)

"""What cannot be read of old Keras is named at once and whole; open lengths and odd names are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import (
    CONV,
    Rng,
    arrays,
    build,
    conv1d,
    follows,
    layer,
    model_config,
    run,
    write_h5,
    write_json,
)

from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.errors import UnknownLayersError, WeightsError
from dlgenomics_zoo.formats.keras_network import read_keras_network


def test_every_unknown_layer_is_listed_at_once_and_can_be_replaced(tmp_path: Path,
                                                                   rng: Rng) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["c"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 3, 4]),
        layer("Mystery", "a", follows("x")), layer("Enigma", "b", follows("x")),
        layer("Add", "c", follows("a", "b"))]))
    with pytest.raises(UnknownLayersError) as caught:
        read_keras_network(arch)
    assert len(caught.value.layers) == 2
    assert "Mystery" in str(caught.value)
    assert "Enigma" in str(caught.value)
    network = read_keras_network(arch, replacements={
        "a": "ReverseComplement", "b": {"Rescaling": {"scale": 2.0}}})
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(run(network, x), x[:, ::-1, ::-1] + 2 * x, atol=1e-6)
    assert sum("as asked" in n for n in network.notes) == 2


def test_names_that_keras3_forbids(tmp_path: Path, rng: Rng) -> None:
    (kernel,) = arrays(rng, (4, 2))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Dense", "tower/dense-1", batch_input_shape=[None, 4], units=2,
              activation="linear"),
        layer("Activation", "1st", activation="relu")])
    weights = write_h5(tmp_path / "w.h5", {
        "tower/dense-1": [("kernel:0", kernel), ("bias:0", np.zeros(2))], "1st": []},
        version="2.1.5")
    network = read_keras_network(arch, weights)
    assert list(network.weights) == ["tower_dense_1"]
    assert build(network).count_params() == 10


def test_yaml_of_keras1_with_tuples_and_anchors(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("""\
class_name: Sequential
config:
- class_name: Dense
  config:
    name: d
    batch_input_shape: &id001 !!python/tuple [null, 4]
    output_dim: 2
    activation: linear
    bias: true
- class_name: Reshape
  config: {name: r, target_shape: !!python/tuple [2, 1]}
keras_version: 1.2.2
""")
    network = read_keras_network(path)
    assert network.inputs == {"d_input": (4,)}
    assert network.keras_version == "1.2.2"


@pytest.mark.parametrize(("content", "came"), [
    ('{"class_name": "Sequential", "config": [}', "broken JSON"),
    ('{"layers": [{"name": "Dense"}]}', "Keras 0"),
    ('{"config": {}}', "without a class_name"),
    ('{"class_name": "Model", "config": {"layers": [], "input_layers": [["x",0,0]], '
     '"output_layers": []}}', "do not fit together"),
    ('{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 3}}]}',
     "no shape for the input"),
])
def test_broken_architectures(tmp_path: Path, content: str, came: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DataError, match=came):
        read_keras_network(path)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["x"], ["a"], [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4]),
        layer("Activation", "a", follows("b"), activation="relu"),
        layer("Activation", "b", follows("a"), activation="relu")]))
    with pytest.raises(DataError, match="circle"):
        read_keras_network(arch)


def _dense_file(tmp_path: Path) -> Path:
    return write_json(tmp_path / "a.json", "Sequential", [
        layer("Dense", "a", batch_input_shape=[None, 4], units=2, activation="relu"),
        layer("Dense", "b", units=3, activation="linear")])


def _weights(tmp_path: Path, **changes: Any) -> Path:
    layers = {"a": [("a/kernel:0", np.ones((4, 2))), ("a/bias:0", np.ones(2))],
              "b": [("b/kernel:0", np.ones((2, 3))), ("b/bias:0", np.ones(3))]}
    return write_h5(tmp_path / "w.h5", {**layers, **changes}, version="2.1.5")


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    arch = _dense_file(tmp_path)
    with pytest.raises(WeightsError, match=r"'c/kernel:0', which no layer takes"):
        read_keras_network(arch, _weights(tmp_path, c=[("c/kernel:0", np.ones(3))]))
    with pytest.raises(WeightsError, match="no arrays for the layer 'b'"):
        read_keras_network(arch, _weights(tmp_path, b=[]))
    few = read_keras_network(arch, _weights(tmp_path, b=[("b/kernel:0", np.ones((2, 3)))]))
    with pytest.raises(WeightsError, match=r"b needs 2 arrays \(kernel, bias\), not 1"):
        build(few)
    wrong = _weights(tmp_path, b=[("b/kernel:0", np.ones((3, 2))), ("b/bias:0", np.ones(3))])
    with pytest.raises(WeightsError, match=r"b/kernel needs shape \(2, 3\), not \(3, 2\)"):
        build(read_keras_network(arch, wrong))


def test_nothing_is_set_if_anything_misfits(tmp_path: Path) -> None:
    from dlgenomics_zoo.formats.load_weights import load_weights

    network = read_keras_network(_dense_file(tmp_path), _weights(tmp_path))
    model = build(network)
    before = [np.asarray(w) for w in model.weights]
    bad = {name: [np.zeros_like(a) for a in arrays] for name, arrays in network.weights.items()}
    bad["b"] = bad["b"][:1]
    bad["ghost"] = [np.zeros(2)]
    with pytest.raises(WeightsError) as caught:
        load_weights(model, bad)
    assert len(caught.value.problems) == 2
    for one, other in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))


def test_weights_alone_ask_for_the_network(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Give the architecture"):
        read_keras_network(_weights(tmp_path))


def test_open_lengths_are_given_when_reading(tmp_path: Path, rng: Rng, dna: np.ndarray) -> None:
    (kernel,) = arrays(rng, (3, 4, 5))
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Conv1D", "c", batch_input_shape=[None, None, 4], **CONV),
        layer("GlobalMaxPooling1D", "p")])
    weights = write_h5(tmp_path / "w.h5", {"c": [("c/kernel:0", kernel),
                                                 ("c/bias:0", np.zeros(5))], "p": []},
                       version="2.1.5")
    with pytest.raises(DataError, match="shapes="):
        build(read_keras_network(arch, weights))
    network = read_keras_network(arch, weights, shapes={"c_input": (12, 4)})
    np.testing.assert_allclose(run(network, dna), conv1d(dna, kernel).max(1), atol=1e-5)
    for shapes in ({"c_input": (12, 5)}, {"c_input": (4,)}, {"x": (12, 4)}):
        with pytest.raises(DataError, match="leave open"):
            read_keras_network(arch, weights, shapes=shapes)

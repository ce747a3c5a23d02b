"""Ports against forward passes in NumPy that follow PyTorch's own layout, channels first."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_torch import write_legacy, write_zip

from dlgenomics.build import assemble_model
from dlgenomics.errors import DataError, ShapeError
from dlgenomics.predict.layout import as_network
from dlgenomics_zoo.formats.checkpoint import Checkpoint
from dlgenomics_zoo.formats.errors import WeightsError
from dlgenomics_zoo.formats.load_weights import load_weights
from dlgenomics_zoo.formats.torch_checkpoint import read_torch
from dlgenomics_zoo.ports import Port, port_for, port_names, port_spec, port_weights, read_port

Rng = np.random.Generator
NARROW = {320: 6, 480: 5, 640: 4, 960: 4, 925: 7, 2003: 7, 919: 3, 2002: 3,
          300: 6, 200: 5, 1000: 8, 164: 3}


def _narrow(port: Port) -> Port:
    """The same network with a few filters, so that a test takes a second."""
    document = copy.deepcopy(dict(port.document))

    def shrink(layers: list[Any]) -> None:
        for entry in layers:
            for arguments in entry.values() if isinstance(entry, dict) else ():
                if not isinstance(arguments, dict):
                    continue
                for key in ("filters", "units"):
                    if key in arguments:
                        arguments[key] = NARROW[arguments[key]]
                shrink(arguments.get("layers", []))

    shrink(document["model"]["layers"])
    return dataclasses.replace(port, document=document, targets=3)


def _conv(x: np.ndarray, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """PyTorch's convolution over x (batch, channels, length), kernel (out, in, width)."""
    kernel = arrays[f"{name}.weight"].reshape(*arrays[f"{name}.weight"].shape[:2], -1)
    width = kernel.shape[2]
    windows = np.stack([x[:, :, i:i + width] for i in range(x.shape[2] - width + 1)], axis=2)
    return np.einsum("bclw,ocw->bol", windows, kernel) + arrays[f"{name}.bias"][None, :, None]


def _linear(x: np.ndarray, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]


def _pool(x: np.ndarray, width: int) -> np.ndarray:
    length = x.shape[2] // width
    return x[:, :, :length * width].reshape(*x.shape[:2], length, width).max(axis=3)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _threshold(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 1e-6)


def _deepsea(x: np.ndarray, arrays: dict[str, np.ndarray], first: int) -> np.ndarray:
    """x: (batch, 4, 1, 1000) in the order A G C T."""
    h = x[:, :, 0]
    for number, pool in ((0, 4), (4, 4), (8, None)):
        h = _threshold(_conv(h, arrays, f"{first}.{number}"))
        h = _pool(h, pool) if pool else h
    h = _threshold(_linear(h.reshape(len(h), -1), arrays, f"{first}.12.1"))
    return _sigmoid(_linear(h, arrays, f"{first}.14.1"))


def _variant_effects(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    return _deepsea(x[:, [0, 2, 1, 3]], arrays, 1)


def _predict(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    x = x[:, [0, 2, 1, 3]]
    return (_deepsea(x, arrays, 2) + _deepsea(x[:, ::-1, :, ::-1], arrays, 2)) / 2


def _beluga(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    h = x[:, :, 0]
    for number in (0, 2, 6, 8, 12, 14):
        h = np.maximum(_conv(h, arrays, f"model.0.{number}"), 0)
        h = _pool(h, 4) if number in (2, 8) else h
    h = np.maximum(_linear(h.reshape(len(h), -1), arrays, "model.1.2.1"), 0)
    return _sigmoid(_linear(h, arrays, "model.1.4.1"))


def _normalized(x: np.ndarray, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    weight, bias, mean, variance = (
        arrays[f"{name}.{part}"].reshape(1, -1, *[1] * (x.ndim - 2))
        for part in ("weight", "bias", "running_mean", "running_var"))
    return weight * (x - mean) / np.sqrt(variance + 1e-5) + bias


def _basset(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    h = x[..., 0]
    for number, pool in ((0, 3), (4, 4), (8, 4)):
        h = np.maximum(_normalized(_conv(h, arrays, str(number)), arrays, str(number + 1)), 0)
        h = _pool(h, pool)
    h = h.reshape(len(h), -1)
    for linear, norm in (("13.1", "14"), ("17.1", "18")):
        h = np.maximum(_normalized(_linear(h, arrays, linear), arrays, norm), 0)
    return _sigmoid(_linear(h, arrays, "21.1"))


FORWARD = {"basset": _basset, "deepsea-variant-effects": _variant_effects,
           "deepsea-predict": _predict, "deepsea-beluga": _beluga}


def _random_arrays(port: Port, rng: Rng) -> dict[str, np.ndarray]:
    """Arrays of the shapes that PyTorch's modules have for the narrow network."""
    arrays: dict[str, np.ndarray] = {}
    width = {"basset": [19, 11, 7]}.get(port.name, [8] * 9)
    layers = dict(_named_layers(port))
    channels = 4
    for layer, written in port.weights.items():
        if "conv1d" in written:
            out, place = layers[layer]["filters"], written["conv1d"]
            shape = [out, channels, width.pop(0)]
            shape.insert(written["one"], 1)
            arrays[f"{place}.weight"] = rng.normal(scale=1.5 / np.sqrt(channels * 8), size=shape)
            channels = out
        elif "dense" in written:
            out, place = layers[layer]["units"], written["dense"]
            inside = channels * written.get("channel_major", 1)
            arrays[f"{place}.weight"] = rng.normal(scale=2 / np.sqrt(inside), size=(out, inside))
            channels = out
        else:
            place, out = written["batch_norm"], channels
            arrays |= {f"{place}.running_mean": rng.normal(size=out),
                       f"{place}.running_var": rng.uniform(0.5, 2, out),
                       f"{place}.weight": rng.uniform(0.5, 1.5, out)}
        arrays[f"{place}.bias"] = rng.normal(scale=0.3, size=out)
    return {name: a.astype("float32") for name, a in arrays.items()}


def _named_layers(port: Port) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []

    def collect(layers: list[Any]) -> None:
        for entry in layers:
            for arguments in entry.values() if isinstance(entry, dict) else ():
                if isinstance(arguments, dict):
                    found.append((arguments.get("name", ""), arguments))
                    collect(arguments.get("layers", []))

    collect(port.document["model"]["layers"])
    return found


def _sequences(port: Port, rng: Rng, count: int = 3) -> np.ndarray:
    """One-hot sequences (batch, length, 4), with a stretch of N."""
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (count, port.length))]
    x[0, 100:140] = 0.25
    return x


def _in_source_layout(port: Port, x: np.ndarray) -> np.ndarray:
    ordered = x[..., ["ACGT".index(base) for base in port.layout.alphabet]]
    return ordered.transpose(0, 2, 1).reshape(len(x), *port.source_shape)


def _as_network(port: Port, x: np.ndarray) -> np.ndarray:
    ((name, one),) = port_spec(port).data.inputs.items()
    return as_network(x, name, one, port.layout)


def _model(port: Port, checkpoint: Checkpoint) -> Any:
    model = assemble_model(port_spec(port))
    load_weights(model, port_weights(port, checkpoint), checkpoint.path)
    return model


@pytest.mark.parametrize("write", [write_zip, write_legacy])
@pytest.mark.parametrize("name", FORWARD)
def test_a_port_gives_what_the_published_network_gives(tmp_path: Path, rng: Rng, name: str,
                                                       write: Any) -> None:
    port = _narrow(read_port(name))
    arrays = _random_arrays(port, rng)
    model = _model(port, read_torch(write(tmp_path / "w.pth", arrays)))
    x = _sequences(port, rng)
    expected = FORWARD[name](_in_source_layout(port, x), arrays)
    assert expected.std(axis=0).min() > 1e-3, "outputs must depend on the sequence"
    for given in (x, _in_source_layout(port, x)):
        found = np.asarray(model(_as_network(port, given), training=False))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_wrong_alphabet_or_flatten_would_show(rng: Rng) -> None:
    port = _narrow(read_port("deepsea-variant-effects"))
    arrays = _random_arrays(port, rng)
    x = _sequences(port, rng)
    expected = FORWARD[port.name](_in_source_layout(port, x), arrays)
    for layer, key in (("conv_1", "alphabet"), ("dense_1", "channel_major")):
        written = {k: v for k, v in port.weights[layer].items() if k != key}
        wrong = dataclasses.replace(port, weights={**port.weights, layer: written})
        found = np.asarray(_model(wrong, Checkpoint(arrays, Path("w"), "x"))(x, training=False))
        assert np.abs(found - expected).max() > 1e-2


def test_every_array_is_used_once(rng: Rng) -> None:
    port = _narrow(read_port("basset"))
    arrays = _random_arrays(port, rng)
    counters = {f"{i}.num_batches_tracked": np.array(7) for i in (1, 5)}
    port_weights(port, Checkpoint({**arrays, **counters}, Path("w.pth"), "x"))

    def problems(changed: dict[str, Any]) -> str:
        with pytest.raises(WeightsError, match=r"w\.pth") as caught:
            port_weights(port, Checkpoint(changed, Path("w.pth"), "x"))
        return str(caught.value)

    assert "'22.weight', which no layer takes" in problems({**arrays, "22.weight": np.ones(2)})
    renamed = {k.replace("13.1.weight", "13.2.weight"): v for k, v in arrays.items()}
    assert "no array '13.1.weight' for dense_1 (there is '13.2.weight')" in problems(renamed)
    assert "axis 3 of size 1" in problems({**arrays, "4.weight": np.ones((5, 6, 1, 11))})
    assert "channels of 10 positions" in problems({**arrays, "13.1.weight": np.ones((8, 51))})
    short = {**arrays, "0.bias": np.ones(5, "f4")}
    with pytest.raises(WeightsError, match=r"conv_1/bias needs shape \(6,\), not \(5,\)"):
        _model(port, Checkpoint(short, Path("w.pth"), "x"))


def test_ports_are_known_by_kipois_names() -> None:
    assert {m for n in port_names() for m in read_port(n).models} == {
        "Basset", "DeepSEA/predict", "DeepSEA/variantEffects", "DeepSEA/beluga", "AttentiveChrome/*"}
    port = port_for("DeepSEA/beluga")
    assert port is not None
    assert port.source_shape == (4, 1, 2000)
    assert port_for("DeepSEA") is None
    with pytest.raises(DataError, match="Did you mean 'basset'"):
        read_port("baset")


@pytest.mark.parametrize(("name", "parameters"), [
    # counted from the published layers: kernels, biases, and four numbers a normalized channel
    ("basset", 300 * 4 * 19 + 200 * 300 * 11 + 200 * 200 * 7 + 700 + 1000 * 2000 + 1000 * 1000
     + 164 * 1000 + 2164 + 4 * (700 + 2000)),
    ("deepsea-predict", 8 * (4 * 320 + 320 * 480 + 480 * 960) + 1760 + 50880 * 925 + 925
     + 925 * 919 + 919),
    ("deepsea-beluga", 8 * (4 * 320 + 320 * 320 + 320 * 480 + 480 * 480 + 480 * 640 + 640 * 640)
     + 2 * (320 + 480 + 640) + 67840 * 2003 + 2003 + 2003 * 2002 + 2002),
])
def test_sizes_of_the_published_networks(name: str, parameters: int) -> None:
    from dlgenomics.spec import summarize

    assert summarize(port_spec(read_port(name))).parameters == parameters


def test_columns_are_named_and_numbered_where_they_repeat() -> None:
    port = dataclasses.replace(_narrow(read_port("basset")), targets=4)
    document = copy.deepcopy(dict(port.document))
    document["model"]["layers"][-1]["Dense"]["units"] = 4
    port = dataclasses.replace(port, document=document)
    spec = port_spec(port, ["K562", "K562", "A", "K562_2"])
    assert spec.data.targets["dhs"].columns == ("K562", "K562_3", "A", "K562_2")
    with pytest.raises(DataError, match="4 names of targets"):
        port_spec(port, ["one"])


def test_other_shapes_are_refused(rng: Rng) -> None:
    port = read_port("basset")
    for shape in ((2, 600, 4, 1), (2, 4, 600), (600, 4), (2, 4, 1000, 1)):
        with pytest.raises(ShapeError, match="4, 600, 1"):
            _as_network(port, np.zeros(shape))

"""AttentiveChrome from a name of Kipoi's to predictions, against NumPy that follows PyTorch's own layout."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_torch import write_legacy, write_zip

from dlgenomics import get_model
from dlgenomics_zoo.formats.checkpoint import Checkpoint
from dlgenomics_zoo.formats.errors import WeightsError
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import standing_of
from dlgenomics_zoo.ports import port_for, port_spec, port_weights, read_port
from dlgenomics_zoo.trusted.statement import NeedsTrustError

NAME = "AttentiveChrome/E003"
MARKS, BINS = 5, 100
Arrays = dict[str, np.ndarray]


@pytest.fixture
def arrays(rng: np.random.Generator) -> Arrays:
    """Arrays of the published sizes, each different from all others."""
    def lstm(name: str, given: int, size: int) -> Arrays:
        return {f"{name}.{part}_l0{way}": rng.normal(scale=0.4, size=shape)
                for way in ("", "_reverse") for part, shape in (
                    ("weight_ih", (4 * size, given)), ("weight_hh", (4 * size, size)),
                    ("bias_ih", (4 * size,)), ("bias_hh", (4 * size,)))}

    found = {"fdiff1_1.weight": rng.normal(size=(1, 32)), "fdiff1_1.bias": rng.normal(size=1),
             "hm_level_rnn_1.bin_attention.bin_context_vector": rng.normal(size=(32, 1)),
             **lstm("hm_level_rnn_1.rnn", 64, 16)}
    for mark in range(MARKS):
        found |= {f"rnn_hms.{mark}.bin_attention.bin_context_vector": rng.normal(size=(64, 1)),
                  **lstm(f"rnn_hms.{mark}.rnn", 1, 32)}
    return {name: array.astype("float32") for name, array in found.items()}


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _direction(x: Any, arrays: Arrays, name: str, way: str) -> Any:
    """One direction of PyTorch's LSTM over x (length, batch, channels); gates i, f, g, o."""
    w_ih, w_hh, b_ih, b_hh = (arrays[f"{name}.{part}_l0{way}"]
                              for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h = c = np.zeros((x.shape[1], w_hh.shape[1]))
    states = []
    for row in x[::-1] if way else x:
        i, f, g, o = np.split(row @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states[::-1] if way else states)


def _encoder(x: Any, arrays: Arrays, name: str) -> Any:
    """x: (length, batch, channels) → (batch, channels): the states, summed by attention."""
    states = np.concatenate([_direction(x, arrays, f"{name}.rnn", way) for way in ("", "_reverse")], axis=2)
    states = states.transpose(1, 0, 2)
    score = (states @ arrays[f"{name}.bin_attention.bin_context_vector"])[..., 0]
    alpha = np.exp(score - score.max(axis=1, keepdims=True))
    alpha /= alpha.sum(axis=1, keepdims=True)
    return np.einsum("bl,blc->bc", alpha, states)


def _published(x: Any, arrays: Arrays) -> Any:
    """x: (batch, bins, marks)."""
    levels = [_encoder(x[:, :, mark].T[:, :, None], arrays, f"rnn_hms.{mark}") for mark in range(MARKS)]
    summary = _encoder(np.stack(levels), arrays, "hm_level_rnn_1")
    return _sigmoid(summary @ arrays["fdiff1_1.weight"].T + arrays["fdiff1_1.bias"])


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_a_name_becomes_predictions(
    write: Any, arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    (tmp_path / "mirror").mkdir()
    path = write(tmp_path / "mirror" / "E003_attchrome_avgAUC_model.pt", arrays)
    one = kipoi_index().models[NAME]
    assert standing_of(one).warnings  # its host was reported to fail
    file = dataclasses.replace(one.files[0], md5=hashlib.md5(path.read_bytes()).hexdigest())
    known = dataclasses.replace(one, files=(file,))
    monkeypatch.setitem(kipoi_index().models, NAME, known)  # type: ignore[arg-type]
    monkeypatch.setenv("DLG_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("DLG_OFFLINE", "1")
    model = get_model(NAME)
    x = rng.poisson(3, (4, BINS, MARKS)).astype("float32")
    expected = _published(x, arrays)
    assert np.ptp(expected) > 1e-2
    np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-5)
    assert model.columns == ["expressed"]
    assert model.info.authors[0].name == "Ritambhara Singh"
    model.test()
    with pytest.raises(NeedsTrustError, match="HMData"):
        model.pipeline.predict({"input_file": "a.csv"})


def test_the_size_of_the_published_network(arrays: Arrays) -> None:
    """PyTorch's LSTM has two biases where one does; all else is the same."""
    from dlgenomics.spec import summarize

    doubled = sum(a.size for name, a in arrays.items() if "bias_hh" in name)
    assert summarize(port_spec(read_port("attentivechrome"))).parameters == sum(
        a.size for a in arrays.values()) - doubled


def test_every_array_is_used_once(arrays: Arrays) -> None:
    port = port_for("AttentiveChrome/E129")
    assert port is not None
    assert port.source_shape == (BINS, MARKS)
    taken = port_weights(port, Checkpoint(arrays, Path("w"), "x"))
    assert set(taken) == set(port.weights)

    def problem(changed: Arrays) -> str:
        with pytest.raises(WeightsError) as caught:
            port_weights(port, Checkpoint(changed, Path("w"), "x"))
        return str(caught.value)

    without = {name: a for name, a in arrays.items() if name != "rnn_hms.3.rnn.bias_hh_l0_reverse"}
    assert "no array 'rnn_hms.3.rnn.bias_hh_l0_reverse' for bins_4" in problem(without)
    assert "'rnn_hms.0.rnn.weight_ih_l1', which no layer takes" in problem(
        {**arrays, "rnn_hms.0.rnn.weight_ih_l1": np.ones((128, 64))})
    assert "must have 2, 2, 1 and 1 axes" in problem({**arrays, "rnn_hms.0.rnn.bias_ih_l0": np.ones((128, 1))})


@pytest.mark.parametrize(("one", "other"), [
    ("rnn_hms.0.rnn.weight_hh_l0", "rnn_hms.0.rnn.weight_hh_l0_reverse"),
    ("rnn_hms.0.rnn.weight_ih_l0", "rnn_hms.4.rnn.weight_ih_l0"),
    ("rnn_hms.1.bin_attention.bin_context_vector", "rnn_hms.2.bin_attention.bin_context_vector"),
])
def test_arrays_in_each_others_place_would_show(
    one: str, other: str, arrays: Arrays, rng: np.random.Generator
) -> None:
    x = rng.poisson(3, (4, BINS, MARKS)).astype("float32")
    swapped = {**arrays, one: arrays[other], other: arrays[one]}
    assert np.abs(_published(x, swapped) - _published(x, arrays)).max() > 1e-3

"""Layers and gradients as tracks: bases that are known beforehand get the numbers that they must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics.errors import DlgError
from dlgenomics.predict.computation import Wanted
from dlgenomics.predict.order import Order
from dlgenomics.spec import parse_spec

LETTERS = "".join(np.random.default_rng(5).choice(list("ACGT"), 120))
PLUS, MINUS = range(10, 31), range(50, 71)
"""The bases of two windows, on either strand."""

SPEC = """
spec: 1
name: shows-g
task: regression
data:
  train: {fasta: x.fa, labels: x.tsv}
  inputs: {dna: {kind: dna, length: 21}}
  targets: {score: {column: score}}
model:
  layers:
    - Conv1D: {filters: 2, kernel_size: 3, use_bias: false, name: shows}
    - MaxPooling1D: {pool_size: 5, name: bins}
    - Flatten
    - Dense: {units: 1, use_bias: false}
"""


@pytest.fixture(scope="module")
def model() -> Any:
    """A network whose first layer shows G, and what follows A."""
    from dlgenomics.build import build_model
    from dlgenomics.predict.model import Model, SourceRecord

    spec = parse_spec(SPEC)
    network = build_model(spec)
    taps = np.zeros((3, 4, 2), np.float32)
    taps[1, 2, 0] = taps[0, 0, 1] = 1
    network.layers[1].set_weights([taps])
    return Model(spec, network, SourceRecord("built", "memory"))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "g.fa").write_text(f">chr1\n{LETTERS}\n")
    (tmp_path / "i.bed").write_text("chr1\t50\t71\ta\t0\t-\nchr1\t10\t31\tb\t0\t+\n")
    return {"fasta_file": tmp_path / "g.fa", "intervals_file": tmp_path / "i.bed"}


def _write(model: Any, files: dict[str, Path], out: Path, wanted: Wanted,
           column: str | None = None) -> None:
    model.pipeline.write_predictions(out, model.default_dataloader(**files), Order(wanted),
                                     arguments=files, column=column)


def _read(path: Path) -> dict[int, float]:
    return {base: float(value) for line in path.read_text().splitlines()
            for _, start, end, value in [line.split("\t")] for base in range(int(start), int(end))}


def test_a_layer_along_positions(model: Any, files: dict[str, Path], tmp_path: Path) -> None:
    _write(model, files, tmp_path / "{column}.bg", Wanted("shows"))
    inner = PLUS[1:-1], MINUS[1:-1]
    assert _read(tmp_path / "preds_0.bg") == {
        **{base: float(LETTERS[base] == "G") for base in inner[0]},
        **{base: float(LETTERS[base] == "C") for base in inner[1]}}
    assert _read(tmp_path / "preds_1.bg") == {
        **{base: float(LETTERS[base - 1] == "A") for base in inner[0]},
        **{base: float(LETTERS[base + 1] == "T") for base in inner[1]}}


def test_a_layer_of_bins_by_its_number(model: Any, files: dict[str, Path], tmp_path: Path) -> None:
    _write(model, files, tmp_path / "bins.bg", Wanted(3), "preds/0")
    found = _read(tmp_path / "bins.bg")
    expected = {}
    for place in range(3):
        for bases, letter in (PLUS, "G"), (MINUS[::-1], "C"):
            seen = bases[1 + 5 * place:6 + 5 * place]
            shown = any(LETTERS[base] == letter for base in seen)
            expected.update(dict.fromkeys(seen, float(shown)))
    assert found == expected


def test_a_layer_without_positions(model: Any, files: dict[str, Path], tmp_path: Path) -> None:
    _write(model, files, tmp_path / "flat.bg", Wanted("score"), "preds/0")
    expected = model.predict_on_batch(model.default_dataloader(**files).load_all()["inputs"])
    found = _read(tmp_path / "flat.bg")
    assert found == pytest.approx({**dict.fromkeys(MINUS, float(expected[0, 0])),
                                   **dict.fromkeys(PLUS, float(expected[1, 0]))}, abs=1e-6)


def test_gradients_by_base(model: Any, files: dict[str, Path], tmp_path: Path) -> None:
    _write(model, files, tmp_path / "{column}.bg", Wanted(gradients="score"))
    minus, plus = model.input_grad(model.default_dataloader(**files).load_all()["inputs"])
    assert np.abs(plus).max() > 0
    for channel, letter in enumerate("ACGT"):
        found = _read(tmp_path / f"grads_{letter}.bg")
        expected = {**dict(zip(PLUS, plus[:, channel].tolist(), strict=True)),
                    **dict(zip(MINUS, minus[::-1, 3 - channel].tolist(), strict=True))}
        assert found == pytest.approx(expected, abs=1e-6)


def test_tracks_that_are_not_there_are_named(model: Any, files: dict[str, Path],
                                             tmp_path: Path) -> None:
    with pytest.raises(DlgError, match=r"2 columns \(preds/0, preds/1\)\. Choose one"):
        _write(model, files, tmp_path / "o.bg", Wanted("shows"))
    with pytest.raises(DlgError, match="Did you mean 'grads/A'"):
        _write(model, files, tmp_path / "o.bg", Wanted(gradients="score"), "grads/a")
    with pytest.raises(DlgError, match="--column preds/0"):
        _write(model, files, tmp_path / "o.bg", Wanted("score"))
    with pytest.raises(DlgError, match="a track has one number a row"):
        _write(model, files, tmp_path / "o.bg", Wanted("score"), "preds/7")

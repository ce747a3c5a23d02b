"""Against known truth: motifs that a simulation embedded, and gradients that others stored."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from dlgenomics.data.encoding import one_hot
from dlgenomics.explain.explaining import explain, quantity_of
from dlgenomics.explain.quantity import Batch
from dlgenomics.simulate import load_motif, simulate

_INFORMATIVE = 0.4
"""Bits from which a column of a motif counts: the flanks of TAL1's matrix are background."""


def _truth(made, rows: np.ndarray) -> np.ndarray:
    """Return which bases lie in the core of an embedded motif: bool, shape (rows, length)."""
    matrix = made.motifs[0].matrix
    bits = 2 + (matrix * np.log2(matrix + 1e-9)).sum(1)
    core = np.flatnonzero(bits >= _INFORMATIVE)
    low, end = core[0], core[-1] + 1
    found = np.zeros(made.codes.shape, bool)
    at = made.embeddings
    for row, start, width, minus in zip(at.sequence, at.start, at.width, at.minus, strict=True):
        first, last = (width - end, width - low) if minus else (low, end)
        found[row, start + first:start + last] = True
    return found[rows]


@pytest.mark.parametrize(("method", "per_base", "per_window"), [
    ("deeplift", 0.75, 0.85),
    pytest.param("ism", 0.75, 0.85, marks=pytest.mark.slow),
    pytest.param("ig", 0.7, 0.85, marks=pytest.mark.slow),
])
def test_embedded_motifs_are_found(method: str, per_base: float, per_window: float) -> None:
    from dlgenomics import get_model

    made = simulate("density-localization", load_motif("TAL1"), count=60, length=500, seed=77)
    rows = np.flatnonzero(made.labels[:, 0] == 1)
    truth = _truth(made, rows)
    assert truth.mean() == pytest.approx(0.058, abs=0.01)
    scores = explain(get_model("dragonn/tal1"), one_hot(made.codes[rows]), method).actual
    assert average_precision_score(truth.ravel(), scores.ravel()) >= per_base
    windows, hits = (one.reshape(len(rows), 50, 10) for one in (scores, truth))
    assert average_precision_score(hits.any(2).ravel(), windows.sum(2).ravel()) >= per_window


@pytest.mark.real
def test_gradients_of_kipois_tal1_are_those_stored_with_it() -> None:
    from dlgenomics import get_model

    named, data = os.environ.get("DLG_KIPOI_MODELS"), os.environ.get("DLG_TEST_DATA")
    folder = Path(named) if named else Path(data).parent / "kipoi" if data else None
    if folder is None or not (folder / "examples" / "tal1_model").is_dir():
        pytest.skip("neither DLG_KIPOI_MODELS nor a folder beside DLG_TEST_DATA has examples/")
    place = folder / "examples" / "tal1_model"
    model = get_model(place)
    with h5py.File(place / "example_files" / "grads.hdf5") as stored:
        x, expected = stored["inputs"][:].astype(np.float32), stored["grads"][:]
    quantity = quantity_of(model)
    assert "before the sigmoid" in quantity.point.words
    batch = Batch(quantity, {quantity.explained: x})
    found = batch.gradients(x[:, None])[:, 0]
    assert found == pytest.approx(expected, abs=1e-5)
    assert np.abs(expected).max() > 8

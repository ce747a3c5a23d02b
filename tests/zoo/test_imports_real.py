"""Kipoi's example models from their folders to the numbers stored beside them.

The files lie in ``kipoi/`` beside the folder that DLG_TEST_DATA names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dlgenomics import get_model
from dlgenomics_zoo.imports.convert import Wish, convert
from dlgenomics_zoo.trusted.statement import NeedsTrustError

pytestmark = pytest.mark.real

PYT = """
port: 1
models: [pyt]
targets: 1
input: {alphabet_axis: 1}
weights: {hidden: {dense: "1"}, score: {dense: "3"}}
spec:
  spec: 1
  name: pyt
  task: multilabel_classification
  data:
    inputs: {dna: {kind: dna, length: 1000, n: quarter}}
    targets: {score: {columns: []}}
  model:
    layers:
      - Flatten
      - Dense: {units: 100, activation: relu, name: hidden}
      - Dense: {units: 1, activation: sigmoid, name: score}
"""


@pytest.fixture
def kipoi() -> Path:
    data = os.environ.get("DLG_TEST_DATA")
    folder = Path(data).resolve().parent / "kipoi" if data else None
    if folder is None or not (folder / "examples").is_dir():
        pytest.skip("there is no kipoi/examples beside the folder that DLG_TEST_DATA names")
    return folder


def test_gradients_of_tal1(kipoi: Path) -> None:
    model = get_model(str(kipoi / "examples" / "tal1_model"), source="dir")
    with h5py.File(kipoi / "examples" / "tal1_model" / "example_files" / "grads.hdf5") as opened:
        x, stored = opened["inputs"][()], opened["grads"][()]
    found = model.input_grad(x, avg_func="sum", layer="dense_1")
    assert np.abs(stored).max() > 8
    assert np.abs(found - stored).max() < 1e-5
    assert np.abs(model.input_grad(x, avg_func="sum", layer="activation_1") - stored).max() > 1


def test_tal1_reads_files_by_a_dataloader_of_kipoiseq(kipoi: Path) -> None:
    """Its own is code; its 20 sequences are whole contigs, so nothing is resized."""
    folder = kipoi / "examples" / "tal1_model"
    model = get_model(str(folder), source="dir",
                      default_dataloader_name="kipoiseq.dataloaders.SeqIntervalDl")
    found = model.default_dataloader(
        fasta_file=str(folder / "example_files" / "example.fa"), num_chr_fasta=True,
        intervals_file=str(folder / "example_files" / "intervals.tsv")).load_all()["inputs"]
    with h5py.File(folder / "example_files" / "grads.hdf5") as opened:
        np.testing.assert_array_equal(found, opened["inputs"][()])
    with pytest.raises(NeedsTrustError):
        get_model(str(folder), source="dir").pipeline.predict({"fasta_file": "a"})


def test_extended_coda_of_keras1_and_keras2_are_twins(kipoi: Path, tmp_path: Path, rng: Any) -> None:
    files = kipoi / "examples" / "extended_coda" / "model_files"
    first = get_model(convert(Wish(str(files / "model.json"), weights=files / "weights.h5", name="one"), tmp_path))
    second = get_model(str(kipoi / "examples" / "extended_coda"), source="dir")
    x = rng.uniform(0, 2, (1, 25025, 1)).astype("float32")
    np.testing.assert_array_equal(first.predict_on_batch(x), second.predict_on_batch(x))


def test_pyt_gives_its_published_predictions_and_no_others(
    kipoi: Path, tmp_path: Path, run_dlg: Callable[..., tuple[int, str, str]]
) -> None:
    folder = kipoi / "examples" / "pyt"
    (tmp_path / "pyt.yaml").write_text(PYT)
    place = convert(Wish(str(folder / "model_files" / "only_weights.pth"),
                         port=str(tmp_path / "pyt.yaml"), name="pyt"), tmp_path / "out")
    status, out, err = run_dlg("test", place, "--expect", folder / "expected.pred.h5")
    assert (status, "14 published predictions agree to 6 decimals" in out) == (0, True), err
    status, out, err = run_dlg("test", place, "--expect", folder / "wrong.pred.h5")
    assert (status, out, "largest difference of 0.522" in err) == (1, "", True)


def test_basset_from_a_random_checkpoint(kipoi: Path, tmp_path: Path) -> None:
    """The full network in the old form of PyTorch; in both layouts of its users."""
    place = convert(Wish(str(kipoi / "basset" / "random_legacy.pth"), port="basset", name="basset"),
                    tmp_path)
    model = get_model(shutil.move(place, tmp_path / "moved"))
    stored = np.load(kipoi / "basset" / "io.npz")
    for x in (stored["x"][..., 0].transpose(0, 2, 1), stored["x"]):
        assert np.abs(model.predict_on_batch(x) - stored["y_legacy"]).max() < 1e-5

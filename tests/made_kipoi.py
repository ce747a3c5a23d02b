"""Writes tiny models in Kipoi's form, each a folder with descriptors and a Keras 2 file by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from old_keras import layer, write_h5

LENGTH = 12

MODEL = """\
defined_as: {defined_as}
args:
  weights: model_files/weights.h5
default_dataloader: {loader}
info:
  authors: [{{name: Ada, github: ada}}]
  doc: Adds things up.
  license: {license}
  cite_as: https://doi.org/10.1/2
  tags: [Test tag]
  trained_on: made-up sequences
schema:
  inputs: {{name: seq, shape: "({length}, 4)", special_type: DNASeq}}
  targets: {{name: score, shape: "(2,)", column_labels: [open, closed]}}
dependencies:
  pip: [keras==2.2.4]
"""

SEQ_LOADER = """
  defined_as: kipoiseq.dataloaders.SeqIntervalDl
  default_args: {{auto_resize_len: {length}}}"""

OWN_LOADER = """\
defined_as: dataloader.Rows
args:
  count:
    doc: how many rows
    example: 3
info: {authors: [{name: Ada}]}
output_schema:
  inputs: {name: seq, shape: "(12, 4)"}
  metadata: {place: {type: int, doc: its number}}
"""

OWN_CODE = """\
from pathlib import Path
import numpy as np
from kipoi.data import Dataset
Path(MARKER).write_text("the dataloader ran")
class Rows(Dataset):
    def __init__(self, count):
        self.count = int(count)
    def __len__(self):
        return self.count
    def __getitem__(self, index):
        return {"inputs": np.full((12, 4), index, "float32"), "metadata": {"place": index}}
"""

MODEL_CODE = """\
from pathlib import Path
from kipoi.model import BaseModel
Path(MARKER).write_text("the model ran")
class Net(BaseModel):
    def __init__(self, weights):
        self.weights = weights
    def predict_on_batch(self, x):
        return x.sum(axis=(1, 2))[:, None]
"""


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Return a convolution and a dense layer, random."""
    rng = np.random.default_rng(seed)
    return {"kernel": rng.normal(size=(3, 4, 5)), "bias": rng.normal(size=5),
            "dense": rng.normal(size=(5, 2)), "offset": rng.normal(size=2)}


def expected(x: np.ndarray, given: dict[str, np.ndarray], length: int = LENGTH) -> np.ndarray:
    """Return what the network says of one-hot DNA, shape (batch, length, 4), by NumPy."""
    windows = np.stack([x[:, i:i + 3] for i in range(length - 2)], axis=1)
    hidden = np.maximum(np.einsum("bpwi,wio->bpo", windows, given["kernel"]) + given["bias"], 0)
    score = hidden.max(axis=1) @ given["dense"] + given["offset"]
    return 1 / (1 + np.exp(-score))


def write_network(path: Path, given: dict[str, np.ndarray], length: int | None = LENGTH) -> Path:
    """Write the network as Keras 2.2.4 saved a whole model."""
    config = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [
        layer("Conv1D", "conv", batch_input_shape=[None, length, 4], filters=5, kernel_size=[3],
              strides=[1], padding="valid", dilation_rate=[1], activation="relu", use_bias=True,
              data_format="channels_last"),
        layer("GlobalMaxPooling1D", "pool"),
        layer("Dense", "score", units=2, activation="sigmoid", use_bias=True)]}})
    return write_h5(path, {
        "conv": [("conv/kernel:0", given["kernel"]), ("conv/bias:0", given["bias"])],
        "pool": [], "score": [("score/kernel:0", given["dense"]), ("score/bias:0", given["offset"])],
    }, version="2.2.4", backend="tensorflow", config=config)


def write_model(folder: Path, *, own_loader: Path | None = None, own_class: Path | None = None,
                licence: str = "MIT", **text: Any) -> Path:
    """Write a model; with a marker's path its loader, or class, is code that writes it.

    Args:
        folder: of the model.
        own_loader, own_class: a file that the code writes when it runs.
        licence: as stated.
        text: replaces what stands for it in ``model.yaml``.
    """
    (folder / "model_files").mkdir(parents=True, exist_ok=True)
    write_network(folder / "model_files" / "weights.h5", weights())
    loader = "." if own_loader else SEQ_LOADER.format(length=LENGTH)
    defined_as = "model.Net" if own_class else "kipoi.model.KerasModel"
    (folder / "model.yaml").write_text(MODEL.format(**{
        "defined_as": defined_as, "loader": loader, "license": licence, "length": LENGTH, **text}))
    if own_loader:
        (folder / "dataloader.yaml").write_text(OWN_LOADER)
        (folder / "dataloader.py").write_text(OWN_CODE.replace("MARKER", repr(str(own_loader))))
    if own_class:
        (folder / "model.py").write_text(MODEL_CODE.replace("MARKER", repr(str(own_class))))
    return folder


def write_genome(folder: Path) -> dict[str, str]:
    """Write a genome of 200 bases and three intervals; return them as dataloader arguments."""
    letters = np.random.default_rng(1).choice(list("ACGT"), 200)
    (folder / "genome.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    (folder / "peaks.bed").write_text("chr1\t20\t40\nchr1\t50\t62\nchr1\t100\t101\n")
    return {"fasta_file": str(folder / "genome.fa"), "intervals_file": str(folder / "peaks.bed")}

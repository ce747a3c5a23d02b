"""A network with the context of SpliceAI's and made-up weights, in its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

_SPEC = """\
spec: 1
name: test/splicing-{seed}
task: multiclass_classification
data:
  inputs:
    dna: {{kind: dna, length: 10001}}
  targets:
    site: {{kind: array, shape: [1, 3], columns: [neither, acceptor, donor]}}
model:
  layers:
    - Conv1D: {{filters: 5, kernel_size: 11, activation: relu, padding: same}}
    - Cropping1D: {{cropping: 5000}}
    - Conv1D: {{filters: 3, kernel_size: 1, activation: softmax}}
"""

GENES = ("#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\n"
         "ONE\t1\t+\t50\t320\t50,120,250,\t80,160,320,\n"
         "TWO\t1\t-\t180\t390\t180,300,\t220,390,\n")


def make_splicing(seed: int) -> object:
    """Return a network of two convolutions, with random weights."""
    from dlgenomics.build import build_model
    from dlgenomics.predict.model import Model, SourceRecord
    from dlgenomics.spec import parse_spec

    spec = parse_spec(_SPEC.format(seed=seed))
    network = build_model(spec)
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(0, 0.6, w.shape) for w in network.weights])
    return Model(spec, network, SourceRecord("test", "memory"))


def take_the_place_of_spliceai(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Sequence[object]:
    """Let `dlg spliceai` find five such networks, and genes, where it would fetch its own."""
    (folder / "genes.txt").write_text(GENES)
    models = {f"spliceai/{n}": make_splicing(n) for n in range(1, 6)}
    monkeypatch.setattr("dlgenomics_zoo.sources.spliceai.fetch_spliceai",
                        lambda annotation, **terms: folder / "genes.txt")
    monkeypatch.setattr("dlgenomics_zoo.client.get_model", lambda name: models[name])
    return list(models.values())

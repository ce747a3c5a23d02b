"""Small networks with known answers, as models that the methods take."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

Make = Callable[..., object]

_HEAD = """\
spec: 1
name: test/explained
task: {task}
data:
  inputs:
    {inputs}
  targets:
    {targets}
model:
  layers:
"""


@pytest.fixture
def make_explained() -> Make:
    """Return a function: layers as lines of YAML → a model with random weights and biases."""
    from dlgenomics.build import build_model
    from dlgenomics.predict.model import Model, SourceRecord
    from dlgenomics.spec import parse_spec

    def make(*layers: str, inputs: str = "dna: {kind: dna, length: 24}",
             targets: str = "y: {column: y}", task: str = "binary_classification",
             seed: int = 0) -> Model:
        head = _HEAD.format(inputs=inputs, targets=targets, task=task)
        spec = parse_spec(head + "".join(f"    - {layer}\n" for layer in layers))
        network = build_model(spec)
        rng = np.random.default_rng(seed)
        network.set_weights([
            np.abs(rng.normal(1, 0.3, w.shape)) if "variance" in w.path
            else rng.normal(0, 0.7, w.shape) for w in network.weights])
        return Model(spec, network, SourceRecord("test", "memory"))

    return make


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    """Three one-hot sequences of 24 bp."""
    return np.eye(4, dtype=np.float32)[rng.integers(0, 4, (3, 24))]

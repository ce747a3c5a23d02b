"""Small files that old Keras itself wrote, with the outputs that it gave for random weights.

`keras_files` holds networks by Keras 1.2.2 on TensorFlow and on Theano 1.0.5, Keras 2.2.4, and the
Keras of TensorFlow 2.8: an architecture with weights or a whole model, and inputs and outputs
(``x0``, ``y0`` and so on).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from old_keras import run

from dlgenomics_zoo.formats.keras_network import read_keras_network

FILES = Path(__file__).parent / "keras_files"
NAMES = sorted(path.stem for path in FILES.glob("*.npz"))


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_of_the_keras_that_wrote_the_file(name: str) -> None:
    whole = FILES / f"{name}.full.h5"
    network = read_keras_network(whole) if whole.is_file() else read_keras_network(
        FILES / f"{name}.json", FILES / f"{name}.weights.h5")
    stored = np.load(FILES / f"{name}.npz")
    inputs = [stored[key].astype("float32") for key in stored if key.startswith("x")]
    expected = [stored[key] for key in stored if key.startswith("y")]
    found = run(network, *inputs)
    for one, other in zip(found if isinstance(found, list) else [found], expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["conv1d", "even_same2", "cpgenie"])
def test_what_theano_made_differs_if_read_as_tensorflows(name: str) -> None:
    base = FILES / f"keras-1.2.2-theano-{name}"
    network = read_keras_network(f"{base}.json", f"{base}.weights.h5", kernel_flip=False)
    stored = np.load(f"{base}.npz")
    difference = np.abs(run(network, stored["x0"].astype("float32")) - stored["y0"]).max()
    assert difference > 1e-3

"""Several devices: simulated CPUs in a process of their own, since TensorFlow fixes their number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from dlgenomics.train.run import RunFolder, read_history_table, read_record
from tiny import TINY_SPEC

TWO_CPUS = """
import sys
from pathlib import Path
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""

TRAIN = """
from dlgenomics.errors import DlgError
from dlgenomics.spec import load_spec
from dlgenomics.train.fit import resume, train
spec, data, folder = map(Path, sys.argv[1:])
for devices in (1, 2):
    train(load_spec(spec), data, folder / str(devices), devices=devices)
def kill(stage, done, total, note=""):
    if stage.startswith("epoch 2/") and done == 3:
        raise KeyboardInterrupt
try:
    train(load_spec(spec), data, folder / "killed", devices=2, progress=kill)
except KeyboardInterrupt:
    resume(folder / "killed")
try:
    train(load_spec(spec), data, folder / "three", devices=3)
except DlgError as error:
    print(error)
"""

OF_KERAS = """
import keras, numpy as np
keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0", "cpu:1"]))
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
print(model.distribute_strategy.num_replicas_in_sync)
"""


def _run(program: str, *arguments: Path) -> str:
    done = subprocess.run([sys.executable, "-c", TWO_CPUS + program, *arguments], check=False,
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def _weights(run: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(run / "model.weights.h5") as file:
        file.visititems(lambda name, node: found.update({name: node[()]})
                        if isinstance(node, h5py.Dataset) else None)
    return found


def test_two_devices_learn_what_one_learns(tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.spec import parse_spec
    from dlgenomics.train.fit import train

    text = TINY_SPEC.replace("    - Dropout: {rate: 0.1}\n", "")
    (tmp_path / "spec.yaml").write_text(text)
    said = _run(TRAIN, tmp_path / "spec.yaml", tiny_data, tmp_path)
    assert said == ("the number of devices must be 1 to 2, the CPU devices that TensorFlow sees. "
                    "Received: 3. Choose fewer.")
    assert not (tmp_path / "three").exists()
    assert read_record(RunFolder(tmp_path / "2"))["devices"] == 2
    assert read_record(RunFolder(tmp_path / "2"))["device"] == "2 CPU"
    one, two = (read_history_table(RunFolder(tmp_path / name)) for name in "12")
    for name, values in one.items():
        assert two[name] == pytest.approx(values, rel=1e-4), name
    alone = train(parse_spec(text), tiny_data, tmp_path / "alone")
    assert (alone.folder / "history.csv").read_bytes() == (
        tmp_path / "1" / "history.csv").read_bytes()
    first, second = _weights(tmp_path / "2"), _weights(tmp_path / "killed")
    assert all(np.array_equal(first[k], second[k]) for k in first)


def test_kerass_own_distribution_does_nothing_on_tensorflow() -> None:
    """When this fails, Keras has learned it, and `dlgenomics.train.devices` can use it."""
    assert _run(OF_KERAS) == "1"

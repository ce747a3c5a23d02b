"""Trainings that are killed, by SIGKILL and at random moments, end with the same bytes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from dlgenomics.spec import parse_spec
from dlgenomics.train.run import RunFolder, read_history_table, read_record
from tiny import TINY_SPEC

EVERYTHING = TINY_SPEC.replace("    - Dropout: {rate: 0.1}\n",
                               "    - BatchNormalization\n    - Dropout: {rate: 0.3}\n")
EVERYTHING = EVERYTHING.replace("  augment:\n", "  sampling: {positives: 0.4, of: bound}\n"
                                "  augment:\n    - shift: {max: 3}\n")
EVERYTHING = EVERYTHING.replace("epochs: 3", "epochs: 12").replace("patience: 2", "patience: 8")

PLATEAU = EVERYTHING + ("    - ReduceLROnPlateau: {monitor: val_loss, patience: 1, factor: 0.5, "
                        "min_delta: 0.02}\n")
SCHEDULE = EVERYTHING.replace(
    "Adam: {learning_rate: 0.02}",
    "SGD: {momentum: 0.9, nesterov: true, clipnorm: 1.0, learning_rate: {Warmup: {epochs: 1.5, "
    "then: {CosineDecayRestarts: {initial_learning_rate: 0.1, first_decay_epochs: 3}}}}}")
AVERAGED = EVERYTHING.replace(
    "Adam: {learning_rate: 0.02}",
    "AdamW: {learning_rate: 0.02, use_ema: true, ema_momentum: 0.8, "
    "gradient_accumulation_steps: 3}").replace("epochs: 12", "epochs: 8")
HALF = EVERYTHING.replace("  seed: 3", "  seed: 3\n  precision: mixed_float16")
# 2**15 halves until nothing overflows: the scale is state that a checkpoint must hold.
HALF = HALF.replace("epochs: 12", "epochs: 6").replace(
    "  batch_size: 32", "  batch_size: 32\n  loss_weights: {bound: 30.0}")

PROGRAM = """
import sys
from pathlib import Path
from dlgenomics.spec import load_spec
from dlgenomics.train.fit import resume, train
spec, data, run = map(Path, sys.argv[1:])
if (run / "run.json").exists():
    resume(run)
else:
    train(load_spec(spec), data, run, tensorboard=True)
"""


def _kill_after(epochs: int, delay: float, spec: Path, data: Path, run: Path) -> None:
    """Start or go on with a training in a process, and kill it once so many epochs are done."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, spec, data, run],
                               stderr=subprocess.DEVNULL)
    history = run / "history.csv"
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        if history.exists() and len(history.read_text().splitlines()) > epochs:
            break
        time.sleep(0.002)
    time.sleep(delay)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"


def _files(run: Path) -> dict[str, bytes]:
    names = ("history.csv", "diagnostics.csv", "model.weights.h5", "metrics.json", "columns.json",
             "spec.yaml")
    return {name: (run / name).read_bytes() for name in names}


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Read event files: values by tag and step; each may be there once."""
    (file,) = folder.glob("events.out.tfevents.*")
    found: dict[str, dict[int, float]] = {}
    for record in tf.data.TFRecordDataset(str(file)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            steps = found.setdefault(value.tag, {})
            assert event.step not in steps
            steps[event.step] = float(tf.make_ndarray(value.tensor))
    return found


@pytest.mark.parametrize("text", [PLATEAU, SCHEDULE], ids=["plateau", "schedule"])
def test_a_training_killed_at_random_moments_ends_with_the_same_bytes(
    text: str, tiny_data: Path, tmp_path: Path
) -> None:
    from dlgenomics.train.fit import resume, train

    whole, killed, spec = tmp_path / "whole", tmp_path / "killed", tmp_path / "spec.yaml"
    spec.write_text(text)
    train(parse_spec(text), tiny_data, whole, tensorboard=True)
    chance = random.Random(text)
    for epochs in sorted(chance.sample(range(1, 7), 2)):
        _kill_after(epochs, chance.uniform(0, 0.1), spec, tiny_data, killed)
        assert read_record(RunFolder(killed))["status"] == "started"
    resume(killed)
    assert _files(killed) == _files(whole)
    history = read_history_table(RunFolder(killed))
    assert len(set(history["learning_rate"])) > 2
    events = scalars(killed / "tensorboard")
    assert events.keys() == history.keys() - {"epoch"}
    for name, steps in events.items():
        assert list(steps) == [int(epoch) for epoch in history["epoch"]]
        assert list(steps.values()) == pytest.approx(history[name], rel=1e-6)


class Killed(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("text", [AVERAGED, HALF, AVERAGED.replace("EarlyStopping", "#")],
                         ids=["average", "half", "average-of-the-last"])
def test_every_state_of_an_optimizer_is_kept(text: str, tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import resume, train

    if "#" in text:
        text = text[:text.index("  callbacks:")] + "  callbacks: []\n"
    spec = parse_spec(text)
    whole = train(spec, tiny_data, tmp_path / "whole")

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if stage.startswith("epoch 3/") and done == 4:
            raise Killed

    with pytest.raises(Killed):
        train(spec, tiny_data, tmp_path / "killed", progress=kill)
    if text is HALF:
        with np.load(tmp_path / "killed" / "checkpoint.npz") as stored:
            (scale,) = (stored[k] for k in stored if k.startswith("variable")
                        and stored[k].shape == () and stored[k].dtype == np.float32
                        and stored[k] > 0 and np.log2(stored[k]) % 1 == 0)
        assert 1 < scale < 2 ** 15, "the scale should have fallen, and not for ever"
    resume(tmp_path / "killed")
    assert _files(tmp_path / "killed") == _files(whole.folder)

    def kill_at_the_end(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "evaluate":
            raise Killed

    with pytest.raises(Killed):
        train(spec, tiny_data, tmp_path / "done", progress=kill_at_the_end)
    resume(tmp_path / "done")
    assert _files(tmp_path / "done") == _files(whole.folder)


def test_what_is_measured_with_an_average_is_what_is_kept(tiny_data: Path, tmp_path: Path) -> None:
    from dlgenomics.train.fit import train

    run = train(parse_spec(AVERAGED), tiny_data, tmp_path / "run")
    history = read_history_table(RunFolder(run.folder))
    kept = run.metrics["validation"]["bound"]
    assert kept["auroc"] == history["val_auroc"][run.best_epoch - 1]
    plain = train(parse_spec(AVERAGED.replace("use_ema: true", "use_ema: false")), tiny_data,
                  tmp_path / "plain")
    other = read_history_table(RunFolder(plain.folder))
    assert other["loss"] == history["loss"]  # the average does not change what is trained
    assert other["val_loss"] != history["val_loss"]


def test_half_precision_is_measured_and_packaged_in_float32(
    tiny_data: Path, tmp_path: Path
) -> None:
    import keras

    from dlgenomics.build import build_model
    from dlgenomics.package.read import load_package
    from dlgenomics.package.write import package_run
    from dlgenomics.train.fit import train

    spec = parse_spec(HALF)
    model = build_model(spec)
    policies = {layer.name: layer.dtype_policy.name for layer in model.layers}
    assert policies.pop("bound") == "float32"
    del policies["dna"]
    assert set(policies.values()) == {"mixed_float16"}
    assert {w.dtype for w in model.trainable_weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    run = train(spec, tiny_data, tmp_path / "run")
    history = read_history_table(RunFolder(run.folder))
    assert run.metrics["validation"]["bound"]["auroc"] == history["val_auroc"][run.best_epoch - 1]
    package = package_run(run.folder, tmp_path / "package")
    loaded = load_package(package)
    assert {layer.compute_dtype for layer in loaded.model.layers} == {"float32"}
    assert json.loads((run.folder / "run.json").read_text())["status"] == "finished"

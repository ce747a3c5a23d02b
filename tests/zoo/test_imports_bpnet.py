"""Kipoi's two BPNets: one with neutral bias tracks, both with profiles scaled to counts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import follows, layer, model_config, write_h5

from dlgenomics import get_model
from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import around_of
from made_kipoi import write_genome

LENGTH, FILTERS, WIDTH = 1000, 3, 5
IDENTITY = json.loads((Path(__file__).parent / "lambda_bytecode.json").read_text())["3.6"]["identity"]
CASES = ("BPNet-OSKN", "BPNet_Dmel_OreR_2to3hr_ZDTBCG")
Weights = dict[str, np.ndarray]


def _weights(tasks: list[str], rng: np.random.Generator) -> Weights:
    found = {"conv": rng.normal(size=(3, 4, FILTERS)), "conv_bias": rng.normal(size=FILTERS)}
    for task in tasks:
        found |= {f"{task}_deconv": rng.normal(size=(WIDTH, 1, 2, FILTERS)), f"{task}_deconv_bias": rng.normal(size=2),
                  f"{task}_dense": rng.normal(size=(FILTERS, 2)), f"{task}_dense_bias": rng.normal(size=2),
                  f"{task}_bias_conv": rng.normal(size=(1, 4, 2)), f"{task}_bias_dense": rng.normal(size=(2, 2))}
    return {name: array.astype("float32") for name, array in found.items()}


def _write(path: Path, tasks: list[str], given: Weights, *, biased: bool) -> Path:
    """Write a small BPNet as Keras 2.2.4 saved it: bias inputs, heads, outputs that a Lambda names."""
    layers = [layer("InputLayer", "seq", [], batch_input_shape=[None, None, 4], dtype="float32"),
              layer("Conv1D", "conv", follows("seq"), filters=FILTERS, kernel_size=[3], strides=[1], padding="same",
                    activation="relu", use_bias=True, dilation_rate=[1])]
    named: dict[str, Any] = {"conv": [("conv/kernel:0", given["conv"]), ("conv/bias:0", given["conv_bias"])]}
    inputs, outputs = ["seq"], []
    for task in tasks:
        heads = {"profile": f"{task}_flat", "counts": f"{task}_dense"}
        layers += [
            layer("Reshape", f"{task}_deep", follows("conv"), target_shape=[-1, 1, FILTERS]),
            layer("Conv2DTranspose", f"{task}_deconv", follows(f"{task}_deep"), filters=2, kernel_size=[WIDTH, 1],
                  strides=[1, 1], padding="same", data_format="channels_last", activation="linear", use_bias=True),
            layer("Reshape", f"{task}_flat", follows(f"{task}_deconv"), target_shape=[-1, 2]),
            layer("GlobalAveragePooling1D", f"{task}_pool", follows("conv")),
            layer("Dense", f"{task}_dense", follows(f"{task}_pool"), units=2, activation="linear", use_bias=True)]
        for part in ("deconv", "dense"):
            named[f"{task}_{part}"] = [(f"{task}_{part}/kernel:0", given[f"{task}_{part}"]),
                                       (f"{task}_{part}/bias:0", given[f"{task}_{part}_bias"])]
        for kind, head in heads.items():
            last = head
            if biased:
                bias = f"bias/{task}/{kind}"
                shape = [None, None, 4] if kind == "profile" else [None, 2]
                inputs.append(bias)
                layers.append(layer("InputLayer", bias, [], batch_input_shape=shape, dtype="float32"))
                step = f"{task}_bias_{'conv' if kind == 'profile' else 'dense'}"
                layers.append(layer("Conv1D", step, follows(bias), filters=2, kernel_size=[1], strides=[1],
                                    padding="valid", activation="linear", use_bias=False, dilation_rate=[1])
                              if kind == "profile" else
                              layer("Dense", step, follows(bias), units=2, activation="linear", use_bias=False))
                named[step] = [(f"{step}/kernel:0", given[step])]
                last = f"{task}_{kind}_sum"
                layers.append(layer("Add", last, follows(head, step)))
            layers.append(layer("Lambda", f"{task}/{kind}", follows(last), function=[IDENTITY, None, None],
                                function_type="lambda", output_shape=None, output_shape_type="raw", arguments={}))
            outputs.append(f"{task}/{kind}")
    config = json.dumps({"class_name": "Model", "config": model_config(inputs, outputs, layers)})
    return write_h5(path, {one["config"]["name"]: named.get(one["config"]["name"], []) for one in layers},
                    version="2.2.4", backend="tensorflow", config=config)


def _published(x: Any, tasks: list[str], given: Weights) -> dict[str, Any]:
    """What Kipoi's class gives for one-hot DNA, shape (batch, length, 4); bias tracks are zero."""
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    windows = np.stack([padded[:, i:i + LENGTH] for i in range(3)], axis=2)
    hidden = np.maximum(np.einsum("blwi,wio->blo", windows, given["conv"]) + given["conv_bias"], 0)
    found = {}
    for task in tasks:
        kernel = given[f"{task}_deconv"][:, 0]  # (width, out, in)
        wide = np.pad(hidden, ((0, 0), (WIDTH // 2, WIDTH // 2), (0, 0)))
        turned = np.stack([wide[:, WIDTH - 1 - k:WIDTH - 1 - k + LENGTH] for k in range(WIDTH)], axis=2)
        logits = np.einsum("blwi,woi->blo", turned, kernel) + given[f"{task}_deconv_bias"]
        e = np.exp(logits - logits.max(axis=-2, keepdims=True))
        counts = hidden.mean(axis=1) @ given[f"{task}_dense"] + given[f"{task}_dense_bias"]
        found[task] = e / e.sum(axis=-2, keepdims=True) * np.exp(counts[:, np.newaxis])
    return found


def _place(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = kipoi_index().models[name]
    file = dataclasses.replace(one.files[0], md5=hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setitem(kipoi_index().models, name, dataclasses.replace(one, files=(file,)))  # type: ignore[arg-type]
    path.rename(path.with_name(file.url.rpartition("/")[2].partition("?")[0]))
    monkeypatch.setenv("DLG_MIRROR", str(path.parent))
    monkeypatch.setenv("DLG_OFFLINE", "1")


@pytest.mark.parametrize("name", CASES)
def test_a_name_becomes_profiles(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    around = around_of(kipoi_index().models[name])
    tasks = list(around["profiles"])
    given = _weights(tasks, rng)
    (tmp_path / "mirror").mkdir()
    _place(name, _write(tmp_path / "mirror" / "w.h5", tasks, given, biased="neutral" in around), monkeypatch)
    model = get_model(name)
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (2, LENGTH))]
    found, expected = model.predict_on_batch(x), _published(x, tasks, given)
    assert list(found) == tasks == list(model.schema.targets)
    for task in tasks:
        np.testing.assert_allclose(found[task], expected[task], rtol=1e-3, atol=1e-6)
    assert [one.kind for one in model.inputs.values()] == ["dna"]
    files = write_genome(tmp_path)
    Path(files["fasta_file"]).write_text(">chr1\n" + "ACGGT" * 400 + "\n")
    Path(files["intervals_file"]).write_text("chr1\t990\t1010\n")
    assert model.pipeline.predict(files)[tasks[0]].shape == (1, LENGTH, 2)
    model.test()


def test_another_network_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    """With another number of heads than the class has, nothing is guessed."""
    tasks = ["Oct4", "Sox2", "Nanog"]
    (tmp_path / "mirror").mkdir()
    _place("BPNet-OSKN", _write(tmp_path / "mirror" / "w.h5", tasks, _weights(tasks, rng), biased=True), monkeypatch)
    with pytest.raises(DataError, match=r"must be the one that the catalogue knows\. Received: one with outputs"):
        get_model("BPNet-OSKN")

"""Every group of models that the catalogue calls native goes from its name to predictions.

A tiny file of the same form is made for each: loader, inputs, their layout, and where the census
names them the layers. It stands in for the published one: with its own checksum in the catalogue, in
a folder that is a mirror. References are written in NumPy.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import follows, layer, model_config, write_h5
from old_torch import write_zip

from dlgenomics import get_model
from dlgenomics_zoo.kipoi.descriptor import Array, Descriptor, Schema
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import GONE, NATIVE, NotNativeError, around_of, standing_of
from dlgenomics_zoo.ports import Port, port_spec, read_port

OPEN = 30
"""Stands for a length that a network leaves open."""

CASES = (
    "APARENT/site_probabilities", "CpGenie/A549_ENCSR000DDI", "DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TBP",
    "DeepCpG_DNA/Hou2016_HCC_dna", "DeepFlyBrain", "DeepLiver/DeepLiver_Accessibility",
    "DeepMEL/DeepMEL", "DeepSTARR", "Divergent421", "FactorNet/CEBPB/meta_Unique35_DGF",
    "FactorNet/GABPA/metaGENCODE_RNAseq_Unique35_DGF", "FactorNet/MAFK/onePeak_1_DGF",
    "FactorNet/TAF1/GENCODE_Unique35_DGF", "FactorNet/TAF1/onePeak_Unique35_DGF", "MPRA-DragoNN/ConvModel", "OptMRL",
    "Optimus_5Prime", "SiSp", "TREDNet/phase_one", "TREDNet/phase_two_K562", "Xpresso/human_GM12878",
    "a2z-chromatin/a2z-accessibility", "extended_coda", "labranchor", "pwm_HOCOMOCO/human/AHR",
    "rbp_eclip/AARS", "scbasset",
)
ELSEWHERE = ("AttentiveChrome/E003", "BPNet-OSKN", "BPNet_Dmel_OreR_2to3hr_ZDTBCG", "CpGenie/merged")
"""Networks of other forms; each has a test of its own."""
PORTS = ("Basset", "DeepSEA/beluga", "DeepSEA/predict", "DeepSEA/variantEffects")


def _key(one: Descriptor) -> tuple[Any, ...]:
    """What a loader's way depends on: group, files, what stands around, inputs, their layout."""
    loader = one.dataloader
    layout = {k: v for k, v in loader.default_args.items() if k in ("alphabet_axis", "dummy_axis", "alphabet")}
    return (one.group, standing_of(one).loader, str(around_of(one)), tuple(a.shape for a in one.inputs.arrays),
            bool(loader.own), loader.defined_as if not loader.own else "", str(layout))


def test_every_native_group_has_a_case() -> None:
    native = {_key(one): name for name, one in kipoi_index().models.items()
              if standing_of(one).status == NATIVE}
    covered = {_key(kipoi_index().models[name]) for name in (*CASES, *PORTS, *ELSEWHERE)}
    missing = {native[key] for key in set(native) - covered}
    assert not missing
    for name in (*CASES, *PORTS, *ELSEWHERE):
        assert standing_of(kipoi_index().models[name]).status in (NATIVE, GONE)


Network = tuple[dict[str, Any], dict[str, Any], Callable[..., Any]]
Shapes = dict[str, tuple[int, ...]]


def _plain(shapes: Shapes, columns: int, rng: Any) -> Network:
    """All inputs flattened, side by side, and a dense layer: the order of every axis counts."""
    size = sum(int(np.prod(shape)) for shape in shapes.values())
    kernel, bias = rng.normal(size=(size, columns)) / np.sqrt(size), rng.normal(size=columns)
    layers = [layer("InputLayer", name, [], batch_input_shape=[None, *shape], dtype="float32")
              for name, shape in shapes.items()]
    layers += [layer("Flatten", f"flat_{name}", follows(name)) for name in shapes]
    last = "flat_" + next(iter(shapes))
    if len(shapes) > 1:
        last = "joined"
        layers.append(layer("Concatenate", last, follows(*(f"flat_{n}" for n in shapes)), axis=-1))
    layers.append(layer("Dense", "out", follows(last), units=columns, activation="linear", use_bias=True))

    def reference(*arrays: Any) -> Any:
        return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1) @ kernel + bias

    return (model_config(list(shapes), ["out"], layers),
            {"out": [("out/kernel:0", kernel), ("out/bias:0", bias)]}, reference)


def _along(shapes: Shapes, columns: int, rng: Any) -> Network:
    """A number a position, as of networks of any length."""
    ((name, shape),) = shapes.items()
    kernel, bias = rng.normal(size=(1, shape[-1], columns)), rng.normal(size=columns)
    layers = [layer("InputLayer", name, [], batch_input_shape=[None, None, shape[-1]], dtype="float32"),
              layer("Conv1D", "out", follows(name), filters=columns, kernel_size=[1], strides=[1],
                    padding="same", activation="linear", use_bias=True, dilation_rate=[1])]
    return (model_config([name], ["out"], layers),
            {"out": [("out/kernel:0", kernel), ("out/bias:0", bias)]},
            lambda x: x @ kernel[0] + bias)


def _best_match(shapes: Shapes, columns: int, rng: Any) -> Network:
    """A matrix slid along a sequence of any length, as of pwm_HOCOMOCO."""
    ((name, _),) = shapes.items()
    kernel = rng.normal(size=(7, 4, columns))
    layers = [layer("InputLayer", name, [], batch_input_shape=[None, None, 4], dtype="float32"),
              layer("Conv1D", "scan", follows(name), filters=columns, kernel_size=[7], strides=[1],
                    padding="valid", activation="linear", use_bias=False, dilation_rate=[1]),
              layer("GlobalMaxPooling1D", "best", follows("scan"))]

    def reference(x: Any) -> Any:
        return np.stack([np.einsum("bwi,wio->bo", x[:, i:i + 7], kernel)
                         for i in range(x.shape[1] - 6)], axis=1).max(axis=1)

    return (model_config([name], ["best"], layers), {"scan": [("scan/kernel:0", kernel)]}, reference)


def _scores(shapes: Shapes, columns: int, rng: Any) -> Network:
    """Two outputs, of which the class takes the second, as of APARENT."""
    config, weights, reference = _plain(shapes, columns, rng)
    config["layers"].append(layer("Dense", "unused", follows("joined"), units=2, activation="linear",
                                  use_bias=False))
    config["output_layers"].insert(0, ["unused", 0, 0])
    size = sum(int(np.prod(shape)) for shape in shapes.values())
    return config, {**weights, "unused": [("unused/kernel:0", rng.normal(size=(size, 2)))]}, reference


def _shapes(one: Descriptor) -> Shapes:
    """The network's own inputs by name."""
    special: dict[str, Shapes] = {
        "APARENT": {"seq": (205, 4, 1), "lib": (13,), "distal": (1,)},
        "Xpresso": {"promoter": (10500, 4), "halflife": (6,)},
    }
    if one.group in special:
        return special[one.group]
    if around_of(one).get("after"):
        return {"phase_one": (1924, 1)}
    return {array.path or array.name or "seq": tuple(n or OPEN for n in array.shape or (4,))
            for array in one.inputs.arrays}


MAKERS = {"extended_coda": _along, "pwm_HOCOMOCO": _best_match, "APARENT": _scores}
COLUMNS = {"APARENT": 206, "TREDNet": 1924}


def _columns(one: Descriptor) -> int:
    if around_of(one).get("after"):
        return 1
    labels = len(one.targets.arrays[0].labels)
    return COLUMNS.get(one.group) or labels or int((one.targets.arrays[0].shape or (1,))[-1] or 1)


def _write(folder: Path, one: Descriptor, network: Network) -> dict[str, Path]:
    config, weights, _ = network
    architecture = json.dumps({"class_name": "Model", "config": config, "keras_version": "2.2.4",
                               "backend": "tensorflow"})
    named = {entry["name"]: weights.get(entry["name"], []) for entry in config["layers"]}
    if one.file("arch") is None:
        return {"weights": write_h5(folder / "weights.h5", named, version="2.2.4",
                                    backend="tensorflow", config=architecture)}
    (folder / "arch.json").write_text(architecture)
    return {"arch": folder / "arch.json", "weights": write_h5(
        folder / "weights.h5", named, version="2.2.4", backend="tensorflow")}


def _publish(monkeypatch: pytest.MonkeyPatch, mirror: Path, name: str, paths: dict[str, Path],
             host: str = "https://example.invalid", **changes: Any) -> Descriptor:
    """Let the catalogue's model have these files, which lie in the mirror."""
    one = kipoi_index().models[name]
    files = []
    for file in one.files:
        content = paths[file.role].read_bytes()
        md5 = hashlib.md5(content).hexdigest()
        place = mirror / "md5" / md5 / "file"
        place.parent.mkdir(parents=True, exist_ok=True)
        place = place.with_name(paths[file.role].name)
        place.write_bytes(content)
        files.append(dataclasses.replace(file, md5=md5, sha256="", name=place.name, url=f"{host}/{name}/{place.name}"))
    new = dataclasses.replace(one, files=tuple(files), **changes)
    models = kipoi_index().models
    monkeypatch.setitem(models, name, new)  # type: ignore[arg-type]
    return new


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLG_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("DLG_OFFLINE", "1")
    return tmp_path / "mirror"


@pytest.mark.parametrize("name", CASES)
def test_a_name_becomes_predictions(
    name: str, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    one = kipoi_index().models[name]
    shapes, columns = _shapes(one), _columns(one)
    given = _given(one, shapes)
    network = MAKERS.get(one.group, _plain)(shapes, columns, rng)
    references = [network[2]]
    if before := around_of(one).get("after"):
        first = kipoi_index().models[before]
        other = _plain(_shapes(first), _columns(first), rng)
        (tmp_path / "first").mkdir()
        _publish(monkeypatch, mirror, before, _write(tmp_path / "first", first, other))
        references.insert(0, other[2])
    _publish(monkeypatch, mirror, name, _write(tmp_path, one, network))
    if standing_of(kipoi_index().models[name]).status == GONE:
        pytest.fail("its host is not the one that has lost it")
    model = get_model(name, length=OPEN)
    x = [rng.random((3, *shape)).astype("float32") for shape in given.values()]
    found = model.predict_on_batch(x if len(x) > 1 else x[0])
    expected = _around(one, references, x)
    if isinstance(found, dict):
        assert [part.shape[1:] for part in found.values()] == [(205,), (1,)]
        found = np.concatenate(list(found.values()), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert model.test().examples == 4


def _given(one: Descriptor, shapes: Shapes) -> Shapes:
    """What a user gives: without the inputs that the class fills in; for phase two, the sequence."""
    if around_of(one).get("after"):
        return {"seq": (2000, 4)}
    filled = around_of(one).get("constants", {})
    return {name: shape for number, (name, shape) in enumerate(shapes.items()) if str(number) not in filled}


def _around(one: Descriptor, references: list[Any], x: list[Any]) -> Any:
    """What Kipoi's class gives, written after its code."""
    if one.group == "APARENT":
        return references[0](x[0], np.zeros((3, 13)), np.ones((3, 1)))
    if one.group == "Xpresso":
        return references[0](x[0], np.zeros((3, 6)))
    if one.name == "Optimus_5Prime":
        return references[0](*x) * one.arguments["postproc_sd"] + one.arguments["postproc_mean"]
    if len(references) == 2:
        return references[1](references[0](*x)[..., None])
    return references[0](*x)


def test_models_side_by_side(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    """CpGenie/merged joins the first outputs of the models that its labels name, in their order."""
    merged = kipoi_index().models["CpGenie/merged"]
    labels = merged.targets.arrays[0].labels[:3]
    networks = {}
    for label in labels:
        one = kipoi_index().models[f"CpGenie/{label}"]
        networks[label] = _plain(_shapes(one), 2, rng)
        (tmp_path / label).mkdir()
        _publish(monkeypatch, mirror, one.name, _write(tmp_path / label, one, networks[label]))
    few = dataclasses.replace(merged, targets=Schema(arrays=(Array("", labels=labels),)))
    monkeypatch.setitem(kipoi_index().models, merged.name, few)  # type: ignore[arg-type]
    model = get_model(merged.name)
    assert model.columns == list(labels)
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (2, 1001))]
    theirs = x.transpose(0, 2, 1)[:, :, None]
    expected = np.stack([network[2](theirs)[:, 0] for network in networks.values()], axis=1)
    for given in (x, theirs):
        np.testing.assert_allclose(model.predict_on_batch(given), expected, rtol=1e-3, atol=1e-4)
    alone = get_model(f"CpGenie/{labels[1]}").predict_on_batch(theirs)
    np.testing.assert_allclose(model.predict_on_batch(theirs)[:, 1], alone[:, 0], atol=1e-5)
    assert len(model.default_dataloader.arguments) > 5
    model.test()


def test_files_that_are_gone_serve_those_who_have_them(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    name = "DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TBP"
    one = kipoi_index().models[name]
    network = _plain(_shapes(one), 1, rng)
    _publish(monkeypatch, mirror, name, _write(tmp_path, one, network), host="https://sandbox.zenodo.org")
    standing = standing_of(kipoi_index().models[name])
    assert (standing.status, standing.loader) == (GONE, "keras-json")
    x = rng.random((2, 101, 4)).astype("float32")
    np.testing.assert_allclose(get_model(name).predict_on_batch(x), network[2](x), rtol=1e-3, atol=1e-4)
    monkeypatch.delenv("DLG_MIRROR")
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "empty"))
    with pytest.raises(NotNativeError, match=r"\(gone\).*kipoi/kipoi#695.*DLG_MIRROR.*arch.json"):
        get_model(name)


@pytest.mark.parametrize("name", ["CpGenie/A549_ENCSR000DDI", "DeepSTARR", "Divergent421"])
def test_both_layouts_are_taken(
    name: str, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    one = kipoi_index().models[name]
    network = _plain(_shapes(one), _columns(one), rng)
    _publish(monkeypatch, mirror, name, _write(tmp_path, one, network))
    model = get_model(name)
    (shape,) = _shapes(one).values()
    (length,) = {n for n in shape if n not in (1, 4)}
    plain = rng.random((2, length, 4)).astype("float32")
    theirs = {(4, 1, length): plain.transpose(0, 2, 1)[:, :, None], (length, 4, 1): plain[..., None],
              (length, 4): plain}[shape]
    np.testing.assert_allclose(model.predict_on_batch(plain), network[2](theirs), rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(model.predict_on_batch(plain), model.predict_on_batch(theirs))


def _narrow(port: Port) -> Port:
    """The same network with a few filters."""
    document = copy.deepcopy(dict(port.document))

    def shrink(layers: list[Any]) -> None:
        for entry in layers:
            for body in entry.values() if isinstance(entry, dict) else ():
                if isinstance(body, dict):
                    body.update({k: 3 for k in ("filters", "units") if k in body})
                    shrink(body.get("layers", []))

    shrink(document["model"]["layers"])
    return dataclasses.replace(port, document=document, targets=3)


def _arrays(port: Port, rng: Any) -> dict[str, np.ndarray]:
    """Arrays of a checkpoint in PyTorch's forms, by the map of the port, read backwards."""
    from dlgenomics.build import assemble_model

    found: dict[str, np.ndarray] = {}
    for one in assemble_model(port_spec(port)).layers:
        if one.name in port.weights:
            recipe = port.weights[one.name]
            kind = next(iter(recipe))
            shapes = [tuple(w.shape) for w in one.weights]
            parts = ("weight", "bias", "running_mean", "running_var")
            if kind == "conv1d":
                width, given, filters = shapes[0]
                kernel = [filters, given, width]
                kernel.insert(recipe["one"], 1)
                shapes[0] = tuple(kernel)
            elif kind == "dense":
                shapes[0] = shapes[0][::-1]
            found |= {f"{recipe[kind]}.{part}": rng.uniform(0.1, 0.5, shape) * (
                1 if kind == "batch_norm" else rng.choice([-1, 1], shape))
                for part, shape in zip(parts, shapes, strict=False)}
    return found


@pytest.mark.parametrize("name", PORTS)
def test_a_ported_name_becomes_predictions(
    name: str, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    """The numbers of ports are checked elsewhere, against PyTorch and NumPy."""
    monkeypatch.setattr("dlgenomics_zoo.imports.kipoi.read_port", lambda port: _narrow(read_port(port)))
    port = _narrow(read_port(standing_of(kipoi_index().models[name]).loader.removeprefix("port-")))
    path = write_zip(tmp_path / "weights.pth", _arrays(port, rng))
    labels = Schema(arrays=(Array("", labels=("a", "b", "c")),))
    _publish(monkeypatch, mirror, name, dict.fromkeys(["weights"], path), targets=labels)
    model = get_model(name)
    assert model.columns == ["a", "b", "c"]
    plain = np.eye(4, dtype="float32")[rng.integers(0, 4, (2, port.length))]
    found = model.predict_on_batch(plain)
    assert found.shape == (2, 3)
    assert np.ptp(found) > 0
    order = [port.layout.alphabet.index(base) for base in "ACGT"]
    theirs = np.empty((2, *port.source_shape), "float32")
    theirs[:, order] = plain.transpose(0, 2, 1).reshape(2, 4, *port.source_shape[1:])
    np.testing.assert_array_equal(model.predict_on_batch(theirs), found)

"""Lambda layers are understood from bytecode read as data, or refused; nothing of them runs.

`lambda_bytecode.json` holds ``base64(marshal.dumps(f.__code__))`` of the functions named below, made
with Python 2.7 to 3.12.
"""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_keras import follows, layer, model_config, run, write_json

from dlgenomics_zoo.formats.errors import UnknownLayersError
from dlgenomics_zoo.formats.keras_network import read_keras_network
from dlgenomics_zoo.formats.marshalled import NotReadable, read_bytecode

CODE = json.loads((Path(__file__).parent / "lambda_bytecode.json").read_text())
READABLE = ["2.7", "3.6", "3.8", "3.10"]

ONE_INPUT = {
    "reverse": ("x[:, ::-1]", lambda x: x[:, ::-1]),
    "both": ("x[:, ::-1, ::-1]", lambda x: x[:, ::-1, ::-1]),
    "k_reverse": ("K.reverse(x, axes=[1, 2])", lambda x: x[:, ::-1, ::-1]),
    "k_reverse_place": ("K.reverse(x, [1, 2])", lambda x: x[:, ::-1, ::-1]),
    "tf_reverse_channels": ("tf.reverse(x, axis=[-1])", lambda x: x[:, :, ::-1]),
    "mean": ("K.mean(x, axis=1)", lambda x: x.mean(axis=1)),
    "max": ("tf.reduce_max(t, axis=1, keepdims=True)", lambda x: x.max(axis=1, keepdims=True)),
    "sum": ("K.sum(x, axis=-2)", lambda x: x.sum(axis=1)),
    "expand": ("K.expand_dims(x, axis=2)", lambda x: x[:, :, None]),
    "squeeze": ("K.squeeze(K.expand_dims(x, 1), 1)", lambda x: x),
    "affine": ("1 - 2 * x", lambda x: 1 - 2 * x),
    "divide": ("x / 4.0 + 1", lambda x: x / 4 + 1),
    "crop": ("x[:, 1:-1, :]", lambda x: x[:, 1:-1]),
    "crop_short": ("x[:, 1:]", lambda x: x[:, 1:]),
    "permute": ("K.permute_dimensions(x, (0, 2, 1))", lambda x: x.transpose(0, 2, 1)),
    "sigmoid": ("K.sigmoid(x)", lambda x: 1 / (1 + np.exp(-x))),
    "nested": ("K.max(K.relu(x), axis=1)", lambda x: np.maximum(x, 0).max(axis=1)),
    "identity": ("x", lambda x: x),
}
REFUSED = {
    "evil": "__import__('os').system('touch MARKER')",
    "evil_attr": "os.system('touch MARKER') or x",
    "branch": "x if x.shape[1] else -x",
    "loop": "[y for y in x]",
}


def _one_lambda(path: Path, function: Any, **config: Any) -> Path:
    return write_json(path, "Sequential", [
        layer("Activation", "first", batch_input_shape=[None, 5, 4], activation="linear"),
        layer("Lambda", "strange", function=function, function_type="lambda", arguments={},
              output_shape=None, output_shape_type="raw", **config)], "2.2.4")


@pytest.mark.parametrize("name", ONE_INPUT)
@pytest.mark.parametrize("python", READABLE)
def test_known_expressions(tmp_path: Path, rng: np.random.Generator, python: str,
                           name: str) -> None:
    arch = _one_lambda(tmp_path / "a.json", [f"{CODE[python][name]}\n", None, None])
    x = rng.normal(size=(2, 5, 4)).astype("float32")
    network = read_keras_network(arch)
    np.testing.assert_allclose(run(network, x), ONE_INPUT[name][1](x), atol=1e-6)
    assert any("read, not run" in note for note in network.notes)


@pytest.mark.parametrize("python", READABLE)
@pytest.mark.parametrize(("name", "function"), [
    ("pair", lambda a, b: a - b), ("concat", lambda a, b: np.concatenate([a, b], -1))])
def test_expressions_over_two_tensors(tmp_path: Path, rng: np.random.Generator, python: str,
                                      name: str, function: Any) -> None:
    arch = write_json(tmp_path / "a.json", "Model", model_config(["a", "b"], ["l"], [
        layer("InputLayer", "a", [], batch_input_shape=[None, 4]),
        layer("InputLayer", "b", [], batch_input_shape=[None, 4]),
        layer("Lambda", "l", follows("a", "b"), function=[CODE[python][name], None, None],
              function_type="lambda", arguments={})]))
    a, b = (rng.normal(size=(2, 4)).astype("float32") for _ in range(2))
    np.testing.assert_allclose(run(read_keras_network(arch), a, b), function(a, b), atol=1e-6)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("python", READABLE)
def test_other_code_is_refused_and_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                              python: str, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    arch = _one_lambda(tmp_path / "a.json", [CODE[python][name], None, None])
    with pytest.raises(UnknownLayersError, match="strange"):
        read_keras_network(arch)
    assert not (tmp_path / "MARKER").exists()


def test_bytecode_of_later_pythons_is_refused(tmp_path: Path) -> None:
    arch = _one_lambda(tmp_path / "a.json", [CODE["3.12"]["reverse"], None, None])
    with pytest.raises(UnknownLayersError, match="unknown Python"):
        read_keras_network(arch)


def test_bytes_as_text_before_keras_2_1_3(tmp_path: Path, rng: np.random.Generator) -> None:
    raw = base64.b64decode(CODE["2.7"]["both"]).decode("raw_unicode_escape")
    x = rng.normal(size=(2, 5, 4)).astype("float32")
    network = read_keras_network(_one_lambda(tmp_path / "a.json", raw))
    np.testing.assert_allclose(run(network, x), x[:, ::-1, ::-1])


def test_the_form_of_keras3(tmp_path: Path, rng: np.random.Generator) -> None:
    function = {"class_name": "__lambda__", "config": {
        "code": CODE["3.10"]["mean"], "defaults": None, "closure": None}}
    x = rng.normal(size=(2, 5, 4)).astype("float32")
    network = read_keras_network(_one_lambda(tmp_path / "a.json", function))
    np.testing.assert_allclose(run(network, x), x.mean(axis=1), atol=1e-6)


def test_a_name_alone_and_defaults_are_refused(tmp_path: Path) -> None:
    for function, came in (("softmax_axis", "only the name"),
                           ([CODE["3.6"]["mean"], [3], None], "defaults")):
        with pytest.raises(UnknownLayersError, match=came):
            read_keras_network(_one_lambda(tmp_path / "a.json", function))


def test_a_refused_lambda_can_be_replaced_by_its_name(tmp_path: Path,
                                                      rng: np.random.Generator) -> None:
    arch = _one_lambda(tmp_path / "a.json", [CODE["3.6"]["loop"], None, None])
    x = rng.normal(size=(2, 5, 4)).astype("float32")
    network = read_keras_network(arch, replacements={"strange": {"ReverseComplement": {}}})
    np.testing.assert_allclose(run(network, x), x[:, ::-1, ::-1])


@pytest.mark.parametrize("content", [
    b"", b"c", b"c" + b"\0" * 20, b"(\xff\xff\xff\x7f", b"c" * 40,
    b"c" + struct.pack("<4i", 1, 1, 1, 1) + b"s\xff\xff\xff\x7f",
    b"c" + struct.pack("<4i", 1, 1, 1, 1) + b"(" * 60,
    base64.b64decode(CODE["3.6"]["mean"])[:-3], base64.b64decode(CODE["3.6"]["mean"]) + b"N",
    b"c" + b"\0" * 2_000_000,
])
def test_broken_bytecode(content: bytes) -> None:
    with pytest.raises(NotReadable):
        read_bytecode(content)


def test_every_cut_and_every_flipped_byte_is_survived() -> None:
    from dlgenomics_zoo.formats.expressions import expression_of

    whole = base64.b64decode(CODE["3.8"]["nested"])
    for at in range(len(whole)):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:]):
            try:
                expression_of(read_bytecode(content))
            except NotReadable:
                continue

"""Files of every kind: told apart by content, read within bounds, refused in one sentence."""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from old_keras import layer, run, write_h5, write_json
from old_torch import write_legacy, write_zip

from dlgenomics.errors import DataError, MissingFileError
from dlgenomics_zoo.formats.errors import UnknownLayersError, UnsafeModelError, WeightsError
from dlgenomics_zoo.formats.keras_network import read_keras_network
from dlgenomics_zoo.formats.recognise import Format, recognise, refuse_untrusted
from dlgenomics_zoo.formats.safetensors import read_safetensors


def _write_safetensors(path: Path, header: Any, content: bytes, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + content)
    return path


def _entry(dtype: str, shape: list[int], first: int, last: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


def test_safetensors(tmp_path: Path) -> None:
    floats = np.arange(6, dtype="<f4").reshape(2, 3)
    brain = (np.array([1.5, -2], "<f4").view("<u4") >> 16).astype("<u2")
    content = floats.tobytes() + np.array([3, -1], "<i8").tobytes() + brain.tobytes()
    path = _write_safetensors(tmp_path / "x", {
        "__metadata__": {"format": "pt"}, "f": _entry("F32", [2, 3], 0, 24),
        "b": _entry("BF16", [2], 40, 44), "i": _entry("I64", [2], 24, 40)}, content)
    found = read_safetensors(path).arrays
    np.testing.assert_array_equal(found["f"], floats)
    np.testing.assert_array_equal(found["i"], [3, -1])
    np.testing.assert_array_equal(found["b"], np.array([1.5, -2], "f4"))
    assert recognise(path) is Format.SAFETENSORS


@pytest.mark.parametrize(("header", "content", "length"), [
    ({"a": _entry("F32", [2], 0, 8)}, b"\0" * 8, 2**60),
    ({"a": _entry("F32", [2], 0, 8)}, b"\0" * 7, None),
    ({"a": _entry("F32", [2], 0, 8)}, b"\0" * 12, None),
    ({"a": _entry("F32", [3], 0, 8)}, b"\0" * 8, None),
    ({"a": _entry("F32", [2], 4, 12)}, b"\0" * 12, None),
    ({"a": _entry("F32", [2], 0, 8), "b": _entry("F32", [2], 4, 12)}, b"\0" * 12, None),
    ({"a": _entry("F32", [2**40, 2**40], 0, 8)}, b"\0" * 8, None),
    ({"a": _entry("F32", [-1, -2], 0, 8)}, b"\0" * 8, None),
    ({"a": _entry("F1", [2], 0, 8)}, b"\0" * 8, None),
    ({"a": {"dtype": "F32"}}, b"", None),
    (b'{"a": 1, "a": 2}', b"", None), (b"[]", b"", None), (b"{" * 5000, b"", None), (b"{", b"", None),
])
def test_broken_safetensors(tmp_path: Path, header: Any, content: bytes,
                            length: int | None) -> None:
    path = _write_safetensors(tmp_path / "x.safetensors", header, content, length)
    with pytest.raises(DataError, match=r"x\.safetensors"):
        read_safetensors(path)


def _dense(path: Path) -> Path:
    return write_json(path, "Sequential", [
        layer("Dense", "d", batch_input_shape=[None, 4], units=2, activation="linear")])


def test_each_kind_is_recognised_whatever_its_name(tmp_path: Path) -> None:
    arch = _dense(tmp_path / "1.pth")
    weights = write_h5(tmp_path / "2.json", {"d": [("d/kernel:0", np.ones(2))]})
    whole = write_h5(tmp_path / "3.txt", {}, config="{}")
    (tmp_path / "4.h5").write_text("<!DOCTYPE html><html>404</html>")
    (tmp_path / "5.h5").write_bytes(pickle.dumps({"a": 1}, 2))
    (tmp_path / "6.h5").write_bytes(b"cos\nsystem\n(S'x'\ntR.")
    (tmp_path / "7.h5").write_text("class_name: Sequential\nconfig: []\n")
    (tmp_path / "8.h5").write_bytes(b"chr1\t0\t100\n")
    (tmp_path / "9.h5").write_bytes(b"")
    (tmp_path / "10.h5").write_text('{"chrom": "chr1"}')
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"\x08\x01")
    (tmp_path / "tf1").mkdir()
    (tmp_path / "tf1" / "model.ckpt.index").write_bytes(b"\0")
    found = {
        arch: Format.KERAS_JSON, weights: Format.KERAS_WEIGHTS, whole: Format.KERAS_HDF5,
        tmp_path / "4.h5": Format.HTML, tmp_path / "5.h5": Format.PICKLE,
        tmp_path / "6.h5": Format.PICKLE, tmp_path / "7.h5": Format.KERAS_YAML,
        tmp_path / "8.h5": Format.UNKNOWN, tmp_path / "9.h5": Format.UNKNOWN,
        tmp_path / "10.h5": Format.UNKNOWN,
        tmp_path / "saved": Format.SAVED_MODEL, tmp_path / "tf1": Format.TF1_CHECKPOINT,
        tmp_path / "tf1" / "model.ckpt.index": Format.UNKNOWN,
        write_zip(tmp_path / "11.h5", {"a": np.ones(2)}): Format.TORCH_ZIP,
        write_legacy(tmp_path / "12.h5", {"a": np.ones(2)}): Format.TORCH_LEGACY,
    }
    assert {path.name: recognise(path) for path in found} == {
        path.name: form for path, form in found.items()}
    with pytest.raises(MissingFileError):
        recognise(tmp_path / "none")


@pytest.mark.parametrize("form", [Format.SAVED_MODEL, Format.TF1_CHECKPOINT, Format.PICKLE,
                                  Format.TORCHSCRIPT])
def test_programs_need_trust(tmp_path: Path, form: Format) -> None:
    with pytest.raises(UnsafeModelError, match="load it with trust"):
        refuse_untrusted(tmp_path / "x", form)


def test_a_saved_model_and_a_page_are_no_networks(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    with pytest.raises(UnsafeModelError, match="SavedModel"):
        read_keras_network(tmp_path)
    (tmp_path / "page.h5").write_text("<html>Not found</html>")
    with pytest.raises(DataError, match="a web page"):
        read_keras_network(tmp_path / "page.h5")


def _hdf5(path: Path, fill: Any) -> Path:
    with h5py.File(path, "w") as opened:
        opened.attrs["layer_names"] = np.array([b"d"])
        group = opened.create_group("d")
        group.attrs["weight_names"] = np.array([b"k", b"b"])
        group["b"] = np.zeros(2, "f4")
        fill(opened, group)
    return path


def _soft(opened: h5py.File, group: h5py.Group) -> None:
    group["k"] = h5py.SoftLink("/d/b")


def _external(opened: h5py.File, group: h5py.Group) -> None:
    group["k"] = h5py.ExternalLink("other.h5", "/x")


def _outside(opened: h5py.File, group: h5py.Group) -> None:
    group.create_dataset("k", (4, 2), "f4", external=[("/etc/hostname", 0, 32)])


def _virtual(opened: h5py.File, group: h5py.Group) -> None:
    layout = h5py.VirtualLayout((4, 2), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4, 2))
    group.create_virtual_dataset("k", layout)


def _bomb(opened: h5py.File, group: h5py.Group) -> None:
    group.create_dataset("k", (2**34, 2), "f4", chunks=(2**16, 2))


def _objects(opened: h5py.File, group: h5py.Group) -> None:
    group.create_dataset("k", data=[b"text"] * 8)


def _lacking(opened: h5py.File, group: h5py.Group) -> None:
    pass


@pytest.mark.parametrize(("fill", "came"), [
    (_soft, "link"), (_external, "link"), (_outside, "another file"), (_virtual, "another file"),
    (_bomb, "bytes"), (_objects, "type"), (_lacking, "no 'k'")])
def test_hdf5_files_that_reach_out_or_explode(tmp_path: Path, fill: Any, came: str) -> None:
    arch = _dense(tmp_path / "a.json")
    with pytest.raises(DataError, match=came):
        read_keras_network(arch, _hdf5(tmp_path / "w.h5", fill))


def test_hdf5_files_without_names(tmp_path: Path) -> None:
    arch = _dense(tmp_path / "a.json")
    with h5py.File(tmp_path / "w.h5", "w") as opened:
        opened["x"] = np.ones(3)
    with pytest.raises(DataError, match="without layer_names"):
        read_keras_network(arch, tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "w") as opened:
        opened.attrs["layer_names"] = np.array([b"d"])
        opened.create_group("d")["k"] = np.ones(2)
    with pytest.raises(DataError, match="without their names"):
        read_keras_network(arch, tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "w") as opened:
        opened.attrs["nb_layers"] = 1
        opened.create_group("layer_0")["param_0"] = np.ones(2)
    with pytest.raises(DataError, match="Keras 0"):
        read_keras_network(arch, tmp_path / "w.h5")


def test_a_truncated_hdf5_file(tmp_path: Path) -> None:
    arch = _dense(tmp_path / "a.json")
    path = write_h5(tmp_path / "w.h5", {"d": [("d/kernel:0", np.ones((4, 2))),
                                              ("d/bias:0", np.ones(2))]})
    whole = path.read_bytes()
    for size in (0, 20, 600, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"w\.h5"):
            read_keras_network(arch, path)


def test_architectures_built_to_exhaust(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"class_name": "Sequential", "config": ' + "[" * 200 + "]" * 200 + "}")
    with pytest.raises(UnsafeModelError, match="levels deep"):
        read_keras_network(path)
    path.write_text("class_name: Sequential\nconfig:\n- &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"- &{chr(97 + i)} [{', '.join(['*' + chr(96 + i)] * 9)}]\n" for i in range(1, 12)))
    with pytest.raises(UnsafeModelError, match="values"):
        read_keras_network(path)
    path.write_text("class_name: !!python/object/apply:os.system ['touch MARKER']\nconfig: []\n")
    with pytest.raises(UnsafeModelError, match="plain values"):
        read_keras_network(path)
    assert not Path("MARKER").exists()


def test_classes_of_other_modules_are_not_known(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    inside = {"class_name": "Dense", "module": "os.path", "registered_name": "system",
              "config": {"name": "d", "units": 2, "batch_input_shape": [None, 4]}}
    path.write_text(json.dumps({"class_name": "Sequential", "module": "keras", "config": {
        "name": "s", "layers": [inside]}}))
    with pytest.raises(UnknownLayersError, match=r"os\.path"):
        read_keras_network(path)


def _keras3_model(keras: Any) -> Any:
    given, other = keras.Input((10, 4), name="dna"), keras.Input((3,), name="more")
    inner = keras.Sequential([keras.Input((10, 4)), keras.layers.Conv1D(5, 3, activation="relu"),
                              keras.layers.BatchNormalization(epsilon=0.01)], name="stem")
    x = inner(given)
    x = keras.layers.Bidirectional(keras.layers.LSTM(4, recurrent_activation="hard_sigmoid",
                                                     dropout=0.1))(x)
    y = keras.layers.Dense(3, activation="tanh", name="side")(other)
    x = keras.layers.Concatenate()([x, keras.layers.Dropout(0.2)(y)])
    x = keras.layers.Dense(6, activation="gelu")(x)
    return keras.Model([given, other], [keras.layers.Dense(2, name="one")(x),
                                        keras.layers.Dense(1, activation="sigmoid", name="two")(x)])


def test_a_keras3_file_gives_the_same_numbers(tmp_path: Path, rng: np.random.Generator) -> None:
    import keras

    keras.utils.set_random_seed(3)
    model = _keras3_model(keras)
    for variable in model.weights:
        if "seed" not in variable.path:
            variable.assign(rng.uniform(0.1, 1, variable.shape))
    path = tmp_path / "model.keras"
    model.save(path)
    x, y = rng.normal(size=(3, 10, 4)).astype("f4"), rng.normal(size=(3, 3)).astype("f4")
    expected = [np.asarray(e) for e in model([x, y], training=False)]
    network = read_keras_network(path)
    for one, other in zip(run(network, x, y), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    arch, weights = tmp_path / "a.json", tmp_path / "w.weights.h5"
    arch.write_text(model.to_json())
    model.save_weights(weights)
    for one, other in zip(run(read_keras_network(arch, weights), x, y), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_keras3_itself_saves_as_h5(tmp_path: Path, rng: np.random.Generator) -> None:
    import keras

    model = _keras3_model(keras)
    path = tmp_path / "model.h5"
    model.save(path)
    x, y = rng.normal(size=(3, 10, 4)).astype("f4"), rng.normal(size=(3, 3)).astype("f4")
    expected = [np.asarray(e) for e in model([x, y], training=False)]
    for one, other in zip(run(read_keras_network(path), x, y), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_keras3_file_with_more_or_other_members(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    path = tmp_path / "m.keras"
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/vocabulary.txt", "x")
    with pytest.raises(DataError, match="vocabulary"):
        read_keras_network(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil", "x")
    with pytest.raises(UnsafeModelError, match="outside"):
        read_keras_network(path)


def test_a_size_bomb_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    """Dense(units=3e8) over weights of a few numbers: the arrays are compared, not the config."""
    from dlgenomics.errors import SpecError, TooLargeError

    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Dense", "d", batch_input_shape=[None, 10], units=3 * 10**8, activation="linear")])
    weights = write_h5(tmp_path / "w.h5", {"d": [("d/kernel:0", np.ones((10, 2))),
                                                 ("d/bias:0", np.ones(2))]}, version="2.1.5")
    network = read_keras_network(arch, weights)
    from old_keras import build
    with pytest.raises((SpecError, TooLargeError, WeightsError)):
        build(network)


def test_random_bytes_never_crash(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "x"
    for start in (b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"{", b"\x80\x02", b"class_name: "):
        for _ in range(20):
            path.write_bytes(start + rng.bytes(200))
            recognise(path)
            with pytest.raises(DataError):
                read_keras_network(path)


def test_texts_of_a_file_cannot_steer_a_terminal(tmp_path: Path) -> None:
    arch = write_json(tmp_path / "a.json", "Sequential", [
        layer("Evil\x1b[2J", "n\x1b]0;x\x07", batch_input_shape=[None, 4])])
    with pytest.raises(UnknownLayersError) as caught:
        read_keras_network(arch)
    assert "\x1b" not in str(caught.value)
    path = write_zip(tmp_path / "x.pth", {}, pickled=b"c\x1b[2Jm\nf\n(tR.")
    from dlgenomics_zoo.formats.torch_checkpoint import read_torch
    with pytest.raises(DataError) as other:
        read_torch(path)
    assert "\x1b" not in str(other.value)

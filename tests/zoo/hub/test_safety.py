"""Every attack that is known on a model file, through an address: a typed refusal, and nothing happens.

Payloads are harmless: they would make the file MARKER. They are written by hand, so that Keras need
not be asked to save them.
"""

from __future__ import annotations

import io
import json
import pickle
import resource
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dlgenomics import get_model
from dlgenomics.errors import DlgError, HashMismatchError, SpecError, TooLargeError
from dlgenomics.settings import load_settings
from dlgenomics_zoo.formats.errors import UnknownLayersError, UnsafeModelError, WeightsError
from dlgenomics_zoo.hub.commit import commit_of
from dlgenomics_zoo.hub.errors import HubError
from dlgenomics_zoo.hub.planning import plan_model
from hub import Hub
from hub_models import keras_h5
from hub_store import Files, git_sha1


def keras_file(layer: dict[str, Any], units: int = 2, extra: Files | None = None) -> bytes:
    """A ``.keras`` file of an input, a layer and weights of a few numbers."""
    first = {"module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
             "config": {"name": "x", "batch_shape": [None, 3], "dtype": "float32"}}
    config = {"module": "keras", "class_name": "Sequential", "registered_name": None,
              "config": {"name": "s", "layers": [first, layer]}}
    with io.BytesIO() as made, io.BytesIO() as weights:
        with h5py.File(weights, "w") as opened:
            place = opened.create_group("layers/dense/vars")
            place["0"], place["1"] = np.ones((3, units), "f4"), np.ones(units, "f4")
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("metadata.json", '{"keras_version": "3.15.0"}')
            archive.writestr("model.weights.h5", weights.getvalue())
            for name, content in (extra or {}).items():
                archive.writestr(name, content)
        return made.getvalue()


def layer(kind: str, module: str = "keras.layers", registered: str | None = None, **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": kind, "registered_name": registered, "config": {"name": "dense", **config}}


def dense(**config: Any) -> dict[str, Any]:
    return layer("Dense", **{"units": 2, "activation": "linear", "use_bias": True, **config})


def named(module: str, name: str) -> dict[str, Any]:
    """A function by its name, as Keras 3 writes it."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def lambda_of(function: Any) -> dict[str, Any]:
    return layer("Lambda", function=function, arguments={})


BYTECODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAAAAAAAAEAAAAAAAAA", "defaults": None,
                                                  "closure": None}}
NAMED = {
    "bytecode": lambda_of(BYTECODE),
    "os.system as activation": dense(activation=named("os", "system")),
    "os.system as a class": layer("system", module="os"),
    "Lambda over get_file": lambda_of(named("keras.utils", "get_file")),
    "Lambda over the switch of safe mode": lambda_of(named("keras.config", "enable_unsafe_deserialization")),
    "Lambda over load_data": lambda_of(named("keras.datasets.mnist", "load_data")),
    "Lambda over model_to_dot": lambda_of(named("keras.utils", "model_to_dot")),
    "Lambda over a class": lambda_of(named("keras.saving", "KerasFileEditor")),
    "a vocabulary in a file": layer("StringLookup", vocabulary="/etc/hostname"),
    "TFSMLayer": layer("TFSMLayer", filepath="/tmp/x", call_endpoint="serve"),
    "TorchModuleWrapper": layer("TorchModuleWrapper", module_config="x"),
    "a registered class of nobody": layer("Evil", module="builtins", registered="pkg>Evil"),
    "a dotted class": layer("keras.layers.Dense.__init__.__globals__"),
}


@pytest.fixture
def refused(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., DlgError]:
    """Publish files, ask for them, and return the refusal; nothing was run or left in the way."""
    monkeypatch.chdir(tmp_path)

    def ask(files: Files, kind: type[DlgError] = DlgError, *, trust: bool = False) -> DlgError:
        commit = hub.publish("evil/model", files)
        with pytest.raises(kind) as caught:
            get_model(f"hf://evil/model@{commit}", trust=trust)
        assert not Path("MARKER").exists()
        assert not list((load_settings().cache / "imported").glob("*"))
        return caught.value

    return ask


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("trust", [False, True])
def test_what_a_config_names(refused: Callable[..., DlgError], name: str, trust: bool) -> None:
    """Trust is for programs; it opens no config that names one."""
    refused({"model.keras": keras_file(NAMED[name])}, (UnknownLayersError, UnsafeModelError), trust=trust)


def test_the_file_without_an_attack_opens(hub: Hub) -> None:
    """Else the other tests would prove nothing."""
    hub.publish("good/model", {"model.keras": keras_file(dense())})
    np.testing.assert_array_equal(get_model("hf://good/model").predict_on_batch(np.ones((1, 3))), [[4, 4]])


def test_what_inference_does_not_need_is_not_looked_up(hub: Hub) -> None:
    evil = {"module": "os", "class_name": "system", "config": {"command": "touch MARKER"}, "registered_name": "system"}
    hub.publish("odd/model", {"model.keras": keras_file(dense(kernel_initializer=evil, kernel_regularizer=evil))})
    assert get_model("hf://odd/model").predict_on_batch(np.ones((1, 3))).tolist() == [[4, 4]]
    assert not Path("MARKER").exists()


@pytest.mark.parametrize("units", [3 * 10**8, 9 * 10**6])
def test_a_size_bomb(refused: Callable[..., DlgError], units: int) -> None:
    """Of a few kilobytes, whose network would take gigabytes; the second is below every limit."""
    bomb = keras_file(dense(units=units))
    assert len(bomb) < 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused({"model.keras": bomb}, (SpecError, TooLargeError, WeightsError))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000  # kilobytes


def _with_link() -> bytes:
    made = io.BytesIO(keras_file(dense()))
    with zipfile.ZipFile(made, "a") as archive:
        info = zipfile.ZipInfo("assets")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc")
    return made.getvalue()


@pytest.mark.parametrize("content", [
    keras_file(dense(), extra={"../outside": b"x"}), keras_file(dense(), extra={"/outside": b"x"}),
    keras_file(dense(), extra={"a\\..\\b": b"x"}), _with_link()], ids=["..", "absolute", "backslash", "link"])
def test_a_zip_that_leaves_its_folder(refused: Callable[..., DlgError], content: bytes) -> None:
    refused({"model.keras": content}, UnsafeModelError)


def _hdf5(fill: Callable[[Any], None]) -> bytes:
    with io.BytesIO() as made:
        made.write(keras_h5()[0])
        with h5py.File(made, "r+") as opened:
            group = opened["model_weights/out/out"]
            del group["kernel:0"]
            fill(group)
        return made.getvalue()


@pytest.mark.parametrize("fill", [
    lambda group: group.__setitem__("kernel:0", h5py.SoftLink("/model_weights/out/out/bias:0")),
    lambda group: group.__setitem__("kernel:0", h5py.ExternalLink("/etc/hostname", "/x")),
    lambda group: group.create_dataset("kernel:0", (24, 2), "f4", external=[("/etc/hostname", 0, 192)]),
    lambda group: group.create_dataset("kernel:0", (2**34, 2), "f4", chunks=(2**16, 2)),
    lambda group: group.create_dataset("kernel:0", data=[b"text"] * 48),
], ids=["soft link", "external link", "external bytes", "shape bomb", "texts"])
def test_hdf5_that_reaches_out(refused: Callable[..., DlgError], fill: Callable[[Any], None]) -> None:
    refused({"model.h5": _hdf5(fill)}, UnsafeModelError)


class _Evil:
    def __reduce__(self) -> Any:
        return open, ("MARKER", "w")


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pickle"])
@pytest.mark.parametrize("trust", [False, True])
def test_pickles(refused: Callable[..., DlgError], name: str, trust: bool) -> None:
    error = refused({name: pickle.dumps(_Evil())}, trust=trust)
    assert "Unpickling can run any code" in str(error)


def test_arrays_of_objects_in_a_package(
    hub: Hub, tiny_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy would unpickle them; the hashes agree, so that the arrays themselves are what is refused."""
    from dlgenomics.files import sha256_of_bytes
    from dlgenomics.package.manifest import manifest_text, read_manifest

    monkeypatch.chdir(tmp_path)
    made = io.BytesIO()
    np.savez(made, dna=np.array([_Evil()], object))
    manifest = read_manifest(tiny_package)
    record = manifest.package.model_copy(update={"files": {
        **manifest.package.files, "test/inputs.npz": sha256_of_bytes(made.getvalue())}})
    files = {p.relative_to(tiny_package).as_posix(): p.read_bytes() for p in tiny_package.rglob("*") if p.is_file()}
    hub.publish("evil/package", {**files, "test/inputs.npz": made.getvalue(),
                                 "model.yaml": manifest_text(manifest.spec, record).encode()})
    with pytest.raises((DlgError, ValueError), match=r"pickle|Object|object"):
        get_model("hf://evil/package")
    assert not Path("MARKER").exists()


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "sub/..", "C:/x", "a\\b", "a\nb", "a//b"])
def test_a_manifest_names_files_of_its_folder_only(hub: Hub, tiny_package: Path, name: str) -> None:
    from dlgenomics.package.manifest import manifest_text, read_manifest

    manifest = read_manifest(tiny_package)
    record = manifest.package.model_copy(update={"files": {**manifest.package.files, name: "0" * 64}})
    hub.publish("evil/package", {"model.yaml": manifest_text(manifest.spec, record).encode()})
    with pytest.raises(UnsafeModelError):
        plan_model("hf://evil/package")
    assert not hub.asked("resolve.*(outside|passwd)")


def test_a_manifest_that_exhausts(hub: Hub) -> None:
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
    from dlgenomics.files import sha256_of_bytes

    for body in (bomb, "package: !!python/object/apply:os.system ['touch MARKER']\n", "a: 1\na: 2\n", "a: &a [*a]\n"):
        sealed = f"{body}sha256: {sha256_of_bytes(body.encode())}\n"
        hub.publish("evil/package", {"model.yaml": sealed.encode()})
        with pytest.raises(DlgError):
            plan_model("hf://evil/package")
    assert not Path("MARKER").exists()


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "a/../b", "a\\b", "C:/x", "a\x00b", ""])
def test_names_in_the_tree_of_a_repository(path: str) -> None:
    with pytest.raises(UnsafeModelError, match="must lie in it"):
        commit_of("evil/model", {"sha": "0" * 40, "siblings": [
            {"path": path, "size": 1, "blob_id": git_sha1(b"x"), "lfs": None}]})


def test_a_hub_whose_tree_leads_elsewhere(hub: Hub, tmp_path: Path) -> None:
    hub.publish("evil/model", {"../../../outside.h5": b"x"})
    with pytest.raises(UnsafeModelError, match=r"the name '../../../outside\.h5'"):
        plan_model("hf://evil/model")
    assert not hub.asked("resolve")


@pytest.mark.parametrize("content", [
    b"", b"{", b"[1]", b"\xff\xfe", b'"text"', b"null", b"[" * 9999, b'{"a":' * 9999,
    b'{"model_type": ["esm"]}', b'{"model_type": {"$ne": 1}}', b'{"registered_name": 7, "class_name": []}'])
def test_configs_that_are_none(hub: Hub, content: bytes) -> None:
    hub.publish("evil/model", {"config.json": content, "model.weights.h5": b"x", "model.safetensors": b"x" * 9})
    with pytest.raises(DlgError):
        plan_model("hf://evil/model")


def test_a_config_as_large_as_a_model_is_not_fetched(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlgenomics_zoo.hub.checkout.SMALL", 1000)
    hub.publish("evil/model", {"config.json": b"{" + b" " * 1000 + b"}", "model.safetensors": b"x"})
    with pytest.raises(UnsafeModelError, match="may have at most 1,000 bytes"):
        plan_model("hf://evil/model")
    assert not hub.asked("resolve")


def test_texts_of_the_hub_cannot_steer_a_terminal(hub: Hub, run_dlg: Any) -> None:
    hub.publish("evil/model", {"a\x1b[2J.h5": b"x"})
    _, out, err = run_dlg("plan", "hf://evil/model")
    assert "\x1b" not in out + err


def test_bytes_in_the_folder_of_a_model_are_those_of_the_hub(hub: Hub) -> None:
    """A folder that was laid out before and changed since is laid out anew; the cache decides."""
    from dlgenomics_zoo.hub.open import fetch_model

    commit = hub.publish("lab/program", {"saved_model.pb": b"program", "variables/variables.index": b"x"})
    _, folder = fetch_model(f"hf://lab/program@{commit}", trust=True)
    (folder / "saved_model.pb").unlink()
    (folder / "saved_model.pb").write_bytes(b"another")
    (folder / "more.py").write_bytes(b"evil")
    _, again = fetch_model(f"hf://lab/program@{commit}", trust=True)
    assert again == folder
    assert (folder / "saved_model.pb").read_bytes() == b"program"
    assert not (folder / "more.py").exists()
    (folder / "saved_model.pb").write_bytes(b"through")  # the cache's own file has this second name
    with pytest.raises((HubError, HashMismatchError)):
        fetch_model(f"hf://lab/program@{commit}", trust=True)

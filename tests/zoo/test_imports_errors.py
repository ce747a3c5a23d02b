"""Faults on the whole way from a name to a model: one clear sentence, and nothing half-installed.

A server on this machine stands in for all others.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from old_keras import layer, write_h5

from dlgenomics import get_model
from dlgenomics.errors import (
    ChecksumError,
    DataError,
    DeadLinkError,
    DeclinedError,
    DlgError,
    OfflineError,
    WrongFileError,
)
from dlgenomics.settings import load_settings
from dlgenomics_zoo.formats.errors import UnknownLayersError, UnsafeModelError, WeightsError
from faulty_server import FaultyServer
from made_kipoi import MODEL, SEQ_LOADER, expected, weights, write_network

Dlg = Callable[..., tuple[int, str, str]]
HTML = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


class Published:
    """A model in Kipoi's form whose weights lie on the server."""

    def __init__(self, server: FaultyServer, folder: Path) -> None:
        self.server, self.folder, self.licence = server, folder, "MIT"

    def put(self, content: bytes, md5: str | None = None) -> str:
        """Publish these bytes; ``md5`` is what the descriptor says of them."""
        self.server.files["/weights.h5"] = content
        self.folder.mkdir(exist_ok=True)
        digest = hashlib.md5(content).hexdigest() if md5 is None else md5
        url = self.server.url("/weights.h5")
        text = MODEL.format(defined_as="kipoi.model.KerasModel", loader=SEQ_LOADER.format(length=12),
                            license=self.licence, length=12)
        (self.folder / "model.yaml").write_text(text.replace(
            "weights: model_files/weights.h5", f"weights: {{url: '{url}', md5: {digest}}}"))
        return str(self.folder)


@pytest.fixture
def published(server: FaultyServer, tmp_path: Path) -> Published:
    return Published(server, tmp_path / "Adder")


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return write_network(tmp_path / "whole.h5", weights()).read_bytes()


def _nothing_is_left() -> None:
    cache = load_settings().cache
    packages = list((cache / "imported").glob("*")) if (cache / "imported").exists() else []
    assert packages == []


def _no_file_is_left() -> None:
    files = load_settings().cache / "files"
    assert [p for p in files.rglob("*") if p.is_file()] == []


def _every_way_fails(name: str, kind: type[DlgError], message: str, run_dlg: Dlg, tmp_path: Path) -> None:
    with pytest.raises(kind, match=message):
        get_model(name, source="dir")
    out = tmp_path / "out"
    for command in (["get-model", name], ["convert", name, "-o", out], ["test", name],
                    ["predict", name, "--fasta", "a.fa", "--intervals", "b.bed"]):
        status, _, err = run_dlg(*command)
        assert status == 1
        assert "Traceback" not in err
    assert not list(out.rglob("model.yaml"))
    assert not [p for p in out.rglob(".*") if p.is_dir()]
    _nothing_is_left()


@pytest.mark.parametrize(("content", "md5", "kind", "message"), [
    (None, "0" * 32, ChecksumError, r"must have md5 00000000.*Nothing was installed"),
    (HTML, "0" * 32, WrongFileError, r"Nothing was installed"),
    (b"", "0" * 32, DlgError, r"Nothing was installed|0 bytes"),
], ids=["wrong-checksum", "html", "empty"])
def test_what_came_is_not_the_file(
    published: Published, whole: bytes, run_dlg: Dlg, tmp_path: Path, content: bytes | None,
    md5: str, kind: type[DlgError], message: str,
) -> None:
    name = published.put(whole if content is None else content, md5)
    _every_way_fails(name, kind, message, run_dlg, tmp_path)
    _no_file_is_left()


def test_a_dead_link(published: Published, whole: bytes, run_dlg: Dlg, tmp_path: Path) -> None:
    name = published.put(whole)
    del published.server.files["/weights.h5"]
    _every_way_fails(name, DeadLinkError, r"gone there. Name a mirror", run_dlg, tmp_path)
    _no_file_is_left()
    # A folder of files stands in, and then no socket is needed.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "weights.h5").write_bytes(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLG_MIRROR", str(tmp_path / "mine"))
        patch.setenv("DLG_OFFLINE", "1")
        assert get_model(name, source="dir").name == "Adder"


def test_a_truncated_file_with_its_own_checksum(
    published: Published, whole: bytes, run_dlg: Dlg, tmp_path: Path
) -> None:
    for count in (100, len(whole) // 2, len(whole) - 10):
        name = published.put(whole[:count])
        with pytest.raises(DlgError, match=r"truncated or damaged|must be|damaged"):
            get_model(name, source="dir")
        _nothing_is_left()


def _edited(whole: bytes, tmp_path: Path, change: Callable[[h5py.File], None]) -> bytes:
    path = tmp_path / "edited.h5"
    path.write_bytes(whole)
    with h5py.File(path, "a") as opened:
        change(opened)
    return path.read_bytes()


def _rename_layer(opened: h5py.File) -> None:
    opened["model_weights"].attrs["layer_names"] = [b"conv", b"pool", b"result"]
    opened["model_weights"].move("score", "result")


def _drop_array(opened: h5py.File) -> None:
    opened["model_weights/score"].attrs["weight_names"] = [b"score/kernel:0"]


def _add_array(opened: h5py.File) -> None:
    opened["model_weights/score/score/extra:0"] = np.zeros(2, "float32")
    opened["model_weights/score"].attrs["weight_names"] = [
        b"score/kernel:0", b"score/bias:0", b"score/extra:0"]


def _wrong_shape(opened: h5py.File) -> None:
    del opened["model_weights/score/score/bias:0"]
    opened["model_weights/score/score/bias:0"] = np.zeros(3, "float32")


@pytest.mark.parametrize(("change", "message"), [
    (_drop_array, r"score"), (_add_array, r"score"), (_wrong_shape, r"\(3,\)"),
], ids=["missing", "extra", "shape"])
def test_arrays_that_do_not_fit(
    published: Published, whole: bytes, run_dlg: Dlg, tmp_path: Path,
    change: Callable[[h5py.File], None], message: str,
) -> None:
    name = published.put(_edited(whole, tmp_path, change))
    _every_way_fails(name, WeightsError, message, run_dlg, tmp_path)


def test_a_renamed_layer_is_found_by_order_and_noted(
    published: Published, whole: bytes, tmp_path: Path, rng: Any
) -> None:
    """Without branches the order of layers is proof enough; the card says what was done."""
    model = get_model(published.put(_edited(whole, tmp_path, _rename_layer)), source="dir")
    x = rng.random((2, 12, 4)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), expected(x, weights()), atol=1e-6)
    assert "order" in (Path(model.source_dir) / "README.md").read_text()


class _Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (Path.touch, (self.marker,))


def _zip(path: Path, names: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path.read_bytes()


def _external(tmp_path: Path) -> bytes:
    (tmp_path / "secret.h5").write_bytes(b"secret")

    def link(opened: h5py.File) -> None:
        del opened["model_weights/score/score/bias:0"]
        opened["model_weights/score/score/bias:0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")

    return _edited(write_network(tmp_path / "w.h5", weights()).read_bytes(), tmp_path, link)


def _with_lambda(tmp_path: Path) -> bytes:
    config = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [
        layer("Lambda", "code", batch_input_shape=[None, 12, 4], function=["4wEAAA==", None, None],
              function_type="lambda", arguments={})]}})
    return write_h5(tmp_path / "l.h5", {"code": []}, version="2.2.4", backend="tensorflow",
                    config=config).read_bytes()


@pytest.mark.parametrize(("make", "kind"), [
    (lambda folder: pickle.dumps(_Hostile(folder / "it-ran")), UnsafeModelError),
    (_external, UnsafeModelError),
    (_with_lambda, (UnsafeModelError, UnknownLayersError)),
    (lambda folder: _zip(folder / "a.zip", {"config.json": b"{}", "metadata.json": b"{}",
                                            "../outside.h5": b"x"}), DlgError),
    (lambda folder: _zip(folder / "b.zip", {"config.json": b"{", "metadata.json": b"{}",
                                            "model.weights.h5": b"x"}), DataError),
], ids=["pickle", "hdf5-link", "lambda", "zip-outside", "zip-broken"])
def test_hostile_files(
    published: Published, run_dlg: Dlg, tmp_path: Path, make: Callable[[Path], bytes], kind: Any,
) -> None:
    name = published.put(make(tmp_path))
    _every_way_fails(name, kind, r"Received", run_dlg, tmp_path)
    assert not (tmp_path / "it-ran").exists()
    assert not list(load_settings().cache.rglob("outside.h5"))


def test_size_and_licence_come_first_and_no_is_heard(
    published: Published, whole: bytes, run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.licence = "CC BY-NC 4.0"
    name = published.put(whole)
    monkeypatch.setenv("DLG_MAX_DOWNLOAD", "10 B")
    with pytest.raises(DeclinedError):
        get_model(name, source="dir")
    status, _, err = run_dlg("get-model", name)
    assert (status, "Fetching weights.h5" in err) == (1, True)
    assert "licence CC BY-NC 4.0" in err
    assert "WARNING: NON-COMMERCIAL USE ONLY" in err
    _nothing_is_left()
    _no_file_is_left()
    assert run_dlg("get-model", name, "--yes")[0] == 0


def test_from_the_cache_no_request_is_made(
    published: Published, whole: bytes, run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = published.put(whole)
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"weights.h5.*DLG_OFFLINE"):
        get_model(name, source="dir")
    monkeypatch.delenv("DLG_OFFLINE")
    get_model(name, source="dir")
    asked = len(published.server.requests)
    assert asked > 0
    for offline in ("0", "1"):
        monkeypatch.setenv("DLG_OFFLINE", offline)
        get_model(name, source="dir")
        assert run_dlg("get-model", name)[0] == 0
        assert run_dlg("test", name)[0] == 0
    assert len(published.server.requests) == asked


@pytest.mark.parametrize(("name", "words"), [
    ("HAL", ["out-of-scope", "table of weights of 6-mers", "authors' own program", "dlg info HAL"]),
    ("MMSplice/pathogenicity", ["portable", "what its class computes", "model_specs/", "dlg info"]),
    ("Basenji", ["trust", "TensorFlow 1 graph", "dlg info Basenji"]),
    ("DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TBP", ["gone", "kipoi/kipoi#695", "DLG_MIRROR"]),
])
def test_get_model_says_why_not(
    run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch, name: str, words: list[str]
) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    status, out, err = run_dlg("get-model", name)
    assert (status, out) == (1, "")
    for word in words:
        assert word in err

"""Graphs of TensorFlow 1: refused without trust, and with it what their own session said."""

from __future__ import annotations

import json
import logging
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from made_graph import LENGTH, MODEL, save_graph, v1, write_graph_model

from dlgenomics import get_model
from dlgenomics.errors import DataError, DlgError, MissingFileError, ShapeError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.kipoi.descriptor import RemoteFile
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import NotNativeError
from dlgenomics_zoo.trusted.checkpoint import graph_statement
from made_kipoi import write_genome

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("zoo") / "Graph"
    return folder, write_graph_model(folder)


def test_it_needs_trust(graph: tuple[Path, dict[str, Any]], tmp_path: Path, run_dlg: Dlg) -> None:
    name = str(graph[0])
    with pytest.raises(NotNativeError, match=r"TensorFlow graph; a graph is code.*trust=True \(--trust\)"):
        get_model(name, source="dir")
    for command in (["get-model", name], ["test", name], ["convert", name, "-o", tmp_path / "out"],
                    ["predict", name, "--fasta", "a", "--intervals", "b"]):
        status, out, err = run_dlg(*command)
        assert status == 1
        assert "a graph is code" in out + err
    assert "status" in run_dlg("info", name)[1]


def test_with_trust_it_says_what_its_session_said(
    graph: tuple[Path, dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    folder, saved = graph
    with caplog.at_level(logging.WARNING, "dlgenomics"):
        model = get_model(folder, source="dir", trust=True)
    assert "runs the TensorFlow graph of" in caplog.text
    assert "operations, of which none reaches files" in caplog.text
    np.testing.assert_array_equal(model.predict_on_batch(saved["x"]), saved["score"])
    assert model.predict_on_batch(saved["x"][:2]).shape == (2, 3)
    np.testing.assert_array_equal(model.predict_activation_on_batch(saved["x"], "hidden"), saved["hidden"])
    np.testing.assert_allclose(model.input_grad(saved["x"], filter_idx=0), saved["slope"], atol=1e-7)
    np.testing.assert_allclose(model.input_grad(saved["x"], filter_idx=0, avg_func="sum", layer="preds"),
                               saved["slope"], atol=1e-7)
    for call in (model.predict_activation_on_batch, model.input_grad):
        with pytest.raises(DlgError, match="pre_nonlinearity must be False"):
            call(saved["x"], layer="preds", pre_nonlinearity=True)
    with pytest.raises(ShapeError, match=r"12, 4"):
        model.predict_on_batch(saved["x"].transpose(0, 2, 1))
    with pytest.raises(ValueError, match="takes the inputs inputs"):
        model.predict_on_batch({"seq": saved["x"]})
    with pytest.raises(DlgError, match="must have rows"):
        model.predict_on_batch(saved["x"][:0])
    assert (model.info.authors[0].name, model.type) == ("Ada", "kipoi.model.TensorFlowModel")
    assert model.schema.targets["score"].column_labels == ("a", "b", "c")


def test_files_go_in_and_predictions_come_out(
    graph: tuple[Path, dict[str, Any]], tmp_path: Path, run_dlg: Dlg
) -> None:
    files = write_genome(tmp_path)
    model = get_model(graph[0], source="dir", trust=True)
    found = model.pipeline.predict(files, batch_size=2)
    batch = model.default_dataloader(**files).load_all()
    np.testing.assert_allclose(model.predict_on_batch(batch["inputs"]), found, atol=1e-6)
    assert found.shape == (3, 3)
    assert model.pipeline.input_grad(files, filter_idx=1)["grads"].shape == (3, LENGTH, 4)
    out = tmp_path / "out.tsv"
    status, _, err = run_dlg("predict", graph[0], "--trust", "--fasta", files["fasta_file"], "--intervals",
                             files["intervals_file"], "-o", out, "--keep-metadata", "--num-workers", 2)
    assert status == 0, err
    rows = [line.split("\t") for line in out.read_text().splitlines()]
    columns = {name: [row[place] for row in rows[1:]] for place, name in enumerate(rows[0])}
    np.testing.assert_allclose(np.array([columns[name] for name in "abc"], float).T, found, atol=1e-5)
    assert columns["metadata/ranges/start"] == ["24", "50", "94"]
    command = ("predict", graph[0], "--trust", "--fasta", files["fasta_file"], "--intervals", files["intervals_file"])
    status, _, err = run_dlg(*command, "--layer", "hidden", "-o", tmp_path / "hidden.npz")
    assert status == 0, err
    before = out.read_bytes()
    for option, wish in (
            (["--resume"], "shards (--resume, --restart, --shard)"), (["--restart"], "shards"),
            (["--shard", "1/2"], "shards"), (["--gradients", "a"], "gradients"),
            (["--devices", "2"], "several devices"), (["--engine", "openvino"], "the engine openvino"),
            (["--dask", "2"], "--dask"), (["--dry-run"], "--dry-run")):
        status, _, err = run_dlg(*command, "-o", out, *option)
        assert (status, "run once, from the first row to the last" in err) == (1, True), err
        assert f"Received: a wish for {wish}" in err
        assert "Leave that out; to work in pieces" in err
    assert out.read_bytes() == before
    assert not list(tmp_path.glob("*.parts"))


def test_constants_and_a_fixed_batch_size(tmp_path: Path) -> None:
    """As Basenji has both: rows go in twos, the last one is filled up, and what fills up is cut off."""
    folder = tmp_path / "Fixed"
    saved = write_graph_model(folder, batch=2, rate=True,
                              constants={"rate": np.float32(0.5), "is_training": False})
    model = get_model(folder, source="dir", trust=True)
    np.testing.assert_array_equal(model.predict_on_batch(saved["x"]), saved["score"])
    np.testing.assert_array_equal(model.predict_on_batch(saved["x"][[0, 1, 0]]), saved["score"][[0, 1, 0]])
    np.testing.assert_allclose(model.input_grad(saved["x"][:1], filter_idx=0), saved["slope"][:1], atol=1e-7)


class _Hostile:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("it-ran"),))


def test_a_hostile_pickle_of_constants_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_graph_model(tmp_path / "m", constants={"is_training": _Hostile()})
    with pytest.raises(UnsafeModelError, match="unpickling would import"):
        get_model(tmp_path / "m", source="dir", trust=True)
    assert not Path("it-ran").exists()
    (tmp_path / "m" / "files" / "constants.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match=r"by the names of operations\. Received: list"):
        get_model(tmp_path / "m", source="dir", trust=True)


@pytest.mark.parametrize(("inputs", "outputs"), [
    ("[inputs]", "[preds, hidden]"), ("{seq: inputs}", "{score: preds, inner: hidden}")])
def test_nodes_in_lists_and_by_name(tmp_path: Path, inputs: str, outputs: str) -> None:
    saved = write_graph_model(tmp_path / "m", inputs=inputs, outputs=outputs)
    model = get_model(tmp_path / "m", source="dir", trust=True)
    by_name = inputs.startswith("{")
    found = model.predict_on_batch({"seq": saved["x"]} if by_name else saved["x"])
    score, hidden = (found["score"], found["inner"]) if by_name else found
    np.testing.assert_array_equal(score, saved["score"])
    np.testing.assert_array_equal(hidden, saved["hidden"])
    with pytest.raises(DlgError, match="of one output"):
        model.input_grad({"seq": saved["x"]} if by_name else saved["x"])


def test_an_output_that_does_not_follow_the_input(tmp_path: Path) -> None:
    """As the descriptors of epidermal_basset have it: a slot of the optimizer."""
    saved = write_graph_model(tmp_path / "m", outputs="bias/RMSProp_1")
    model = get_model(tmp_path / "m", source="dir", trust=True)
    with pytest.raises(DlgError, match=r"one row for each.*shape \(3,\).*does not follow.*such as Square, preds, "):
        model.predict_on_batch(saved["x"])
    np.testing.assert_array_equal(model.predict_activation_on_batch(saved["x"], "preds"), saved["score"])
    with pytest.raises(DlgError, match="follow the input to have a gradient"):
        model.input_grad(saved["x"], avg_func="sum")


@pytest.mark.parametrize(("damage", "kind", "message"), [
    (lambda f: (f / "net.meta").write_bytes((f / "net.meta").read_bytes()[:200]), DataError, "meta graph"),
    (lambda f: (f / "net.meta").write_bytes(b"<!DOCTYPE html>"), DataError, "meta graph"),
    (lambda f: (f / "net.meta").write_bytes(b""), DlgError, "must be whole"),
    (lambda f: (f / "net.index").write_bytes(b""), DlgError, "must be whole"),
    (lambda f: (f / "net.data-00000-of-00001").write_bytes(b"x"), DlgError, "must be whole"),
    (lambda f: (f / "net.index").unlink(), MissingFileError, "checkpoint"),
], ids=["truncated", "html", "empty", "empty-index", "short-data", "no-index"])
def test_damaged_checkpoints(
    graph: tuple[Path, dict[str, Any]], tmp_path: Path, damage: Callable[[Path], object],
    kind: type[DlgError], message: str,
) -> None:
    folder = shutil.copytree(graph[0], tmp_path / "m")
    damage(folder / "files")
    with pytest.raises(kind, match=message):
        get_model(folder, source="dir", trust=True)


@pytest.mark.parametrize(("change", "message"), [
    ({"outputs": "pred"}, r"operation of the graph.*Did you mean 'preds'"),
    ({"inputs": "input"}, r"Did you mean 'inputs'"),
    ({"outputs": "[1, 2]"}, r"target_nodes must name operations"),
    ({"checkpoint": "../../net"}, r"something in the models' folder"),
    ({"checkpoint": "[files/net]"}, r"must have a checkpoint_path"),
])
def test_descriptors_that_do_not_fit(
    graph: tuple[Path, dict[str, Any]], tmp_path: Path, change: dict[str, str], message: str
) -> None:
    folder = shutil.copytree(graph[0], tmp_path / "m")
    (folder / "model.yaml").write_text(MODEL.format(**{
        "inputs": "inputs", "outputs": "preds", "checkpoint": "files/net", "constants": "", **change}))
    with pytest.raises(DlgError, match=message):
        get_model(folder, source="dir", trust=True)


def test_an_operation_that_tensorflow_lacks(graph: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder = shutil.copytree(graph[0], tmp_path / "m")
    meta = folder / "files" / "net.meta"
    meta.write_bytes(meta.read_bytes().replace(b"Sigmoid", b"Sigmoix"))
    with pytest.raises(DlgError, match=r"of operations that TensorFlow 2.*Sigmoix"):
        get_model(folder, source="dir", trust=True)


def test_operations_that_reach_outside_are_named(tmp_path: Path) -> None:
    graph = tf.Graph()
    with graph.as_default():
        tf.io.write_file(str(tmp_path / "it-ran"), "x")
        v1.train.export_meta_graph(str(tmp_path / "a.meta"))
    assert "of which WriteFile (1) reach files" in graph_statement(tmp_path / "a.meta", "here")
    assert not (tmp_path / "it-ran").exists()


BASENJI = ("meta", "index", "data-00000-of-00001")


def test_kipois_own_graphs_come_from_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Basenji's name, with a small checkpoint in a folder that is a mirror."""
    import dataclasses
    import hashlib

    saved = save_graph(tmp_path / "made", batch=2, rate=True)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    constants = pickle.dumps({"rate": 0.5}, protocol=2)
    contents = {f"checkpoint_path/{part.partition('-')[0]}": (tmp_path / "made" / f"net.{part}").read_bytes()
                for part in BASENJI} | {"const_feed_dict_pkl": constants}
    one = kipoi_index().models["Basenji"]
    assert {file.role for file in one.files} == set(contents)
    files = []
    for file in one.files:
        name = file.url.rpartition("/")[2].partition("?")[0]
        (mirror / name).write_bytes(contents[file.role])
        files.append(RemoteFile(file.role, file.url, md5=hashlib.md5(contents[file.role]).hexdigest()))
    changed = dataclasses.replace(one, files=tuple(files))
    monkeypatch.setitem(kipoi_index().models, "Basenji", changed)  # type: ignore[arg-type]
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(NotNativeError, match=r"graph is code.*runs the graph of https://zenodo.org"):
        get_model("Basenji")
    monkeypatch.setenv("DLG_MIRROR", str(mirror))
    model = get_model("Basenji", trust=True)
    np.testing.assert_array_equal(model.predict_on_batch(saved["x"]), saved["score"])
    assert model.default_dataloader.args["auto_resize_len"].default == 131072


@pytest.mark.parametrize("name", ["Basenji", "epidermal_basset/encode-roadmap.basset.clf.testfold-0"])
def test_without_their_files_and_network_the_way_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(DlgError, match="DLG_OFFLINE"):
        get_model(name, trust=True)


def test_get_model_and_test_by_command(
    graph: tuple[Path, dict[str, Any]], tmp_path: Path, run_dlg: Dlg
) -> None:
    import h5py

    folder, saved = graph
    status, out, _ = run_dlg("get-model", folder, "--trust")
    assert status == 0
    assert "kipoi.model.TensorFlowModel, code of its authors" in out
    assert "SeqIntervalDl(intervals_file, fasta_file" in out
    assert run_dlg("get-model", folder, "--trust", "-o", tmp_path / "copy")[0] == 2
    expected = tmp_path / "expected.h5"
    for shift, result in ((0, 0), (0.01, 1)):
        with h5py.File(expected, "w") as opened:
            opened["inputs"], opened["preds"] = saved["x"], saved["score"] + shift
        status, out, err = run_dlg("test", folder, "--trust", "--expect", expected)
        assert (status, "5 published predictions agree" in out) == (result, not result), err
    assert run_dlg("test", folder, "--expect", expected)[0] == 1


def test_what_runs_is_said_on_standard_error(graph: tuple[Path, dict[str, Any]]) -> None:
    code = f"from dlgenomics_cli import main; main(['get-model', {str(graph[0])!r}, '--trust', '--json'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["model"] == str(graph[0])
    assert re.fullmatch(r"With your trust .* runs the TensorFlow graph of .*: \d+ operations, of which none reaches "
                        r"files, the screen or Python\. It can do anything that you can\.\n", done.stderr)


def test_the_example_of_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_dlg: Dlg) -> None:
    """Its files are fetched; here they lie in a folder that is a mirror."""
    folder = tmp_path / "m"
    write_graph_model(folder)
    files = write_genome(tmp_path)
    described = (folder / "model.yaml").read_text()
    assert "kipoiseq" in described
    out = tmp_path / "example.h5"
    model = get_model(folder, source="dir", trust=True)
    changed = model.default_dataloader
    monkeypatch.setattr(type(changed), "example_kwargs", property(lambda _: files))
    found = model.pipeline.predict_example(output_file=out)
    assert found.shape == (3, 3)
    status, shown, err = run_dlg("test", folder, "--trust", "--expect", out)
    assert (status, "3 published predictions agree" in shown) == (0, True), err
    status, shown, err = run_dlg("test", folder, "--trust")
    assert (status, "3 rows of its example predicted" in shown) == (0, True), err
    with pytest.raises(DlgError, match="a file that exists"):
        model.pipeline.predict_example(output_file=out)

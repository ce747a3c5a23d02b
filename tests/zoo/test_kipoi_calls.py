"""Each of Kipoi's documented calls, with only the import changed, against the network in NumPy."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlgenomics as kipoi
from dlgenomics_zoo.kipoi.descriptor import RemoteFile
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.sources.declared import declared_sources
from made_kipoi import LENGTH, expected, weights, write_genome, write_model

NAME = "DeepSTARR"
"""Stands in the catalogue; its files are replaced."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calls")


@pytest.fixture(scope="module")
def folder(place: Path) -> Path:
    return write_model(place / "models" / "Adder")


@pytest.fixture(scope="module")
def files(place: Path) -> dict[str, str]:
    """A genome and intervals with a target each."""
    found = write_genome(place)
    path = Path(found["intervals_file"])
    path.write_text("".join(f"{line}\t{row}\n" for row, line in enumerate(path.read_text().splitlines())))
    return found


@pytest.fixture(scope="module")
def model(folder: Path, place: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLG_CACHE", str(place / "cache"))
        return kipoi.get_model(str(folder), source="dir")


@pytest.fixture(scope="module")
def windows(files: dict[str, str]) -> Any:
    """The windows of 12 bases, encoded by hand; centres as Kipoi's loader takes them."""
    text = Path(files["fasta_file"]).read_text().splitlines()[1]
    rows = [text[c - LENGTH // 2:c + LENGTH // 2] for c in (30, 56, 100)]
    return np.array([[[base == one for one in "ACGT"] for base in row] for row in rows], float)


def _right(found: Any, x: Any) -> None:
    np.testing.assert_allclose(found, expected(x, weights()), atol=1e-5)


# --- get_model, from each source ---


def test_source_dir(folder: Path, windows: Any) -> None:
    _right(kipoi.get_model(str(folder), source="dir").predict_on_batch(windows), windows)


def test_source_kipoi(folder: Path, windows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue's entry, with its files' addresses, names another small network here."""
    content = (folder / "model_files" / "weights.h5").read_bytes()
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "w.h5").write_bytes(content)
    one = kipoi_index().models[NAME]
    file = RemoteFile("weights", "https://zenodo.org/record/1/files/w.h5", md5=hashlib.md5(content).hexdigest())
    loader = dataclasses.replace(one.dataloader, default_args={"auto_resize_len": LENGTH})
    monkeypatch.setitem(kipoi_index().models, NAME, dataclasses.replace(  # type: ignore[arg-type]
        one, files=(file,), code=(), dataloader=loader))
    monkeypatch.setenv("DLG_MIRROR", str(tmp_path / "mirror"))
    for source in ("kipoi", None):
        model = kipoi.get_model(NAME, source=source)
        _right(model.predict_on_batch(windows), windows)
        assert model.default_dataloader.name == "SeqIntervalDl"
    assert kipoi.get_model(NAME, source="kipoi", with_dataloader=False).default_dataloader.name == "of dlgenomics"


def test_source_github_permalink(
    folder: Path, windows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository on this machine in the place of one on GitHub; a later commit does not count."""
    repository = tmp_path / "repository"
    write_model(repository / "some" / "Adder")

    def git(*words: str) -> str:
        command = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD")
    (repository / "some" / "Adder" / "model.yaml").write_text("type: keras\nargs: {weights: no.h5}\n")
    git("commit", "-q", "-a", "-m", "second")
    git("config", "uploadpack.allowReachableSHA1InWant", "true")
    for name, value in (("COUNT", "1"), ("KEY_0", f"url.{repository.as_uri()}.insteadOf"),
                        ("VALUE_0", "https://github.com/lab/models")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    link = f"https://github.com/lab/models/tree/{commit}/some/Adder"
    _right(kipoi.get_model(link, source="github-permalink").predict_on_batch(windows), windows)
    assert kipoi.get_model_descr(link, source="github-permalink").info.license == "MIT"


def test_kipois_own_settings_in_the_home_folder(
    folder: Path, windows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DLG_KIPOI_CONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert declared_sources() == []
    (tmp_path / ".kipoi").mkdir()
    (tmp_path / ".kipoi" / "config.yaml").write_text(
        f"model_sources:\n  mine:\n    type: local\n    local_path: {folder.parent}\n")
    assert [one.source for one in kipoi.list_sources()] == ["kipoi", "pypi", "mine"]
    assert kipoi.list_models(source="mine").model == ["mine:Adder"]
    _right(kipoi.get_model("Adder", source="mine").predict_on_batch(windows), windows)
    assert [one.name for one in (tmp_path / ".kipoi").iterdir()] == ["config.yaml"]


# --- model.* ---


def _slopes(x: Any) -> Any:
    """Gradients of the first score by differences, float64."""
    found = np.zeros_like(x)
    for place in itertools.product(*map(range, x.shape[1:])):
        step = np.zeros_like(x)
        step[(slice(None), *place)] = 1e-5
        found[(slice(None), *place)] = (
            expected(x + step, weights()) - expected(x - step, weights()))[:, 0] / 2e-5
    return found


def test_predict_activation_on_batch(model: Any, windows: Any) -> None:
    by_name = model.predict_activation_on_batch(windows, layer="conv")
    np.testing.assert_array_equal(model.predict_activation_on_batch(windows, layer=2), by_name)
    assert by_name.shape == (3, LENGTH - 2, 5)
    _right(model.predict_activation_on_batch(windows, layer="score"), windows)


def test_input_grad(model: Any, rng: Any) -> None:
    x = rng.random((3, LENGTH, 4))
    np.testing.assert_allclose(model.input_grad(x, filter_idx=0), _slopes(x), atol=1e-3)


# --- model.pipeline.* ---

PIPELINE: dict[str, Callable[[Any, dict[str, str]], Any]] = {
    "predict": lambda p, files: p.predict(files, batch_size=2),
    "predict_generator": lambda p, files: np.concatenate(list(p.predict_generator(files, batch_size=2))),
    "predict_generator of a layer": lambda p, files: np.concatenate(
        list(p.predict_generator(files, batch_size=2, layer="score"))),
    "predict_example": lambda p, files: p.predict_example(batch_size=2),
}


@pytest.mark.parametrize("call", PIPELINE)
def test_pipelines_that_predict(
    call: str, model: Any, files: dict[str, str], windows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(model.default_dataloader), "example_kwargs", property(lambda _: files))
    _right(PIPELINE[call](model.pipeline, files), windows)


def test_predict_to_file(model: Any, files: dict[str, str], windows: Any, tmp_path: Path) -> None:
    import h5py

    model.pipeline.predict_to_file(str(tmp_path / "o.h5"), files, batch_size=2, keep_inputs=True,
                                   keep_metadata=True)
    with h5py.File(tmp_path / "o.h5") as opened:
        _right(opened["preds"][()], windows)
        np.testing.assert_array_equal(opened["inputs"][()], windows)
        assert opened["targets"][()].ravel().tolist() == [0, 1, 2]
        assert opened["metadata/ranges/end"][()].tolist() == [36, 62, 106]


def test_pipelines_of_gradients(model: Any, files: dict[str, str], windows: Any) -> None:
    whole = model.pipeline.input_grad(files, batch_size=2, filter_idx=0)
    np.testing.assert_array_equal(whole["inputs"], windows)
    assert whole["grads"].shape == windows.shape
    parts = list(model.pipeline.input_grad_generator(files, batch_size=2, filter_idx=0))
    assert [len(part["grads"]) for part in parts] == [2, 1]
    np.testing.assert_allclose(np.concatenate([part["grads"] for part in parts]), whole["grads"], atol=1e-6)
    np.testing.assert_allclose(whole["grads"], model.input_grad(windows, filter_idx=0), atol=1e-6)


# --- default_dataloader ---


def test_the_dataloader(
    model: Any, files: dict[str, str], windows: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = model.default_dataloader(**files)
    batches = list(loader.batch_iter(batch_size=2, shuffle=False, num_workers=0, drop_last=False))
    np.testing.assert_array_equal(np.concatenate([one["inputs"] for one in batches]), windows)
    assert [len(one["targets"]) for one in batches] == [2, 1]
    inputs, targets = next(loader.batch_train_iter(batch_size=3, cycle=False))
    np.testing.assert_array_equal(inputs, windows)
    assert targets.ravel().tolist() == [0, 1, 2]
    np.testing.assert_array_equal(next(loader.batch_predict_iter(batch_size=3)), windows)
    np.testing.assert_array_equal(loader.load_all()["inputs"], windows)
    model.default_dataloader.print_args()
    assert "auto_resize_len" in capsys.readouterr().out
    monkeypatch.setattr(type(model.default_dataloader), "example_kwargs", property(lambda _: files))
    assert len(model.default_dataloader.init_example()) == 3

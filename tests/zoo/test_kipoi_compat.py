"""Kipoi's front page with only the import changed, on a model in Kipoi's form."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import dlgenomics as kipoi
from dlgenomics.errors import DlgError, ModelNotFoundError
from dlgenomics_zoo.trusted.statement import NeedsTrustError
from made_kipoi import LENGTH, expected, weights, write_genome, write_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "zoo" / "Adder")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return write_genome(tmp_path)


def _windows(files: dict[str, str]) -> np.ndarray:
    """The windows of 12 bases, encoded by hand; centres as Kipoi's loader takes them."""
    text = Path(files["fasta_file"]).read_text().splitlines()[1]
    centres = [(20 + 40) // 2, (50 + 62) // 2, (100 + 101) // 2]
    rows = [text[c - LENGTH // 2:c + LENGTH // 2] for c in centres]
    return np.array([[[base == one for one in "ACGT"] for base in row] for row in rows], float)


def test_the_front_page(folder: Path, files: dict[str, str], tmp_path: Path, rng: Any) -> None:
    model = kipoi.get_model(str(folder), source="dir")
    x = rng.random((4, LENGTH, 4)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), expected(x, weights()), atol=1e-6)

    predictions = model.pipeline.predict(files, batch_size=2)
    np.testing.assert_allclose(predictions, expected(_windows(files), weights()), atol=1e-6)

    loader = model.default_dataloader(**files)
    batch = next(loader.batch_iter(batch_size=2))
    np.testing.assert_array_equal(batch["inputs"], _windows(files)[:2])
    assert batch["metadata"]["ranges"]["start"].tolist() == [24, 50]
    np.testing.assert_allclose(model.predict_on_batch(batch["inputs"]), predictions[:2], atol=1e-6)
    assert len(loader.load_all()["inputs"]) == 3

    out = tmp_path / "predictions.h5"
    model.pipeline.predict_to_file(str(out), files, keep_metadata=True)
    with h5py.File(out) as opened:
        np.testing.assert_allclose(opened["preds"][()], predictions, atol=1e-6)
        assert opened["metadata/ranges/chr"].shape == (3,)


def test_gradients_and_activations(folder: Path, rng: Any) -> None:
    """Against differences of the network written in NumPy."""
    model = kipoi.get_model(str(folder), source="dir")
    x = rng.random((2, LENGTH, 4))
    found = model.input_grad(x, filter_idx=0, avg_func="sum")
    step = np.zeros_like(x)
    step[:, 3, 1] = 1e-5
    slope = (expected(x + step, weights()) - expected(x - step, weights()))[:, 0] / 2e-5
    np.testing.assert_allclose(found[:, 3, 1], slope, atol=1e-3)
    score = model.predict_activation_on_batch(x, "score", pre_nonlinearity=True)
    np.testing.assert_allclose(1 / (1 + np.exp(-score)), expected(x, weights()), atol=1e-6)


def test_what_a_model_says_of_itself(folder: Path) -> None:
    model = kipoi.get_model(str(folder), source="dir")
    assert model.type == "kipoi.model.KerasModel"
    assert model.info.authors[0].name == "Ada"
    assert model.schema.targets["score"].column_labels == ("open", "closed")
    assert Path(model.source_dir).is_dir()
    assert model.default_dataloader.name == "SeqIntervalDl"
    assert model.default_dataloader.args["auto_resize_len"].default == LENGTH
    bare = kipoi.get_model(str(folder), source="dir", with_dataloader=False)
    assert bare.default_dataloader.name != "SeqIntervalDl"


def test_another_dataloader_by_name(folder: Path) -> None:
    found = kipoi.get_model(str(folder), source="dir",
                            default_dataloader_name="kipoiseq.dataloaders.StringSeqIntervalDl")
    assert found.default_dataloader.name == "StringSeqIntervalDl"
    with pytest.raises(DlgError, match=r"class of kipoiseq.*Received: 'os.path.join'"):
        kipoi.get_model(str(folder), source="dir", default_dataloader_name="os.path.join")


def test_descriptions(folder: Path, tmp_path: Path) -> None:
    described = kipoi.get_model_descr("Basset")
    assert described.schema.inputs["seq"].shape == (4, 600, 1)
    assert described.info.license == "MIT"
    assert described.args["weights"].md5 == "4878981d84499eb575abd0f3b45570d3"
    assert described.default_dataloader.default_args["dummy_axis"] == 2
    assert kipoi.get_dataloader_descr("Basset").defined_as.endswith("SeqIntervalDl")
    own = kipoi.get_model_descr(str(folder), source="dir")
    assert (own.type, own.info.license) == ("kipoi.model.KerasModel", "MIT")
    assert own.dependencies == ("keras==2.2.4",)
    with pytest.raises(ModelNotFoundError, match="Did you mean 'kipoi:Basset'"):
        kipoi.get_model_descr("Baset")


def test_dataloader_factories(files: dict[str, str], capsys: Any) -> None:
    factory = kipoi.get_dataloader_factory("Basset")
    factory.print_args()
    assert "intervals_file" in capsys.readouterr().out
    plain = kipoi.get_dataloader_factory("kipoiseq.dataloaders.SeqIntervalDl", source="py")
    batch = plain(**files, auto_resize_len=10, alphabet_axis=0, dummy_axis=2).load_all()
    assert batch["inputs"].shape == (3, 4, 10, 1)
    with pytest.raises(DlgError, match="one of kipoiseq"):
        kipoi.get_dataloader_factory("os.path.join", source="py")
    with pytest.raises(NeedsTrustError, match="trust=True"):
        kipoi.get_dataloader_factory("labranchor")()


def test_the_table_of_models() -> None:
    table = kipoi.list_models(source="kipoi")
    assert len(table) == 2176
    assert table.columns[:3] == ["source", "model", "version"]
    found = kipoi.list_models(source="kipoi", group="DeepSEA")
    assert found.model == found["model"] == ["DeepSEA/beluga", "DeepSEA/predict", "DeepSEA/variantEffects"]
    assert next(found.rows())["targets"] != ""
    assert isinstance(found[:1], type(found))
    assert kipoi.list_models(source="built-in").authors[0]
    with pytest.raises(KeyError, match="a column is one of"):
        found["weight"]
    with pytest.raises(AttributeError):
        _ = found.weight


def test_the_table_becomes_a_data_frame() -> None:
    pytest.importorskip("pandas")
    frame = kipoi.list_models(source="kipoi", group="DeepSEA").to_pandas()
    assert frame[frame.model.str.contains("beluga")].license.item() == "Non-comercial"


def test_sources(folder: Path) -> None:
    assert [one.source for one in kipoi.list_sources()] == ["kipoi", "pypi"]
    added = kipoi.add_source("lab", str(folder.parent))
    assert (added.type, added.list_models().model) == ("folder", ["lab:Adder"])
    assert kipoi.get_source("lab").get_model_descr("Adder").info.license == "MIT"
    assert kipoi.get_model("Adder", source="lab").name == "Adder"
    with pytest.raises(DlgError, match="Did you mean 'lab'"):
        kipoi.get_source("lap")


def test_describing_starts_no_tensorflow(folder: Path) -> None:
    code = f"""
import sys, dlgenomics as kipoi
kipoi.get_model_descr({str(folder)!r}, source="dir"); kipoi.list_sources()
kipoi.list_models(source="kipoi", group="DeepSEA").license; kipoi.get_dataloader_descr("Basset")
assert not {{"tensorflow", "keras", "kipoi"}} & set(sys.modules), "heavy"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_by_command(folder: Path, files: dict[str, str], tmp_path: Path,
                    run_dlg: Callable[..., tuple[int, str, str]]) -> None:
    out = tmp_path / "out.tsv"
    status, _, err = run_dlg("predict", folder, "--fasta", files["fasta_file"], "--intervals",
                             files["intervals_file"], "-o", out)
    assert status == 0, err
    rows = [line.split("\t") for line in out.read_text().splitlines()]
    assert rows[0][-2:] == ["open", "closed"]
    found = np.array([row[-2:] for row in rows[1:]], float)
    np.testing.assert_allclose(found, expected(_windows(files), weights()), atol=1e-5)


PAGE = Path(__file__).resolve().parents[2] / "examples" / "kipoi" / "README.md"


def _blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(), re.S | re.M)
    return [text for name, text in found if name == language]


def test_the_page_runs(
    folder: Path, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    run_dlg: Callable[..., tuple[int, str, str]],
) -> None:
    """With a small model in Basset's place."""
    monkeypatch.chdir(tmp_path)
    Path("intervals.bed").write_text(Path("peaks.bed").read_text())
    Path("models.txt").write_text(f"{folder}\ndragonn/tal1\n")
    (python,) = _blocks("python")
    names: dict[str, Any] = {}
    exec(python.replace('get_model("Basset")', f"get_model({str(folder)!r})"), names)
    assert names["predictions"].shape == (3, 2)
    assert names["gradients"].shape == (3, LENGTH, 4)
    assert Path("predictions.h5").is_file()
    lines = [line for block in _blocks("") for line in block.splitlines()]
    assert len(lines) == 12
    for line in lines:
        words = shlex.split(line.replace("Basset", str(folder)), comments=True)
        if "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            monkeypatch.setenv(name, value)
        status, out, err = run_dlg(*words[1:])
        assert status == 0, f"{line}: {err}"
    assert {row.split("\t")[0] for row in out.splitlines()[1:]} == {"Adder", "dragonn/tal1"}
    assert Path("predictions.tsv").is_file()
    with h5py.File("predictions.h5") as opened:
        assert {"inputs", "preds", "metadata"} <= set(opened)
    assert len(Path("example.tsv").read_text().splitlines()) > 1
    assert Path("my-model/spec.yaml").is_file()

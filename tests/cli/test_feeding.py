"""``dlg predict`` with what ``kipoi predict`` took."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dlgenomics import get_model
from made_kipoi import LENGTH, expected, weights, write_genome, write_model

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("zoo") / "Adder")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return write_genome(tmp_path)


def _windows(model: Path, files: dict[str, str]) -> Any:
    return get_model(str(model), source="dir").default_dataloader(**files).load_all()


def test_arguments_as_text_and_in_a_file(
    model: Path, files: dict[str, str], tmp_path: Path, run_dlg: Dlg
) -> None:
    (tmp_path / "arguments.json").write_text(json.dumps(files))
    batch = _windows(model, files)
    for given in (json.dumps(files), tmp_path / "arguments.json"):
        out = tmp_path / "out.h5"
        status, _, err = run_dlg("predict", model, "--dataloader-args", given, "-o", out, "--batch-size", 2,
                                 "--keep-inputs", "--keep-metadata", "--num-workers", 2)
        assert status == 0, err
        with h5py.File(out) as opened:
            np.testing.assert_array_equal(opened["inputs"][()], batch["inputs"])
            np.testing.assert_allclose(opened["preds"][()], expected(batch["inputs"], weights()), atol=1e-5)
            assert opened["metadata/ranges/start"][()].tolist() == [24, 50, 94]


def test_arguments_reach_the_dataloader(
    model: Path, files: dict[str, str], tmp_path: Path, run_dlg: Dlg
) -> None:
    status, _, err = run_dlg("predict", model, "--dataloader-args", json.dumps({**files, "fasta": 1}))
    assert (status, "takes intervals_file, fasta_file" in err, "Did you mean 'fasta_file'" in err) == (1, True, True)
    status, _, err = run_dlg("predict", model, "--dataloader-args", json.dumps({**files, "auto_resize_len": 8}))
    assert (status, f"the {LENGTH} bp that the model takes" in err) == (1, True)


@pytest.mark.parametrize("layer", ["conv", "2"])
def test_layers(model: Path, files: dict[str, str], tmp_path: Path, run_dlg: Dlg, layer: str) -> None:
    """By name, or by number from 1, of which the first is the input."""
    out = tmp_path / "out.h5"
    status, _, err = run_dlg("predict", model, "--dataloader-args", json.dumps(files), "--layer", layer, "-o", out)
    assert status == 0, err
    x, given = _windows(model, files)["inputs"], weights()
    windows = np.stack([x[:, i:i + 3] for i in range(LENGTH - 2)], axis=1)
    hidden = np.maximum(np.einsum("bpwi,wio->bpo", windows, given["kernel"]) + given["bias"], 0)
    with h5py.File(out) as opened:
        np.testing.assert_allclose(opened["preds"][()], hidden, atol=1e-5)


@pytest.mark.parametrize(("arguments", "words"), [
    (["--dataloader-args", "{"], "valid JSON"),
    (["--dataloader-args", ""], "must be JSON such as"),
    (["--dataloader-args", "no.json"], "or a file that holds it. Received: 'no.json'"),
    (["--dataloader-args", "{}", "--fasta", "a"], "instead of the options of files"),
    (["--num-workers", "-1"], "--num-workers"),
])
def test_wrong_usage(model: Path, run_dlg: Dlg, arguments: list[str], words: str) -> None:
    status, out, err = run_dlg("predict", model, *arguments)
    assert (status, out, words in err) == (2, "", True), err


def test_a_file_that_holds_no_arguments(model: Path, tmp_path: Path, run_dlg: Dlg) -> None:
    (tmp_path / "list.json").write_text("[1]")
    status, _, err = run_dlg("predict", model, "--dataloader-args", tmp_path / "list.json")
    assert (status, "must hold arguments by name" in err) == (2, True)


def test_code_needs_trust(tmp_path: Path, run_dlg: Dlg) -> None:
    folder = write_model(tmp_path / "m", own_loader=tmp_path / "it-ran")
    status, _, err = run_dlg("predict", folder, "--dataloader-args", '{"count": 3}')
    assert (status, "trust=True" in err) == (1, True)
    assert not (tmp_path / "it-ran").exists()

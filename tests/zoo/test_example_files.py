"""Example files of models: fetched or made, never by running anything of the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlgenomics import get_model
from dlgenomics.data.sequences import read_sequences
from dlgenomics.errors import DlgError, ModelNotFoundError
from dlgenomics_zoo.example_files import get_example
from faulty_server import FaultyServer
from made_kipoi import OWN_LOADER, write_genome, write_model

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A model whose own dataloader names a file beside it and one on a server as examples."""
    folder = write_model(tmp_path / "zoo" / "m", own_loader=tmp_path / "it-ran")
    (folder / "rows.txt").write_text("1 2 3\n")
    return folder


def _describe(folder: Path, examples: str) -> None:
    text = OWN_LOADER.replace("  count:\n    doc: how many rows\n    example: 3\n", examples)
    assert text != OWN_LOADER
    (folder / "dataloader.yaml").write_text(text)


def test_nothing_of_a_dataloader_is_run(own: Path, tmp_path: Path, server: FaultyServer, run_dlg: Dlg) -> None:
    import hashlib

    content = server.files["/weights.h5"]
    url = server.url("/weights.h5")
    _describe(own, "  rows_file: {doc: rows, example: rows.txt}\n  count: {doc: how many, example: 3}\n"
                   f"  far_file: {{doc: far, example: {{url: '{url}', md5: {hashlib.md5(content).hexdigest()}}}}}\n")
    status, out, err = run_dlg("get-example", own, "-o", tmp_path / "out")
    assert status == 0, err
    assert json.loads(out) == {"rows_file": str(tmp_path / "out" / "rows.txt"), "count": 3,
                               "far_file": str(tmp_path / "out" / "weights.h5")}
    assert json.loads((tmp_path / "out" / "arguments.json").read_text()) == json.loads(out)
    assert (tmp_path / "out" / "weights.h5").read_bytes() == content
    assert (tmp_path / "out" / "rows.txt").read_text() == "1 2 3\n"
    assert not (tmp_path / "it-ran").exists()


def test_an_example_that_is_missing(own: Path, tmp_path: Path) -> None:
    _describe(own, "  rows_file: {doc: rows, example: no.txt}\n")
    with pytest.raises(DlgError, match=r"no.txt"):
        get_example(str(own), tmp_path / "out", source="dir")
    _describe(own, "  rows_file: {doc: rows}\n")
    with pytest.raises(DlgError, match="needs an example of rows_file"):
        get_example(str(own), tmp_path / "out", source="dir")


def test_kipoiseqs_own_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_dlg: Dlg) -> None:
    """Their checksums are known; here what they are fetched from is a folder."""
    from dlgenomics_zoo.kipoi import feeding_example

    folder, files = write_model(tmp_path / "m"), write_genome(tmp_path)
    monkeypatch.setattr(feeding_example, "fetch_file", lambda one: Path(
        files["fasta_file" if one.name.endswith(".fa") else "intervals_file"]))
    found = get_example(str(folder), tmp_path / "out", source="dir")
    assert set(found) == {"fasta_file", "intervals_file"}
    status, _, err = run_dlg("predict", folder, "--dataloader-args", tmp_path / "out" / "arguments.json",
                             "-o", tmp_path / "o.tsv")
    assert status == 0, err


def test_the_example_of_a_package_is_its_tests_inputs(tiny_package: Path, tmp_path: Path, run_dlg: Dlg) -> None:
    status, out, err = run_dlg("get-example", tiny_package, "-o", tmp_path / "out")
    assert status == 0, err
    found = json.loads(out)
    model = get_model(str(tiny_package))
    stored = model.stored_test
    assert stored is not None
    assert len(read_sequences(found["sequences_file"], 60).names) == len(stored.inputs["dna"])
    np.testing.assert_allclose(model.pipeline.predict(found), stored.expected["bound"], rtol=1e-4, atol=1e-5)


def test_a_model_that_takes_numbers_has_none(tmp_path: Path) -> None:
    from dlgenomics import registry
    from dlgenomics.package.write import write_package
    from dlgenomics_zoo.imports.imported import made_up_inputs

    spec = registry["xor"].load()
    model = registry["xor"].build()
    write_package(model, spec, made_up_inputs(spec), tmp_path / "xor", training={}, versions={}, extra={},
                  command="test")
    with pytest.raises(DlgError, match=r"one input of DNA. Received: .*`dlg test`"):
        get_example(str(tmp_path / "xor"), tmp_path / "out", source="dir")
    with pytest.raises(ModelNotFoundError):
        get_example("no-such-model", tmp_path / "out")



"""Code of models' authors: never run without trust; with it, said first, then run."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlgenomics import get_dataloader_factory, get_model, get_model_descr
from dlgenomics.errors import DlgError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.kipoi.standing import NotNativeError
from dlgenomics_zoo.trusted.statement import NeedsTrustError
from made_kipoi import write_model


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


def _has_kipoi() -> bool:
    """Whether kipoi can be imported, asked of another Python, for it changes the one it is in."""
    code = "import os, tempfile; os.environ['HOME'] = tempfile.mkdtemp(); import kipoi, kipoiseq"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_dataloader_of_the_models_own_is_not_run(tmp_path: Path, marker: Path) -> None:
    folder = write_model(tmp_path / "m", own_loader=marker)
    model = get_model(str(folder), source="dir")
    assert model.predict_on_batch(np.zeros((1, 12, 4))).shape == (1, 2)
    get_model_descr(str(folder), source="dir")
    with pytest.raises(NeedsTrustError, match=r"Python code of its own.*predict_on_batch.*trust=True"):
        model.pipeline.predict({"count": 3})
    with pytest.raises(NeedsTrustError):
        get_dataloader_factory(str(folder), source="dir")(count=3)
    with pytest.raises(NeedsTrustError):
        model.default_dataloader.init_example()
    assert not marker.exists()


def test_a_class_of_the_models_own_is_not_run(tmp_path: Path, marker: Path, run_dlg) -> None:  # type: ignore[no-untyped-def]
    folder = write_model(tmp_path / "m", own_class=marker)
    with pytest.raises(NotNativeError, match=r"run by a Python class of its own \(model\.py\).*trust=True"):
        get_model(str(folder), source="dir")
    for command in (["info", folder], ["get-model", folder], ["convert", folder, "-o", tmp_path / "out"],
                    ["predict", folder, "--fasta", "a", "--intervals", "b"], ["test", folder]):
        run_dlg(*command)
    assert not marker.exists()
    assert not [path for path in (tmp_path / "out").glob("*") if path.is_dir()]


@pytest.mark.parametrize("variable", ["DLG_TRUST", "TRUST", "KIPOI_TRUST"])
def test_no_variable_gives_trust(
    tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(NotNativeError):
        get_model(str(write_model(tmp_path / "m", own_class=marker)), source="dir")
    assert not marker.exists()


def test_without_kipoi_the_extra_is_named(
    tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: (
        None if name == "kipoi" else found(name, *rest)))
    for one in (write_model(tmp_path / "a", own_loader=marker), write_model(tmp_path / "b", own_class=marker)):
        with pytest.raises(DlgError, match=r"pip install 'dlgenomics\[kipoi\]'"):
            get_model(str(one), source="dir", trust=True)
    assert not marker.exists()


def test_what_would_run_is_said_before(
    tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_model(tmp_path / "m", own_loader=marker, own_class=marker)
    said: list[str] = []

    def stop() -> None:
        said.extend(record.getMessage() for record in caplog.records)
        raise DlgError("stopped")

    monkeypatch.setattr("dlgenomics_zoo.trusted.kipoi_package.kipoi_package", stop)
    with caplog.at_level(logging.WARNING, "dlgenomics"), pytest.raises(DlgError, match="stopped"):
        get_model(str(folder), source="dir", trust=True)
    (line,) = said
    for part in ("model.Net", "dataloader.Rows", str(folder), "dataloader.py, model.py",
                 "keras==2.2.4", "anything that you can"):
        assert part in line


TRUSTED = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, {tests!r})
from made_kipoi import expected, weights, write_model
from dlgenomics import get_model
marker = Path({marker!r})
folder = write_model(Path({folder!r}), {kind}=marker)
assert not marker.exists()
model = get_model(str(folder), source="dir", trust=True)
assert marker.read_text() == {said!r}
{then}
assert not (Path.home() / ".kipoi").exists()
"""
LOADER = """
rows = np.arange(3)[:, None, None] * np.ones((3, 12, 4))
found = model.pipeline.predict({"count": 3}, batch_size=2)
np.testing.assert_allclose(found, expected(rows, weights()), atol=1e-5)
batch = next(model.default_dataloader(count=5).batch_iter(batch_size=4))
assert batch["inputs"].shape == (4, 12, 4) and batch["metadata"]["place"].tolist() == [0, 1, 2, 3]
assert len(model.default_dataloader.init_example()) == 3
try: model.default_dataloader(counts=3)
except Exception as error: assert "Did you mean 'count'" in str(error)
else: raise AssertionError
"""
CLASS = """
assert model.predict_on_batch(np.ones((2, 12, 4))).tolist() == [[48.0], [48.0]]
assert model.info.doc.strip() == "Adds things up."
"""


@pytest.mark.parametrize(("kind", "said", "then"), [
    ("own_loader", "the dataloader ran", LOADER), ("own_class", "the model ran", CLASS)])
def test_with_trust_it_runs(tmp_path: Path, kind: str, said: str, then: str) -> None:
    """In a Python of its own: kipoi writes into the home folder and patches what it imports."""
    python = os.environ.get("DLG_KIPOI_PYTHON") or sys.executable
    if python == sys.executable and not _has_kipoi():
        pytest.skip("kipoi is not installed (pip install 'dlgenomics[kipoi]'), or name a Python "
                    "that has it and dlgenomics with DLG_KIPOI_PYTHON")
    code = TRUSTED.format(tests=str(Path(__file__).parents[1]), marker=str(tmp_path / "it-ran"),
                          folder=str(tmp_path / "m"), kind=kind, said=said, then=then)
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False,
                          env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "With your trust" in done.stderr


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A SavedModel that writes a file when it is run, and that file."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("saved")
    written = folder / "it-ran"

    class Net(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32, name="seq")])
        def __call__(self, seq):  # type: ignore[no-untyped-def]
            with tf.control_dependencies([tf.io.write_file(str(written), "x")]):
                return {"double": seq * 2, "total": tf.reduce_sum(seq, axis=1)}

    net = Net()
    tf.saved_model.save(net, str(folder / "net"), signatures=net.__call__)
    return folder / "net", written


def test_a_saved_model_needs_trust(saved_model: tuple[Path, Path]) -> None:
    folder, written = saved_model
    written.unlink(missing_ok=True)
    for name in (folder, str(folder)):
        with pytest.raises(UnsafeModelError, match="a program that TensorFlow runs"):
            get_model(name, source="dir")
    assert not written.exists()


def test_a_saved_model_runs_with_trust(
    saved_model: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder, written = saved_model
    with caplog.at_level(logging.WARNING, "dlgenomics"):
        model = get_model(folder, source="dir", trust=True)
    assert str(folder) in caplog.text
    assert model.inputs == {"seq": (None, 4)}
    found = model.predict_on_batch(np.ones((3, 4)))
    assert found["double"].tolist() == [[2.0] * 4] * 3
    assert found["total"].tolist() == [4.0] * 3
    assert written.exists()
    with pytest.raises(ValueError, match="the inputs seq"):
        model.predict_on_batch({"dna": np.ones((3, 4))})


IN_KIPOIS_FORM = """\
defined_as: kipoi.model.TensorFlow2Model
args: {savedmodel_path: files/net}
default_dataloader: {defined_as: kipoiseq.dataloaders.SeqIntervalDl, default_args: {auto_resize_len: 12}}
info: {authors: [{name: Ada}], doc: A program.}
schema:
  inputs: {name: seq, shape: "(12, 4)"}
  targets: {name: total, shape: "(2,)", column_labels: [sum, double]}
"""


def test_a_saved_model_in_kipois_form(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It needs trust, and not the package kipoi."""
    import tensorflow as tf

    from dlgenomics_zoo.trusted.saved_model import SavedModel
    from made_kipoi import write_genome

    class Net(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((None, 12, 4), tf.float32, name="seq")])
        def __call__(self, seq):  # type: ignore[no-untyped-def]
            total = tf.reduce_sum(seq, axis=(1, 2))
            return {"total": tf.stack([total, 2 * total], axis=1)}

    net, folder = Net(), tmp_path / "m"
    tf.saved_model.save(net, str(folder / "files" / "net"), signatures=net.__call__)
    (folder / "model.yaml").write_text(IN_KIPOIS_FORM)
    with pytest.raises(NotNativeError, match=r"TensorFlow graph; a graph is code.*trust=True"):
        get_model(folder, source="dir")
    with caplog.at_level(logging.WARNING, "dlgenomics"):
        model = get_model(folder, source="dir", trust=True)
    assert f"a SavedModel, the program in {folder / 'files' / 'net'}" in caplog.text
    files = write_genome(tmp_path)
    assert model.pipeline.predict(files).tolist() == [[12.0, 24.0]] * 3
    model.pipeline.predict_to_file(tmp_path / "o.tsv", files)
    assert (tmp_path / "o.tsv").read_text().splitlines()[0].endswith("\tsum\tdouble")
    with pytest.raises(DlgError, match="input_grad needs a program that has it"):
        model.input_grad(np.ones((1, 12, 4)))
    with pytest.raises(DlgError, match=r"'other', and it has serving_default"):
        SavedModel(folder / "files" / "net", "other")


def test_a_checkpoint_that_names_no_nodes(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "model.meta").write_bytes(b"\x0a\x00")
    with pytest.raises(UnsafeModelError, match="its meta graph is a program"):
        get_model(tmp_path / "net", source="dir")
    with pytest.raises(DlgError, match=r"names none. Put a model.yaml beside it"):
        get_model(tmp_path / "net", source="dir", trust=True)

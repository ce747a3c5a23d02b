"""Code of Kipoi's own models: its repository is cloned at the index's commit, from one on this machine."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlgenomics import get_model
from dlgenomics.errors import DlgError
from dlgenomics.settings import load_settings
from dlgenomics_zoo.kipoi import index
from dlgenomics_zoo.kipoi.checkout import Checkout
from dlgenomics_zoo.kipoi.index import Index, Origin, facts_only, write_index
from dlgenomics_zoo.sources.git import clone_folder
from made_kipoi import MODEL_CODE, write_model

KIPOI = "https://github.com/kipoi/models"
# A class that reads its weights, so that it matters where kipoi finds them.
READING = MODEL_CODE.replace("self.weights = weights", "self.size = Path(weights).stat().st_size").replace(
    "x.sum(axis=(1, 2))[:, None]", "np.full((len(x), 1), self.size)").replace(
    "from kipoi.model", "import numpy as np\nfrom kipoi.model")


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _publish(folder: Path, mirror: Path) -> None:
    """Let a model's weights lie elsewhere, as those of Kipoi's models do; the mirror has them."""
    weights = folder / "model_files" / "weights.h5"
    md5 = hashlib.md5(weights.read_bytes()).hexdigest()
    mirror.mkdir(exist_ok=True)
    weights.rename(mirror / f"{folder.name}.h5")
    text = (folder / "model.yaml").read_text()
    (folder / "model.yaml").write_text(text.replace(
        "weights: model_files/weights.h5",
        f"weights: {{url: 'https://zenodo.org/record/1/files/{folder.name}.h5?download=1', md5: {md5}}}"))


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


@pytest.fixture
def repository(tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in the place of Kipoi's, the index of it, and a mirror of its files."""
    zoo, mirror = tmp_path / "models", tmp_path / "mirror"
    _publish(write_model(zoo / "Fed", own_loader=marker), mirror)
    own = write_model(zoo / "Own", own_class=marker)
    (own / "model.py").write_text(READING.replace("MARKER", repr(str(marker))))
    _publish(own, mirror)
    both = write_model(zoo / "Both", own_class=marker, own_loader=marker)
    _publish(both, mirror)
    _git(zoo, "init", "-q")
    _git(zoo, "add", "-A")
    _git(zoo, "commit", "-q", "-m", "of the index")
    commit = _git(zoo, "rev-parse", "HEAD")
    models = {name: facts_only(one) for name, one in Checkout(zoo).models().items()}
    write_index(Index(Origin(KIPOI, commit, "2024-07-23"), models), tmp_path / "index.json.gz")
    # What comes later must not be run.
    (own / "model.py").write_text("raise SystemExit('a later commit ran')")
    _git(zoo, "commit", "-q", "-a", "-m", "later")
    _git(zoo, "config", "uploadpack.allowReachableSHA1InWant", "true")
    for name, value in (("COUNT", "1"), ("KEY_0", f"url.{zoo.as_uri()}.insteadOf"), ("VALUE_0", KIPOI)):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    monkeypatch.setenv("DLG_MIRROR", str(mirror))
    return zoo


@pytest.fixture
def _indexed(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = index.read_index(tmp_path / "index.json.gz")
    for place in ("catalogue", "feeder", "kipoi.standing", "imports.kipoi"):
        monkeypatch.setattr(f"dlgenomics_zoo.{place}.kipoi_index", lambda: made)


@pytest.mark.usefixtures("_indexed")
@pytest.mark.parametrize("name", ["Fed", "Own"])
def test_the_commit_of_the_index_is_fetched_and_named(
    name: str, marker: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def stop() -> None:
        raise DlgError("stopped before kipoi")

    monkeypatch.setattr("dlgenomics_zoo.trusted.kipoi_package.kipoi_package", stop)
    monkeypatch.setattr("dlgenomics_zoo.trusted.dataloader.kipoi_package", stop)
    with caplog.at_level(logging.WARNING, "dlgenomics"), pytest.raises(DlgError, match="stopped"):
        get_model(name, trust=True)
    commit = index.read_index(tmp_path / "index.json.gz").origin.commit
    cloned = clone_folder(KIPOI, commit)
    assert cloned.is_relative_to(load_settings().cache)
    assert f"{cloned / name} (" in caplog.text
    assert "a later commit ran" not in (cloned / "Own" / "model.py").read_text()
    assert not marker.exists()


@pytest.mark.usefixtures("_indexed")
def test_without_trust_nothing_is_cloned(marker: Path) -> None:
    get_model("Fed")
    with pytest.raises(DlgError, match="Python class of its own"):
        get_model("Own")
    assert not list((load_settings().cache).glob("sources/models-*"))
    assert not marker.exists()


@pytest.mark.usefixtures("_indexed")
def test_offline_it_is_said_that_the_repository_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(DlgError, match=r"must be fetched before it can be used offline.*kipoi/models"):
        get_model("Own", trust=True)


RUN = """
import sys
from pathlib import Path
from dlgenomics_zoo.kipoi import index
index.SHIPPED = Path({index!r})
import numpy as np
from dlgenomics import get_model
marker = Path({marker!r})
fed = get_model("Fed", trust=True)
assert marker.read_text() == "the dataloader ran"
assert fed.pipeline.predict({{"count": 3}}).shape == (3, 2)
own = get_model("Own", trust=True, with_dataloader=True)
assert marker.read_text() == "the model ran"
assert own.predict_on_batch(np.ones((2, 12, 4))).tolist() == [[{size}]] * 2
sys.path.insert(0, {tests!r})
from made_kipoi import write_genome
from pathlib import Path
files = write_genome(Path({tmp!r}))
assert own.pipeline.predict(files).tolist() == [[{size}]] * 3
own.pipeline.predict_to_file({tmp!r} + "/own.tsv", files, keep_metadata=True)
assert Path({tmp!r} + "/own.tsv").read_text().splitlines()[1].split("\t")[0] == "chr1"
both = get_model("Both", trust=True)
assert both.pipeline.predict({{"count": 2}}).tolist() == [[0.0], [48.0]]
"""


def test_with_kipoi_it_runs(repository: Path, tmp_path: Path, marker: Path) -> None:
    """Its files come from our cache, verified: kipoi, which would fetch them itself, is offline here."""
    python = os.environ.get("DLG_KIPOI_PYTHON") or sys.executable
    probe = "import os, tempfile; os.environ['HOME'] = tempfile.mkdtemp(); import kipoi, kipoiseq"
    if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip("kipoi is not installed (pip install 'dlgenomics[kipoi]'), or name a Python "
                    "that has it and dlgenomics with DLG_KIPOI_PYTHON")
    code = RUN.format(index=str(tmp_path / "index.json.gz"), marker=str(marker), tmp=str(tmp_path),
                      size=(tmp_path / "mirror" / "Own.h5").stat().st_size, tests=str(Path(__file__).parents[1]))
    proxy = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False,
                          env={**os.environ, **proxy, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("With your trust") == 3

"""A package is published in one commit, comes back the same, and may be pushed again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlgenomics.errors import DlgError, HashMismatchError, NetworkError, OfflineError
from dlgenomics.package.manifest import read_manifest, verify_files
from dlgenomics_zoo.hub.address import parse_address
from dlgenomics_zoo.hub.errors import AccessError
from dlgenomics_zoo.publish.edition import write_edition
from dlgenomics_zoo.publish.push import Wishes, plan_push, push
from dlgenomics_zoo.publish.repository import TagError
from hub import READER, TOKEN, Hub

NET = parse_address("hf://lab/net")


@pytest.fixture
def lab(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub, and this account's token."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


def _commits(hub: Hub) -> int:
    return len(hub.asked(r"POST .*/commit/"))


def test_an_edition_is_whole_and_always_the_same(tiny_package: Path, tmp_path: Path) -> None:
    names = [write_edition(tiny_package, "hf://lab/net", tmp_path / one) for one in ("a", "b")]
    assert names[0] == names[1]
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes()
               for n in names[0])
    verify_files(tmp_path / "a", read_manifest(tmp_path / "a").package)
    assert 'get_model("hf://lab/net")' in (tmp_path / "a" / "README.md").read_text()


def test_a_first_push_makes_the_repository(lab: Hub, tiny_package: Path) -> None:
    assert set(plan_push(tiny_package, NET).added) >= {"model.yaml", "README.md", "config.json"}
    assert "lab/net" not in lab.repositories
    made = push(tiny_package, NET, Wishes(private=True, tag="v1"))
    there = lab.repositories["lab/net"]
    assert there.private
    assert there.refs["refs/tags/v1"] == there.head == made.commit
    assert made.address == "hf://lab/net@v1"
    assert _commits(lab) == 1
    card = yaml.safe_load(there.commits[made.commit]["README.md"].decode().split("---\n")[1])
    assert (card["library_name"], card["license"]) == ("keras", "mit")


def test_pushing_again_commits_nothing_and_changes_commit_only_themselves(
        lab: Hub, tiny_package: Path, tmp_path: Path) -> None:
    first = push(tiny_package, NET, Wishes(tag="v1"))
    again = push(tiny_package, NET, Wishes(tag="v1"))
    assert (again.commit, again.changes.added, _commits(lab)) == (first.commit, (), 1)
    there = lab.repositories["lab/net"]
    theirs = {**there.commits[first.commit], "notes.md": b"by hand", "training/old.csv": b"x"}
    there.commit(theirs)
    other = shutil.copytree(tiny_package, tmp_path / "other")
    _without(other, "training/history.csv")
    second = push(other, NET)
    assert set(second.changes.added) == {"model.yaml"}
    assert second.changes.removed == ("training/history.csv",)
    assert {"notes.md", "training/old.csv"} <= set(there.commits[second.commit])
    with pytest.raises(TagError, match="'v1', which stands at"):
        push(other, NET, Wishes(tag="v1"))


def _without(folder: Path, name: str) -> None:
    """Take a file out of a package and seal it again."""
    from dlgenomics.package.manifest import manifest_text

    manifest = read_manifest(folder)
    files = {k: v for k, v in manifest.package.files.items() if k != name}
    (folder / name).unlink()
    (folder / "model.yaml").write_text(
        manifest_text(manifest.spec, manifest.package.model_copy(update={"files": files})))


def test_a_pull_request_leaves_main_alone(lab: Hub, tiny_package: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    before = lab.publish("lab/net", {"README.md": b"---\nlicense: mit\n---\n"})
    monkeypatch.setenv("HF_TOKEN", READER)
    made = push(tiny_package, NET, Wishes(pull_request=True, message="try this"))
    there = lab.repositories["lab/net"]
    assert there.head == before
    assert made.url == f"{lab.url}/lab/net/discussions/1"
    assert there.messages[there.refs["refs/pr/1"]] == "try this"


@pytest.mark.parametrize(("token", "says"), [("", "no token"), (READER, "403"), ("hf_old", "401")])
def test_who_may_not_write_is_told(hub: Hub, tiny_package: Path, token: str, says: str,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish("lab/net", {"a.txt": b"a"})
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(AccessError, match=says):
        push(tiny_package, NET)
    assert _commits(hub) == 0 or hub.repositories["lab/net"].commits.keys() == {
        hub.repositories["lab/net"].head}


def test_a_failed_push_is_finished_by_repeating_it(lab: Hub, tiny_package: Path) -> None:
    lab.answer(500, on=r"POST .*/commit/", times=9)
    with pytest.raises(NetworkError, match="500") as caught:
        push(tiny_package, NET)
    assert str(caught.value).startswith("a push to lab/net needs the Hugging Face Hub.")
    assert "where it stopped" not in str(caught.value)
    assert "does not hold the model yet" in str(caught.value)
    assert "lab/net" in lab.repositories
    with pytest.raises(NetworkError, match="500") as caught:  # nothing is made any more
        push(tiny_package, NET)
    assert "does not hold the model yet" not in str(caught.value)
    lab._faults.clear()
    sent = len(lab.asked(r"PUT /lfs/"))
    assert sent
    push(tiny_package, NET)
    assert len(lab.asked(r"PUT /lfs/")) == sent


def test_what_came_back_is_compared(lab: Hub, tiny_package: Path) -> None:
    lab.tamper(on=r"GET /lab/net/resolve/.*/model\.yaml")
    with pytest.raises(HashMismatchError):
        push(tiny_package, NET)


def test_what_cannot_be_pushed(tiny_package: Path, tmp_path: Path, hub: Hub,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DlgError, match="whole repository"):
        push(tiny_package, parse_address("hf://lab/net/sub"))
    with pytest.raises(DlgError, match="Tag it when it is merged"):
        push(tiny_package, NET, Wishes(pull_request=True, tag="v1"))
    damaged = shutil.copytree(tiny_package, tmp_path / "damaged")
    (damaged / "targets.txt").write_text("other\n")
    with pytest.raises(HashMismatchError):
        push(damaged, NET)
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(OfflineError) as caught:
        push(tiny_package, NET)
    said = str(caught.value)
    assert said.startswith("a push to lab/net needs the Hugging Face Hub. Received: ")
    assert "Unset DLG_OFFLINE" in said
    assert "DLG_MIRROR" not in said
    assert not hub.log


_KERAS_ALONE = """
import sys
sys.modules["dlgenomics"] = None
import keras, numpy
model = keras.saving.load_model("hf://lab/net")
inputs, expected = (dict(numpy.load(path)) for path in sys.argv[1:])
(found,) = model.predict_on_batch(inputs).values() if isinstance(
    made := model.predict_on_batch(inputs), dict) else (made,)
print(float(abs(found - next(iter(expected.values()))).max()))
"""


def test_keras_alone_loads_what_was_pushed(lab: Hub, tiny_package: Path, tmp_path: Path) -> None:
    push(tiny_package, NET)
    env = {**os.environ, "HF_ENDPOINT": lab.url, "HF_HOME": str(tmp_path / "other-home"),
           "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _KERAS_ALONE, tiny_package / "test" / "inputs.npz",
         tiny_package / "test" / "expected.npz"], env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.splitlines()[-1]) < 1e-6
    assert np.isfinite(float(done.stdout.splitlines()[-1]))

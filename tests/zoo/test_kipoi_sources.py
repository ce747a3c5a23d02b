"""Sources in Kipoi's form: folders, repositories, commits; settings of ours and of Kipoi's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dlgenomics.errors import DataError, DlgError
from dlgenomics_zoo.catalogue import find_model, kipoi_descriptor, list_models, locate
from dlgenomics_zoo.sources import checkouts
from dlgenomics_zoo.sources.checkouts import folder_models, source_models, update_source
from dlgenomics_zoo.sources.declared import (
    Declared,
    add_source,
    declared_sources,
    prepare_source,
    remove_source,
)
from dlgenomics_zoo.sources.git import SourceError, clone
from dlgenomics_zoo.sources.permalink import Permalink, parse_permalink
from kipoi_zoo import PLAIN, write_zoo

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    return write_zoo(tmp_path / "lab-zoo")


@pytest.fixture
def repository(zoo: Path) -> Path:
    _git(zoo, "init", "-q")
    _commit(zoo, "first")
    return zoo


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _commit(folder: Path, message: str) -> str:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", message)
    return _git(folder, "rev-parse", "HEAD")


def _add(name: str, location: str) -> Declared:
    source = prepare_source(name, location)
    update_source(source)
    add_source(source)
    return source


def test_a_folder_is_added_listed_found_and_forgotten(zoo: Path) -> None:
    assert _add("lab", str(zoo)) == Declared("lab", "folder", str(zoo))
    assert declared_sources() == [Declared("lab", "folder", str(zoo))]
    entries = list_models(source="lab")
    assert [e.name for e in entries] == ["lab:Group/A", "lab:Group/human/B", "lab:Plain"]
    assert [e.status for e in entries] == ["trust", "trust", "native"]
    assert entries[2].description == "Binds things"
    assert locate("lab:Plain").source == "lab"
    assert locate("Plain").name == "lab:Plain"
    assert kipoi_descriptor("Group/human/B").precision == 3
    remove_source("lab")
    assert declared_sources() == []
    assert (zoo / "Plain").is_dir()


def test_a_folder_is_read_again_only_when_it_changed(
    zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder_models(zoo)
    reads = []

    class Counted(checkouts.Checkout):
        def models(self):
            reads.append(self.root)
            return super().models()

    monkeypatch.setattr(checkouts, "Checkout", Counted)
    assert folder_models(zoo) == before
    assert reads == []
    (zoo / "Plain" / "model.yaml").write_text(PLAIN.replace("1.10", "1.11"))
    assert folder_models(zoo)["Plain"].version == "1.11"
    assert len(reads) == 1


def test_a_damaged_cached_index_is_made_anew(zoo: Path, tmp_path: Path) -> None:
    before = folder_models(zoo)
    path, = (tmp_path / "dlg-cache" / "sources").glob("index-*")
    path.write_bytes(b"junk")
    assert folder_models(zoo) == before


def test_a_repository_is_fetched_once_and_updated_on_demand(repository: Path) -> None:
    source = _add("lab", repository.as_uri())
    assert source.kind == "git"
    (repository / "Plain" / "model.yaml").write_text(PLAIN.replace("1.10", "2.0"))
    _commit(repository, "second")
    assert source_models(source)["Plain"].version == "1.10"
    update_source(source)
    assert source_models(source)["Plain"].version == "2.0"
    (repository / ".git").rename(repository / "gone")
    with pytest.raises(SourceError, match="git must be able to fetch"):
        update_source(source)
    assert source_models(source)["Plain"].version == "2.0"


def test_nothing_of_a_repository_is_run(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "it-ran"
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    hook = template / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[filter "lfs"]\n\tsmudge = touch {mark}\n\tprocess = touch {mark}\n\trequired = true\n'
                        f"[core]\n\thooksPath = {template}\n")
    (repository / ".gitattributes").write_text("*.h5 filter=lfs\n")
    (repository / "Plain" / "w.h5").write_text("pointer")
    (repository / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch it"\n')
    _commit(repository, "hostile")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    folder = clone(repository.as_uri())
    assert (folder / "Plain" / "w.h5").read_text() == "pointer"
    assert not mark.exists()


def test_a_commit_is_fetched_by_its_link(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _git(repository, "rev-parse", "HEAD")
    (repository / "Plain" / "model.yaml").write_text(PLAIN.replace("1.10", "2.0"))
    _commit(repository, "second")
    _instead_of(monkeypatch, "https://github.com/lab/models", repository)
    link = f"https://github.com/lab/models/tree/{first}/Plain"
    assert kipoi_descriptor(link).version == "1.10"
    assert locate(link).source == "https://github.com/lab/models"
    source = _add("old", f"https://github.com/lab/models/tree/{first}")
    assert list(source_models(source)) == ["Group/A", "Group/human/B", "Plain"]
    with pytest.raises(SourceError, match="no model at nothing"):
        locate(f"https://github.com/lab/models/tree/{first}/nothing")
    monkeypatch.setenv("DLG_OFFLINE", "1")
    assert kipoi_descriptor(link).version == "1.10"


def _instead_of(monkeypatch: pytest.MonkeyPatch, url: str, folder: Path) -> None:
    for name, value in (("COUNT", "1"), ("KEY_0", f"url.{folder.as_uri()}.insteadOf"), ("VALUE_0", url)):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)


def test_offline_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("git was started"))
    with pytest.raises(SourceError, match="DLG_OFFLINE is set"):
        clone("https://example.org/lab/models")
    with pytest.raises(SourceError, match="DLG_OFFLINE is set"):
        locate(f"https://github.com/lab/models/tree/{SHA}/Plain")


def test_listing_never_fetches(monkeypatch: pytest.MonkeyPatch) -> None:
    add_source(Declared("far", "git", "https://example.org/lab/models"))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("git was started"))
    entry, = list_models(source="far")
    assert "must be here to be listed" in entry.problem
    assert len(list_models()) > 2000
    with pytest.raises(SourceError) as caught:
        locate("far:Plain")
    assert caught.value.next_step == "dlg source update far"
    assert locate("Basset").source == "kipoi"


@pytest.mark.parametrize(("text", "expected"), [
    (f"https://github.com/o/r/tree/{SHA}/a/b", Permalink("https://github.com/o/r", SHA, "a/b")),
    (f"https://github.com/o/r/tree/{SHA}/", Permalink("https://github.com/o/r", SHA)),
    (f"https://gitlab.com/g/s/r/-/tree/{SHA}/a", Permalink("https://gitlab.com/g/s/r", SHA, "a")),
    (f"https://codeberg.org/o/r/src/commit/{SHA}/a", Permalink("https://codeberg.org/o/r", SHA, "a")),
    ("https://github.com/o/r/tree/master/a", None),
    (f"https://github.com/o/r/tree/{SHA[:12]}/a", None),
    (f"http://github.com/o/r/tree/{SHA}", None),
    (f"https://github.com/o/r/tree/{SHA}/../../x", None),
    ("Basset", None),
])
def test_links_name_a_full_commit(text: str, expected: Permalink | None) -> None:
    assert parse_permalink(text) == expected


@pytest.mark.parametrize(("name", "location", "message"), [
    ("a b", ".", "must be of letters"),
    ("kipoi", ".", "must be of letters"),
    ("-x", ".", "must be of letters"),
    ("lab", "nowhere", "a source must be a folder"),
    ("lab", "ext::sh -c 'touch hacked'", "a source must be a folder"),
    ("lab", "--upload-pack=touch", "a source must be a folder"),
    ("lab", "http://example.org/r", "a source must be a folder"),
])
def test_what_is_no_source_is_refused(name: str, location: str, message: str) -> None:
    with pytest.raises(DlgError, match=message):
        prepare_source(name, location)


def test_a_source_is_added_once_and_unknown_ones_have_near_matches(zoo: Path) -> None:
    _add("lab", str(zoo))
    with pytest.raises(DlgError, match="dlg source rm lab"):
        prepare_source("lab", str(zoo))
    for call in (lambda: remove_source("lap"), lambda: list_models(source="lap")):
        with pytest.raises(DlgError, match="Did you mean 'lab'"):
            call()


def test_kipois_settings_are_honoured_and_never_written(zoo: Path, tmp_path: Path) -> None:
    path = Path(os.environ["DLG_KIPOI_CONFIG"])
    nowhere = tmp_path / "nowhere"
    path.write_text(
        "model_sources:\n"
        "  kipoi: {type: git-lfs, remote_url: 'git@github.com:kipoi/models.git', "
        f"local_path: '{nowhere}'}}\n"
        f"  github-permalink: {{type: github-permalink, local_path: '{nowhere}'}}\n"
        f"  mine: {{type: local, local_path: '{zoo}'}}\n"
        f"  cloned: {{type: git, remote_url: 'https://x.org/r', local_path: '{zoo}'}}\n"
        f"  far: {{type: git-lfs, remote_url: 'https://x.org/r', local_path: '{nowhere}'}}\n"
        f"  odd: {{type: git, remote_url: 'ext::sh', local_path: '{nowhere}'}}\n")
    before = path.read_bytes()
    found = {one.name: (one.kind, one.location) for one in declared_sources()}
    assert found == {"mine": ("folder", str(zoo)), "cloned": ("folder", str(zoo)),
                     "far": ("git", "https://x.org/r")}
    assert locate("mine:Plain").source == "mine"
    with pytest.raises(DlgError, match="must be added first"):
        remove_source("mine")
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", [
    "sources: [a]", "sources: {lab: {kind: git, location: 'ext::sh'}}", "sources: {lab: 3}", "sources: [",
    "a: &a 1\nsources: *a",
])
def test_settings_that_cannot_be_read_are_named(text: str) -> None:
    path = Path(os.environ["DLG_CONFIG"])
    path.write_text(text)
    with pytest.raises(DataError, match=r"dlg-config\.yaml"):
        declared_sources()


def test_other_settings_are_kept(zoo: Path) -> None:
    path = Path(os.environ["DLG_CONFIG"])
    path.write_text("colour: blue\n")
    _add("lab", str(zoo))
    assert path.read_text().startswith("colour: blue\nsources:\n  lab:\n")


def test_the_folder_of_one_model(zoo: Path) -> None:
    assert locate(str(zoo / "Plain")).source == "folder"
    assert kipoi_descriptor(str(zoo / "Plain")).targets.arrays[0].labels == ("on", "off")
    with pytest.raises(DlgError, match=r"a packaged model is needed here.*native"):
        find_model(str(zoo / "Plain"))

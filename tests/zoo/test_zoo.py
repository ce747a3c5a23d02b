"""Names → models: order of sources, near matches, damaged neighbours, copies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dlgenomics.errors import DlgError, HashMismatchError, ModelNotFoundError, OutputError
from dlgenomics_zoo.catalogue import find_model, list_models
from dlgenomics_zoo.client import fetch_model, place_in_zoo


@pytest.fixture
def placed(tiny_package: Path) -> Path:
    return shutil.copytree(tiny_package, place_in_zoo("test/tiny"))


def test_the_built_in_model_is_there_small_and_good() -> None:
    entry, = list_models(source="built-in")
    assert entry.name == "dragonn/tal1"
    assert entry.bytes <= 200_000
    manifest, folder = fetch_model("dragonn/tal1")
    assert folder == entry.folder
    assert manifest.package.training["metrics"]["test"]["bound"]["auroc"] >= 0.97
    assert manifest.package.command.startswith("dlg train dragonn/tal1")


def test_the_built_in_model_is_that_of_its_spec() -> None:
    from dlgenomics import registry
    from dlgenomics.spec import spec_to_yaml

    manifest, _ = fetch_model("dragonn/tal1")
    assert spec_to_yaml(manifest.spec) == spec_to_yaml(registry["dragonn/tal1"].load())


def test_the_built_in_model_passes_its_test_here() -> None:
    from dlgenomics import get_model

    assert get_model("dragonn/tal1").test().examples == 8


def test_a_placed_package_is_found_by_name(placed: Path) -> None:
    from dlgenomics import get_model

    assert find_model("test/tiny") == (placed, "local")
    assert [e.name for e in list_models()][:2] == ["test/tiny", "dragonn/tal1"]
    assert [e.name for e in list_models("tiny NETWORK")] == ["test/tiny"]
    model = get_model("test/tiny")
    assert model.source.kind == "local"


def test_your_own_comes_before_the_built_in(tiny_package: Path) -> None:
    mine = shutil.copytree(tiny_package, place_in_zoo("dragonn/tal1"))
    assert find_model("dragonn/tal1") == (mine, "local")


def test_a_name_comes_before_a_folder_and_a_dot_says_folder(
    placed: Path, tiny_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = shutil.copytree(tiny_package, tmp_path / "test" / "tiny")
    assert find_model("test/tiny")[0] == placed
    assert find_model("./test/tiny")[0].resolve() == here


def test_an_unknown_name_has_a_near_match() -> None:
    with pytest.raises(ModelNotFoundError, match="Did you mean 'dragonn/tal1'") as caught:
        find_model("dragon/tal1")
    assert caught.value.next_step == "dlg ls"


@pytest.mark.parametrize("name", ["../../etc", "a/../../b"])
def test_names_do_not_lead_out_of_the_zoo(name: str) -> None:
    with pytest.raises(DlgError, match="may not lead out"):
        place_in_zoo(name)


def test_a_damaged_package_does_not_stop_the_listing(placed: Path) -> None:
    path = placed / "model.yaml"
    path.write_text(path.read_text().replace("tiny", "tinny"))
    entries = {e.name: e for e in list_models()}
    assert "must have sha256" in entries["test/tiny"].problem
    assert not entries["dragonn/tal1"].problem


def test_fetching_copies_whole_packages_only(placed: Path, tmp_path: Path) -> None:
    _, folder = fetch_model("test/tiny", tmp_path / "mine")
    assert {p.name for p in folder.iterdir()} == {p.name for p in placed.iterdir()}
    fetch_model("test/tiny", folder)  # again, over itself
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("dear")
    with pytest.raises(OutputError, match="other things"):
        fetch_model("test/tiny", other)
    assert (other / "thesis.txt").read_text() == "dear"


def test_a_tampered_model_is_not_handed_out(placed: Path, tmp_path: Path) -> None:
    from dlgenomics import get_model

    weights = placed / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    with pytest.raises(HashMismatchError):
        fetch_model("test/tiny", tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    with pytest.raises(HashMismatchError):
        get_model("test/tiny")


def test_links_in_a_package_are_refused(placed: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    shutil.copy(placed / "targets.txt", secret)
    (placed / "targets.txt").unlink()
    (placed / "targets.txt").symlink_to(secret)
    with pytest.raises(DlgError, match="must lie in its folder"):
        fetch_model("test/tiny")

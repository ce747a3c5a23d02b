"""Specs by name, and their verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlgenomics import registry
from dlgenomics.errors import RunError, SpecNotFoundError
from dlgenomics.package.manifest import read_manifest


def test_built_in_specs_are_listed_by_their_own_names() -> None:
    names = list(registry)
    assert "dragonn/tal1" in names
    assert names == sorted(names)
    assert len(registry) == len(names)
    assert all(registry[name].load().name == name for name in names)


def test_an_unknown_name_has_a_near_match() -> None:
    with pytest.raises(SpecNotFoundError, match="Did you mean 'dragonn/tal1'") as caught:
        registry["dragon/tal1"]
    assert caught.value.near == "dragonn/tal1"
    assert "nothing" not in registry


def test_build_train_and_package(tiny_spec: Path, tiny_data: Path, tmp_path: Path) -> None:
    entry = registry[str(tiny_spec)]
    assert entry.build().count_params() == 6 * (9 * 4 + 1) + 7
    run = entry.train(tiny_data, tmp_path / "run")
    folder = entry.package(run.folder, tmp_path / "package")
    assert read_manifest(folder).spec.name == "test/tiny"


def test_a_run_of_another_spec_is_not_packaged_as_this_one(tiny_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"Received: a run of test/tiny"):
        registry["dragonn/tal1"].package(tiny_run, tmp_path / "package")
    assert not (tmp_path / "package").exists()

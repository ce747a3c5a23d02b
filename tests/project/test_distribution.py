"""The wheel: the same from the tree and from the sdist, and installing only what it should."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _build(source: Path, out: Path, *what: str) -> Path:
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(out),
                    str(source)], check=True, capture_output=True)
    made, = out.iterdir()
    return made


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own files, without what tests and tools leave behind."""
    folder = tmp_path_factory.mktemp("tree") / "project"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "demo", "runs", "build-*", "dist")
    shutil.copytree(ROOT, folder, ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def wheels(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    scratch = tmp_path_factory.mktemp("dist")
    from_tree = _build(tree, scratch / "tree", "--wheel")
    sdist = _build(tree, scratch / "sdist", "--sdist")
    shutil.unpack_archive(sdist, scratch / "unpacked", filter="data")
    unpacked, = (scratch / "unpacked").iterdir()
    return from_tree, _build(unpacked, scratch / "again", "--wheel")


def _members(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_wheel_from_the_sdist_equals_the_wheel_from_the_tree(
    wheels: tuple[Path, Path]
) -> None:
    assert _members(wheels[0]) == _members(wheels[1])


def test_it_installs_three_packages_and_their_data(wheels: tuple[Path, Path]) -> None:
    names = set(_members(wheels[0]))
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {
        "dlgenomics", "dlgenomics_zoo", "dlgenomics_cli"}
    assert "dlgenomics/model_specs/dragonn/tal1.yaml" in names
    assert "dlgenomics/simulate/motifs.meme" in names
    assert "dlgenomics/build/model.py" in names
    assert "dlgenomics_zoo/packages/dragonn/tal1/model.weights.h5" in names
    assert {"dlgenomics_zoo/kipoi/index.json.gz", "dlgenomics_zoo/kipoi/standing.yaml"} <= names
    assert {f"{p}/py.typed" for p in ("dlgenomics", "dlgenomics_zoo", "dlgenomics_cli")} <= names


def test_every_module_of_the_tree_is_in_the_wheel(wheels: tuple[Path, Path]) -> None:
    names = set(_members(wheels[0]))
    for root, prefix in ((ROOT / "dlgenomics", ""), (ROOT / "zoo" / "dlgenomics_zoo", "zoo/"),
                         (ROOT / "cli" / "dlgenomics_cli", "cli/")):
        for path in root.rglob("*.py"):
            assert path.relative_to(ROOT).as_posix().removeprefix(prefix) in names


def test_the_wheel_runs_without_the_checkout(wheels: tuple[Path, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(wheels[0]) as opened:
        opened.extractall(tmp_path / "site")
    code = ("import sys; sys.path.insert(0, sys.argv.pop(1)); import dlgenomics, dlgenomics_cli; "
            "assert 'site' in dlgenomics.__file__, dlgenomics.__file__; dlgenomics_cli.main()")
    for arguments in (["validate", "dragonn/tal1"], ["get-model", "dragonn/tal1"],
                      ["test", "dragonn/tal1"]):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "site"), *arguments],
                              capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr


def test_the_lock_names_versions_and_hashes_and_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?:|file:|index-url|find-links|@ ", text)
    pins = re.findall(r"^([a-zA-Z0-9_.-]+)==", text, re.M)
    blocks = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.M)[1:]
    assert len(blocks) == len(pins) > 40
    assert all("--hash=sha256:" in block for block in blocks)

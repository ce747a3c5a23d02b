"""What costs nothing must cost nothing: no TensorFlow where none is needed, arrows one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_RUN = """
import sys
sys.argv = ["dlg", *{arguments!r}]
from dlgenomics_cli import main
try:
    main()
except SystemExit as leaving:
    assert not leaving.code, leaving.code
heavy = sorted({{"tensorflow", "keras", "matplotlib", "pyarrow"}} & set(sys.modules))
print("HEAVY", heavy, file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [
    ["--help"], ["--version"], ["train", "--help"], ["search", "--help"], ["ls"], ["info", "dragonn/tal1"],
    ["validate", "dragonn/tal1"], ["show", "dragonn/tal1"],
    ["doctor", "dragonn/tal1"], ["get-model", "dragonn/tal1"], ["cache", "ls"],
], ids=" ".join)
def test_commands_that_read_start_no_tensorflow(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", _RUN.format(arguments=arguments)],
                          capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stderr


@pytest.mark.parametrize("module", [
    "dlgenomics", "dlgenomics.spec", "dlgenomics.data.examples", "dlgenomics.simulate",
    "dlgenomics.registry", "dlgenomics.package.manifest", "dlgenomics_zoo", "dlgenomics_cli",
    "dlgenomics.train.run", "dlgenomics.search.conduct", "dlgenomics.doctor",
    "dlgenomics.baseline", "dlgenomics.report", "dlgenomics.explain.methods",
    "dlgenomics.explain.writers", "dlgenomics.report.contributions",
    "dlgenomics.predict.writing", "dlgenomics.report.view",
    "dlgenomics.language.embed", "dlgenomics.language.score", "dlgenomics_zoo.language.load",
    "dlgenomics_zoo.publish.push",
])
def test_modules_that_read_import_no_tensorflow(module: str) -> None:
    code = f"import {module}, sys; assert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _reaches(path: Path, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in _imports(path))


def test_arrows_point_from_cli_to_zoo_to_library() -> None:
    facade = ROOT / "dlgenomics" / "__init__.py"
    for path in (ROOT / "dlgenomics").rglob("*.py"):
        assert not _reaches(path, "dlgenomics_cli"), path
        assert path == facade or not _reaches(path, "dlgenomics_zoo"), path
    for path in (ROOT / "zoo").rglob("*.py"):
        assert not _reaches(path, "dlgenomics_cli"), path


FLOORS = [
    {"errors", "settings", "files", "locks", "progress"}, {"spec"}, {"data", "build"}, {"train", "predict"},
    {"package", "simulate", "baseline", "search", "explain", "variants", "language"}, {"motifs", "design"},
    {"report", "registry", "doctor"}, {"scaffold"},
]


def test_each_floor_of_the_library_stands_on_those_below_it() -> None:
    for level, rooms in enumerate(FLOORS):
        above = set().union(*FLOORS[level + 1:])
        beside = rooms if level > 0 else set()
        for room in rooms:
            place = ROOT / "dlgenomics" / room
            files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
            for path in files:
                for other in (above | beside) - {room}:
                    # The registry's verbs bring in what they do when they are called.
                    if room != "registry":
                        assert not _reaches(path, f"dlgenomics.{other}"), (path, other)


def test_the_facade_names_what_it_exports() -> None:
    import dlgenomics

    assert set(dlgenomics.__all__) == {"registry", *dlgenomics._HOMES}
    for name in dlgenomics.__all__:
        assert getattr(dlgenomics, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dlgenomics.nothing


def test_only_output_prints() -> None:
    for path in (ROOT / "cli").rglob("*.py"):
        if path.name != "output.py":
            text = path.read_text()
            assert "print(" not in text, path
            assert "click.echo" not in text, path

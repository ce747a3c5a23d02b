"""The lessons run, their notebooks are the same as the scripts, and their page says what they give."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "lessons"
README = (FOLDER / "README.md").read_text()

# What a notebook of format 4.5 must be, after https://nbformat.readthedocs.io/en/latest/format_description.html
_CELL = {
    "type": "object",
    "required": ["id", "cell_type", "metadata", "source"],
    "properties": {"id": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
                   "cell_type": {"enum": ["markdown", "code"]},
                   "metadata": {"type": "object"},
                   "source": {"type": "array", "items": {"type": "string"}}},
    "if": {"properties": {"cell_type": {"const": "code"}}},
    "then": {"required": ["outputs", "execution_count"]},
    "else": {"not": {"anyOf": [{"required": ["outputs"]}, {"required": ["execution_count"]}]}},
}
NOTEBOOK = {
    "type": "object",
    "required": ["metadata", "nbformat", "nbformat_minor", "cells"],
    "properties": {"nbformat": {"const": 4}, "nbformat_minor": {"const": 5},
                   "cells": {"type": "array", "items": _CELL}},
}
RESULTS = {"density": "results.tsv", "grid_search": "settings.png", "grammars": "logos.html",
           "binding": "by_name.png", "variants": "effects.png"}


def _made() -> ModuleType:
    found = importlib.util.spec_from_file_location("lesson_notebooks", FOLDER / "notebooks.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


NOTEBOOKS = _made()


@pytest.mark.parametrize("name", NOTEBOOKS.LESSONS)
def test_the_notebook_is_the_lesson(name: str) -> None:
    written = (FOLDER / f"{name}.ipynb").read_text()
    assert written == NOTEBOOKS.notebook_text(name), "run: python examples/lessons/notebooks.py"
    notebook = json.loads(written)
    jsonschema.validate(notebook, NOTEBOOK)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code:
        ast.parse(cell)
    script = ast.parse((FOLDER / f"{name}.py").read_text())
    script.body = script.body[1:]  # its docstring is the first cell of text
    assert ast.dump(ast.parse("\n".join(code))) == ast.dump(script)


@pytest.mark.parametrize("name", NOTEBOOKS.LESSONS)
def test_lessons_say_what_was_published_and_what_is_avoided(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text()
    assert "published" in text.partition('"""')[2].partition('"""')[0]
    assert f"python {name}.py" in text
    assert f"`{name}.py`" in README
    assert "Defects of DragoNN that are not repeated" in text


def test_the_page_has_figures_for_every_lesson() -> None:
    rows = [line for line in README.splitlines() if re.match(r"\| \[?`\w+\.py`", line)]
    assert len(rows) == len(NOTEBOOKS.LESSONS)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [
    ("density", 2200), ("grid_search", 240), ("grammars", 160), ("binding", 120), ("variants", 300)])
def test_the_cells_of_a_notebook_run_one_after_the_other(name: str, count: int, tmp_path: Path) -> None:
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text())
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (tmp_path / "cells.py").write_text(
        f"import sys; sys.path.insert(0, '.')\nnames = {{}}\nfor cell in {code!r}:\n"
        "    exec(compile(cell, 'cell', 'exec'), names)\n")
    done = subprocess.run([sys.executable, str(tmp_path / "cells.py")], cwd=FOLDER, text=True,
                          capture_output=True, check=False, env={
                              **os.environ, "LESSON_OUT": str(tmp_path / "out"),
                              "LESSON_COUNT": str(count), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "out" / name / RESULTS[name]).stat().st_size > 0
    assert (tmp_path / "out" / name / "results.tsv").is_file()

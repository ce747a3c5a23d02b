"""Makes a notebook of each lesson: the same text and code, cell by cell.

Usage: python examples/lessons/notebooks.py            (writes examples/lessons/*.ipynb)

A lesson's docstring is the first cell; `# %%` begins a cell of code, `# %% [markdown]` one of text.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LESSONS = ("density", "grid_search", "grammars", "binding", "variants")
_MARK = "# %%"


def notebook_of(text: str) -> dict[str, Any]:
    """Return a lesson as a notebook of format 4.5, without outputs."""
    docstring = ast.get_docstring(ast.parse(text), clean=True) or ""
    cells = [_cell("markdown", docstring)]
    for block in text.split(f"\n{_MARK}")[1:]:
        kind, _, body = block.partition("\n")
        is_text = kind.strip() == "[markdown]"
        cells.append(_cell("markdown" if is_text else "code", _plain(body) if is_text else body))
    for number, cell in enumerate(cells):
        name = f"{number}{''.join(cell['source'])}"
        cell["id"] = hashlib.sha256(name.encode()).hexdigest()[:8]
    return {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}}


def _cell(kind: str, body: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {},
                            "source": body.strip().splitlines(keepends=True)}
    return {**cell, "execution_count": None, "outputs": []} if kind == "code" else cell


def _plain(comment: str) -> str:
    """Return text that stood in comments."""
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in comment.splitlines())


def notebook_text(name: str) -> str:
    """Return the notebook of a lesson as it is written."""
    return json.dumps(notebook_of((FOLDER / f"{name}.py").read_text()), indent=1,
                      ensure_ascii=False) + "\n"


def main() -> None:
    """Write the notebooks."""
    for name in LESSONS:
        path = FOLDER / f"{name}.ipynb"
        path.write_text(notebook_text(name))
        print(path)


if __name__ == "__main__":
    main()

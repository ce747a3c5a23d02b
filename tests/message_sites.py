"""Where the reader of specs says what is wrong, and which of these places tests reach.

Loaded as a plugin (``pytest -p message_sites``), it writes the places that were reached to the
file that the environment variable ``MESSAGE_SITES`` names.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parents[1] / "dlgenomics" / "spec"
_RAISED = {"CannotFollow", "TooMany"}
_METHODS = {"_report", "_stop"}
_REACHED: set[tuple[str, int]] = set()
_TYPES: set[str] = set()


def _says(node: ast.AST) -> bool:
    """Tell whether a part of the source notes a problem."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):
        owner = ast.unparse(called.value)
        return called.attr in _METHODS or (called.attr in ("add", "warn") and (
            owner.endswith("problems")))
    return isinstance(called, ast.Name) and called.id in _RAISED


def sites() -> dict[str, tuple[str, int, int]]:
    """Return the places that note a problem: as ``file:line``, with file, first and last line."""
    found = {}
    for path in sorted(SPEC.rglob("*.py")):
        name = str(path.relative_to(SPEC))
        for node in ast.walk(ast.parse(path.read_text())):
            if _says(node):
                found[f"{name}:{node.lineno}"] = (name, node.lineno, node.end_lineno)
    return found


def _recording(function: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(*arguments: Any, **named: Any) -> Any:
        frame = sys._getframe(1)
        _REACHED.add((frame.f_code.co_filename, frame.f_lineno))
        return function(*arguments, **named)

    return recorded


def pytest_sessionstart() -> None:
    """Listen from now on."""
    from dlgenomics.spec import blocks, document, findings
    from dlgenomics.spec.layers import rule
    from dlgenomics.spec.problems import Problems

    for owner, name in ((Problems, "add"), (Problems, "warn"), (document._Builder, "_report"),
                        (document._Builder, "_stop"), (rule.CannotFollow, "__init__"),
                        (blocks.TooMany, "__init__")):
        setattr(owner, name, _recording(getattr(owner, name)))
    rule_of = findings._rule_of

    def recorded(detail: Any) -> str:
        _TYPES.add(detail["type"])
        return rule_of(detail)

    findings._rule_of = recorded


def pytest_sessionfinish() -> None:
    """Write what was reached."""
    lines = [(str(Path(file).relative_to(SPEC)), line) for file, line in _REACHED
             if Path(file).is_relative_to(SPEC)]
    Path(os.environ["MESSAGE_SITES"]).write_text(json.dumps({"lines": lines,
                                                             "types": sorted(_TYPES)}))

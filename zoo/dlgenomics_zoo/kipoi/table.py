"""``models.tsv``: one row for each model of a template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.errors import DataError

MAX_ROWS: Final = 20_000
_NAME_COLUMN: Final = "model"


@dataclass(frozen=True)
class Row:
    """A row: the model's name within its group, its columns, or why it cannot be used."""

    name: str
    columns: dict[str, str]
    problem: str = ""


def read_rows(text: str, path: Path | str) -> Iterator[Row]:
    """Yield the rows of a table; one that cannot be used is yielded with its problem.

    Args:
        text: tab-separated, names in the first line; ``#`` starts a comment.
        path: the file, for messages.

    Raises:
        DataError: no column ``model``, a column twice, or too many rows.
    """
    lines = [(number, line.partition("#")[0].rstrip())
             for number, line in enumerate(text.splitlines(), 1)]
    filled = [(number, line) for number, line in lines if line.strip()]
    if len(filled) > MAX_ROWS:
        raise DataError(f"a table of models may have at most {MAX_ROWS:,} rows. "
                        f"Received: {len(filled):,}. Split the group.", path=path)
    header = _header(filled, path)
    seen: set[str] = set()
    for number, line in filled[1:]:
        cells = [cell.strip() for cell in line.split("\t")]
        columns = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))
        name = columns[_NAME_COLUMN]
        problem = _problem(name, len(cells), len(header), seen)
        seen.add(name)
        yield Row(name if is_inside(name) else f"line-{number}", columns,
                  f"{path}:{number}: {problem}" if problem else "")


def _header(filled: list[tuple[int, str]], path: Path | str) -> list[str]:
    header = [cell.strip() for cell in filled[0][1].split("\t")] if filled else []
    if _NAME_COLUMN not in header or len(set(header)) < len(header):
        raise DataError("a table of models must have a column 'model' and no column twice. "
                        f"Received: {', '.join(header) or 'no header'}.", path=path, line=1)
    return header


def _problem(name: str, cells: int, columns: int, seen: set[str]) -> str:
    if not is_inside(name):
        return ("a model's name must be a path inside its group, such as human/AHR. "
                f"Received: {name[:80]!r}.")
    if cells > columns:
        return f"a row may have at most {columns} cells. Received: {cells}."
    if name in seen:
        return f"a model may be in its table once. Received: {name!r} again."
    return ""


def is_inside(name: str) -> bool:
    """Say whether a name is a plain relative path that leads nowhere else."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and ":" not in name and not any(
        part in ("", ".", "..") or part != part.strip() for part in parts)

"""The lines of a BED or narrowPeak file, before they are intervals: comments, header, cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, TextIO

from dlgenomics.data.cells import Cells, cells_of
from dlgenomics.errors import DataError
from dlgenomics.files import require_utf8

BED_COLUMNS: Final = ("chrom", "start", "end", "name", "score", "strand")
NARROW_PEAK_COLUMNS: Final = ("signalValue", "pValue", "qValue", "peak")
PURPOSE: Final = "the intervals file"

_MARKS: Final = ("#", "track", "browser")
_SKIPPED: Final = re.compile(r"(track|browser)(\s|$)")
_COMMENT: Final = re.compile("^#.*", re.MULTILINE)
_COMMENTS: Final = 1000
"""At the beginning of a file, read by themselves; more of them are read with the intervals."""
_CHARACTERS: Final = 1 << 22
"""Held as text at a time; columns of arrays take a fraction of the memory."""


def some_lines(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Yield some lines at a time, each with its end, behind the number of the first."""
    number = 1
    for text in _texts(stream):
        whole = text if text.endswith("\n") else text + "\n"
        yield number, whole
        number += whole.count("\n")


def _texts(stream: TextIO) -> Iterator[str]:
    """Yield lines in some texts; comments at the beginning alone, as others are faster without."""
    comments: list[str] = []
    line = stream.readline()
    while line.startswith(_MARKS) and len(comments) < _COMMENTS:
        comments.append(line)
        line = stream.readline()
    if comments:
        yield "".join(comments)
    while text := line + stream.read(_CHARACTERS) + stream.readline():
        yield text
        line = ""


def even_cells(text: str, least: int) -> Cells | None:
    """Return the cells of lines that are intervals alone and have equally many, ``least`` or more.

    None if there are others, or bytes that are not UTF-8.
    """
    if any(mark in text for mark in _MARKS):
        return None
    try:
        cells = cells_of(text)
    except UnicodeEncodeError:
        return None
    return cells if cells and cells.width >= least else None


def split_lines(text: str, first: int) -> tuple[list[list[str]], list[int]]:
    """Return the cells of each line that is an interval, and the lines' numbers."""
    rows: list[list[str]] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n")[:-1], first):
        if line.strip() and not line.startswith("#") and not _SKIPPED.match(line):
            rows.append(line.split("\t") if "\t" in line else line.split())
            lines.append(number)
    return rows, lines


def header_among(text: str, first: int, path: str) -> list[str] | None:
    """Return the columns' names, if a comment among some lines holds them.

    Raises:
        DataError: that comment is not UTF-8.
    """
    for comment in _COMMENT.finditer(text):
        line = comment[0]
        names = line.lstrip("#").strip().split("\t" if "\t" in line else None)
        if names and names[0].lower() in ("chrom", "chr", "contig"):
            require_utf8(line, PURPOSE, path, first + text.count("\n", 0, comment.start()))
            return names
    return None


def column_names(width: int, header: list[str] | None, bed_columns: int | None,
                 path: str) -> list[str]:
    """Return the columns' names.

    Args:
        width: how many there are.
        header: what a comment calls them, if there is one.
        bed_columns: how many are BED's, whatever the header says; see `read_intervals`.
        path: the file, for messages.

    Raises:
        DataError: the header does not name each of them differently.
    """
    if bed_columns is not None:
        return [*BED_COLUMNS[:bed_columns],
                *(f"column{i}" for i in range(bed_columns + 1, width + 1))]
    if header is not None and (len(header) != width or len(set(header)) < width):
        raise DataError(f"the header must name each of the {width} columns differently. "
                        f"Received: {', '.join(header)}. Mend the line that starts with '#'.",
                        path=path)
    if header is not None:
        return [*BED_COLUMNS[:3], *header[3:]]
    rest = NARROW_PEAK_COLUMNS if width == 10 else [f"column{i}" for i in range(7, width + 1)]
    return [*BED_COLUMNS[:width], *rest][:width]


def likely_width(rows: list[list[str]], least: int, *, skips: bool) -> int:
    """Return how many columns a file has: as its first line, or as most lines that have enough."""
    if not skips:
        return len(rows[0])
    enough = Counter(len(row) for row in rows if len(row) >= least)
    return max(enough, key=enough.__getitem__) if enough else len(rows[0])


def check_width(rows: list[list[str]], lines: list[int], width: int, least: int,
                path: str) -> None:
    """Refuse lines that have not ``width`` columns, which must be ``least`` or more.

    Raises:
        DataError: there is one, with its number in ``lines``.
    """
    for row, number in zip(rows, lines, strict=True):
        if len(row) != width or width < least:
            rule = (f"at least {least} columns" if width < least
                    else f"{width} columns, as the first one has")
            raise DataError(f"a BED line must have {rule}. Received: {len(row)}: "
                            f"{shown(row)}. Are the columns separated by tabs?",
                            path=path, line=number)


def shown(row: list[str]) -> str:
    """Return a line as messages show it: with quotes, and cut if it is long."""
    text = " ".join(row)
    return repr(text if len(text) <= 60 else text[:57] + "...")

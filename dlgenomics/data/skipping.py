"""Records that are left out instead of stopping a run; each is noted, none silently dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError, plural

Where = Callable[[int], tuple[str, int | None]]
"""A row → its file and line."""


@dataclass(frozen=True)
class Skipped:
    """A record that was left out.

    Attributes:
        path: its file.
        line: where it stands, counted from 1; None where that is not known.
        reason: what is wrong with it.
    """

    path: str
    line: int | None
    reason: str


def note(error: DataError, skipped: list[Skipped] | None) -> None:
    """Note what is wrong with a record; raise it instead if nobody takes notes (None)."""
    if skipped is None:
        raise error
    skipped.append(Skipped(error.path, error.line, error.reason))


def sift(count: int, check: Callable[[Rows], object], skipped: list[Skipped] | None,
         where: Where) -> Rows:
    """Return the rows that pass a check, of which there must be one.

    Args:
        count: how many rows there are.
        check: takes some rows and raises `DataError` if one of them is bad.
        skipped: takes notes of bad rows; None: the first one is an error.
        where: says where a row stands.

    Raises:
        DataError: a row is bad and nobody takes notes, or no row is good.
    """
    good = good_rows(count, check, skipped, where)
    if count and skipped and not len(good):
        raise none_good(skipped)
    return good


def good_rows(count: int, check: Callable[[Rows], object], skipped: list[Skipped] | None,
              where: Where) -> Rows:
    """Return the rows that pass a check, perhaps none; see `sift`."""
    every = np.arange(count)
    if skipped is not None:
        return _good(every, check, skipped, where)
    if error := _first_error(every, check):
        raise error
    return every


def none_good(skipped: list[Skipped]) -> DataError:
    """Return the error of a file whose records were all left out."""
    first = skipped[0]
    rest = ("which was skipped as bad" if len(skipped) == 1
            else "all skipped as bad; here the first")
    return DataError("at least one record must be good. Received: no good one among "
                     f"{plural(len(skipped), 'record')}, {rest}: {first.reason}",
                     path=first.path, line=first.line)


def _first_error(rows: Rows, check: Callable[[Rows], object]) -> DataError | None:
    """Return what is wrong with the first bad row; halves are checked where all together fail."""
    try:
        check(rows)
    except DataError as error:
        found = error
    else:
        return None
    middle = len(rows) // 2
    if not middle:
        return found
    return _first_error(rows[:middle], check) or _first_error(rows[middle:], check) or found


def _good(rows: Rows, check: Callable[[Rows], object], skipped: list[Skipped],
          where: Where) -> Rows:
    """Check all rows at once, and only where that fails their halves."""
    try:
        check(rows)
    except DataError as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            return np.concatenate([_good(rows[:middle], check, skipped, where),
                                   _good(rows[middle:], check, skipped, where)])
        skipped.append(Skipped(*where(int(rows[0])), error.reason))
        return rows[:0]
    return rows

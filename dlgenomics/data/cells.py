"""The cells of lines that have equally many, as columns; read by whole-array operations.

No text is made for each line or cell, which takes most of the time where there are millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Texts = NDArray[np.str_]

TEXTS: Final = np.dtypes.StringDType()
"""Texts of any length, as columns are kept."""

COORDINATE_DIGITS: Final = 12
"""The most digits of a coordinate; far below the limits of int64: windows cannot overflow."""

_WIDEST: Final = 64
"""Bytes of the longest cell of a column up to which all its cells are read into rows as long."""

_TAB, _LINE_END, _ZERO = b"\t\n0"


@dataclass(frozen=True, eq=False)
class Cells:
    """Lines of cells.

    Attributes:
        text: UTF-8; each cell, and a tab or a line's end behind it.
        bounds: where each cell ends, shape (columns, lines).
    """

    text: bytes
    bounds: Numbers

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.bounds[-1])

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.bounds)

    def row(self, line: int) -> list[str]:
        """Return the cells of a line."""
        start = self.bounds[-1, line - 1] + 1 if line else 0
        return self.text[start:self.bounds[-1, line]].decode().split("\t")

    def texts(self, column: int) -> Texts:
        """Return a column as texts (NumPy's ``StringDType``)."""
        start, length = self._span(column)
        if not self._is_simple or length.max() > _WIDEST:
            return np.array(self._each(column), TEXTS)
        return self._block(start, length).astype(TEXTS)

    def levels(self, column: int) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Return the different cells of a column in order of appearance, and the place of each."""
        start, length = self._span(column)
        if not self._is_simple or length.max() > _WIDEST:
            return levels(self._each(column))
        block = self._block(start, length)
        heads = np.concatenate([[0], np.flatnonzero(block[1:] != block[:-1]) + 1])
        names, places = levels(block[heads].astype("U").tolist())
        return names, np.repeat(places, np.diff(heads, append=len(block)))

    def numbers(self, column: int, digits: int) -> Numbers:
        """Return a column of whole numbers; -1 for a cell that is none of at most ``digits``."""
        _, length = self._span(column)
        found = np.zeros(len(self), np.int64)
        good = (length > 0) & (length <= digits)
        for place in range(min(int(length.max()), digits), 0, -1):
            inside = length >= place
            digit = self._bytes[self.bounds[column] - place] - np.uint8(_ZERO)
            good &= (digit < 10) | ~inside
            found *= 10
            found += digit * inside
        return np.where(good, found, -1)

    def letters(self, column: int) -> Texts:
        """Return a column of letters; an empty text for a cell that is not one ASCII letter."""
        start, length = self._span(column)
        letter = self._bytes[start]
        letter = np.where((length == 1) & (letter < 128), letter, 0)
        return letter.astype(np.uint32).view("U1")

    @cached_property
    def _bytes(self) -> NDArray[np.uint8]:
        return np.frombuffer(self.text, np.uint8)

    @cached_property
    def _is_simple(self) -> bool:
        """Whether NumPy's texts of fixed length can hold each cell."""
        return self.text.isascii() and b"\0" not in self.text

    def _span(self, column: int) -> tuple[Numbers, Numbers]:
        """Return where the cells of a column start, and how many bytes they have."""
        if column:
            start = self.bounds[column - 1] + 1
        else:
            start = np.concatenate([[0], self.bounds[-1, :-1] + 1])
        return start, self.bounds[column] - start

    def _block(self, start: Numbers, length: Numbers) -> NDArray[np.bytes_]:
        """Return ASCII cells as texts of one length, filled up with zeros."""
        width = max(int(length.max()), 1)
        found = np.zeros((len(self), width), np.uint8)
        last = len(self.text) - 1
        for place in range(width):
            found[:, place] = self._bytes[np.minimum(start + place, last)] * (length > place)
        return found.view(f"S{width}")[:, 0]

    def _each(self, column: int) -> list[str]:
        start, length = self._span(column)
        return [self.text[a:b].decode()
                for a, b in zip(start.tolist(), (start + length).tolist(), strict=True)]


def is_coordinate(text: str) -> bool:
    """Tell whether a text is a whole number of at most 12 digits."""
    return text.isascii() and text.isdigit() and len(text) <= COORDINATE_DIGITS


def cells_of(text: str) -> Cells | None:
    r"""Return the cells of lines, separated by tabs; None if some have more than others.

    Args:
        text: lines, each with its end ``\n``; at least one.
    """
    body = text.encode()
    letters = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero((letters == _TAB) | (letters == _LINE_END))
    count = int((letters[ends] == _LINE_END).sum())
    width, rest = divmod(len(ends), count)
    if rest:
        return None
    bounds = ends.reshape(count, width).T
    is_even = (letters[bounds[-1]] == _LINE_END).all()
    return Cells(body, np.ascontiguousarray(bounds)) if is_even else None


def cells_of_rows(rows: list[list[str]]) -> Cells:
    """Return the cells of rows of equal length that hold neither tabs nor line ends."""
    found = cells_of("".join("\t".join(row) + "\n" for row in rows))
    assert found is not None  # noqa: S101 - rows of equal length are even
    return found


def levels(texts: list[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the different texts in order of appearance, and the place of each among them."""
    position = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return tuple(position), np.fromiter(map(position.__getitem__, texts), np.int32, len(texts))

"""Letters from text in lines of one width, for many windows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.letters import Letters

Numbers = NDArray[np.int64]

_ROWS: Final = 512
"""Windows at a time: what passes from one step to the next stays in the processor's cache."""

_APART: Final = 512
"""Bytes of a window's text from one that is looked at beforehand to the next: the processor fetches
those of many windows at once, but what is copied one after another; a tenth of the time."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Where windows of one length begin in a text, as columns of equal length.

    Attributes:
        line: the byte at which the line of the first letter begins.
        phase: letters of that line before the first.
        bases: letters in a whole line of that contig.
        width: bytes in a whole line, with its end.
        length: letters in each window.
    """

    line: Numbers
    phase: Numbers
    bases: Numbers
    width: Numbers
    length: int

    def __len__(self) -> int:
        return len(self.line)

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> Windows:
        """Return some windows."""
        return Windows(self.line[rows], self.phase[rows], self.bases[rows], self.width[rows],
                       self.length)

    @property
    def end(self) -> Numbers:
        """The byte behind each window's last letter."""
        last = self.phase + self.length - 1
        found: Numbers = self.line + last // self.bases * self.width + last % self.bases + 1
        return found

    def moved(self, by: Numbers) -> Windows:
        """Return the windows in a text from which ``by`` bytes before each were taken out."""
        return Windows(self.line - by, self.phase, self.bases, self.width, self.length)


def gather(text: Letters, windows: Windows) -> Letters:
    """Return the letters of windows, without line ends.

    Args:
        text: all bytes, ASCII.
        windows: where they lie in it; none reaches past its end.

    Returns:
        uint8, shape (windows, length).
    """
    if (windows.phase + windows.length <= windows.bases).all():
        return _pieces(text, windows.line + windows.phase, windows.length)
    if len(windows) <= _ROWS and _are_alike(windows):
        return _of_alike(text, windows)
    found = np.empty((len(windows), windows.length), np.uint8)
    for rows in _alike(windows):
        found[rows] = _of_alike(text, windows[rows])
    return found


def _are_alike(windows: Windows) -> bool:
    bases, width = windows.bases, windows.width
    return bool((bases == bases[0]).all() and (width == width[0]).all())


def _of_alike(text: Letters, windows: Windows) -> Letters:
    """Return the letters of windows whose lines are alike."""
    if _is_worth_lines(text, windows):
        return _by_lines(text, windows)
    return _by_letters(text, windows)


def _alike(windows: Windows) -> Iterator[slice | Numbers]:
    """Yield the windows whose lines are alike, some at a time."""
    bases, width = windows.bases, windows.width
    if _are_alike(windows):
        yield from (slice(first, first + _ROWS) for first in range(0, len(windows), _ROWS))
        return
    for one, other in np.unique(np.stack([bases, width]), axis=1).T:
        rows = np.flatnonzero((bases == one) & (width == other))
        yield from (rows[first:first + _ROWS] for first in range(0, len(rows), _ROWS))


def _pieces(text: Letters, start: Numbers, length: int) -> Letters:
    """Return the ``length`` bytes from each start: uint8, shape (starts, length).

    To NumPy a piece is one item, which it copies at once.
    """
    items: NDArray[np.void] = np.ndarray(len(text) - length + 1, f"V{length}", text, strides=1)
    return items[start].view(np.uint8).reshape(len(start), length)


def _reach(windows: Windows) -> tuple[int, int]:
    """Return how many lines hold any window of some that are alike, and in how many bytes."""
    bases, width = int(windows.bases[0]), int(windows.width[0])
    lines = int(windows.phase.max() + windows.length - 1) // bases + 1
    return lines, (lines - 1) * width + bases


def _is_worth_lines(text: Letters, windows: Windows) -> bool:
    """Return whether whole lines may be copied: they are not much more, and end in the text."""
    lines, reach = _reach(windows)
    is_short = lines * windows.bases[0] <= 4 * windows.length
    return bool(is_short and windows.line.max() + reach <= len(text))


def _by_lines(text: Letters, windows: Windows) -> Letters:
    """Return the letters of windows with lines of one kind, by copying whole lines."""
    bases, width = int(windows.bases[0]), int(windows.width[0])
    lines, reach = _reach(windows)
    for byte in range(0, reach, _APART):
        text.take(windows.line + byte)
    whole = _pieces(text, windows.line, reach)
    joined: NDArray[np.void] = np.ndarray((len(windows), lines), f"V{bases}", whole,
                                          strides=(reach, width)).copy()
    return _pieces(joined.view(np.uint8).reshape(-1),
                   np.arange(len(windows)) * (lines * bases) + windows.phase, windows.length)


def _by_letters(text: Letters, windows: Windows) -> Letters:
    """Return letters by the place of each."""
    at = windows.phase[:, None] + np.arange(windows.length)
    bases = windows.bases[:, None]
    places = windows.line[:, None] + at // bases * windows.width[:, None] + at % bases
    found: Letters = text[places]
    return found

"""Letters as they stand in a file: ASCII bytes, their complements, and Kipoi's one-hot numbers.

`encoding` reads both cases alike and every unlisted letter as N. What must be told apart here, as
Kipoi's loaders do, is lower case (soft-masked repeats) and letters that are neither base nor N.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import ALPHABET, DNA, OneHot, translated

Letters = NDArray[np.uint8]
"""ASCII, shape (..., length)."""


def _complements() -> bytes:
    table = bytearray(range(256))
    for letter, other in DNA.pairs.items():
        table[ord(letter)], table[ord(letter.lower())] = ord(other), ord(other.lower())
    return bytes(table)


def _one_hot_rows() -> OneHot:
    rows = np.zeros((256, len(ALPHABET)), np.float32)
    rows[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.eye(len(ALPHABET))
    rows[ord("N")] = 1 / len(ALPHABET)
    return rows


_COMPLEMENT: Final = _complements()
_ROWS: Final = _one_hot_rows()
_UPPER: Final = bytes(range(256)).upper()


def upper(letters: Letters) -> Letters:
    """Return letters in upper case."""
    return translated(letters, _UPPER)


def backward(letters: Letters) -> Letters:
    """Return a copy of each row from its end to its start; by eight bytes at a time.

    Args:
        letters: contiguous, shape (rows, length).
    """
    missing = -letters.shape[1] % 8
    if missing:
        return backward(np.pad(letters, ((0, 0), (0, missing))))[:, missing:]
    return letters.view(">u8")[:, ::-1].astype("<u8").view(np.uint8)


def reverse_complement(letters: Letters) -> Letters:
    """Return the reverse complement; the case is kept, what has no complement stays."""
    return translated(letters[..., ::-1], _COMPLEMENT)


def one_hot(letters: Letters) -> OneHot:
    """Return one-hot DNA as kipoiseq makes it: float32, shape (..., length, 4), order A C G T.

    N is 0.25 in each channel. Every other letter is all zeros, and so is lower case: see `upper`.
    """
    return np.take(_ROWS, letters, axis=0)


def texts(letters: Letters) -> list[str]:
    """Return each row as a text."""
    return [row.tobytes().decode("ascii", "replace") for row in letters]

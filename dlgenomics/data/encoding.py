"""DNA as numbers: letters ↔ uint8 codes → one-hot, by whole-array operations.

A code is 0, 1, 2, 3 for A, C, G, T (either case) and 4 for N and every other letter. Codes are
kept as long as possible: they are a sixteenth of the size of one-hot float32.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
OneHot = NDArray[np.float32]
Ambiguity = Literal["zeros", "quarter"]

ALPHABET: Final = "ACGT"
UNKNOWN: Final = 4
"""The code of N and other ambiguity codes."""


def _letter_table() -> Codes:
    table = np.full(256, UNKNOWN, np.uint8)
    for code, letter in enumerate(ALPHABET):
        table[ord(letter)] = table[ord(letter.lower())] = code
    return table


def _one_hot_rows(unknown: float) -> NDArray[np.complex128]:
    """Return one-hot rows, each of four float32 seen as one 16-byte number, which copies fast."""
    rows = np.zeros((5, 4), np.float32)
    rows[:4] = np.eye(4)
    rows[UNKNOWN] = unknown
    return rows.view(np.complex128)[:, 0]


_CODE_OF: Final = _letter_table()
_LETTER_OF: Final = np.frombuffer(b"ACGTN", np.uint8)
_COMPLEMENT: Final = np.array([3, 2, 1, 0, UNKNOWN], np.uint8)
_ROWS: Final = {"zeros": _one_hot_rows(0.0), "quarter": _one_hot_rows(0.25)}


def encode(sequence: str | bytes) -> Codes:
    """Return the codes of a sequence: uint8, shape (length,)."""
    raw = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    found: Codes = np.take(_CODE_OF, np.frombuffer(raw, np.uint8))
    return found


def decode(codes: Codes) -> str:
    """Return the sequence of codes of shape (length,), in upper case, N for unknown."""
    return _LETTER_OF[codes].tobytes().decode("ascii")


def one_hot(codes: Codes, n: Ambiguity = "zeros") -> OneHot:
    """Return one-hot DNA.

    Args:
        codes: uint8, shape (..., length).
        n: what unknown bases become: all zeros, or 0.25 in each channel.

    Returns:
        float32, shape (..., length, 4), channels in the order A C G T.
    """
    rows = np.take(_ROWS[n], codes, mode="clip")
    return rows.view(np.float32).reshape(*codes.shape, 4)


def reverse_complement(codes: Codes) -> Codes:
    """Return the reverse complement of codes of shape (..., length)."""
    found: Codes = _COMPLEMENT[codes[..., ::-1]]
    return found

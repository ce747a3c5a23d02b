"""How often each k-mer stands in a sequence, by whole-array operations."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import ALPHABET, Codes

LARGEST_K: Final = 10
"""4^10 is a million columns."""

_CHUNK: Final = 1024
_UNKNOWN: Final = -1


def kmer_names(k: int, *, both_strands: bool = True) -> list[str]:
    """Return the k-mers in the order of their columns; of two complements the first stands."""
    numbers = np.arange(4 ** k)
    kept = numbers[numbers <= _complements(k)] if both_strands else numbers
    return ["".join(ALPHABET[(n >> 2 * (k - 1 - i)) & 3] for i in range(k)) for n in kept]


def count_kmers(codes: Codes, k: int, *, both_strands: bool = True) -> NDArray[np.float32]:
    """Return the counts of each k-mer in each sequence.

    Args:
        codes: uint8, shape (sequences, length).
        k: from 1 to `LARGEST_K`.
        both_strands: count a k-mer and its reverse complement as one.

    Returns:
        float32, shape (sequences, k-mers), columns as `kmer_names` has them. A k-mer with an
        unknown base is not counted.
    """
    column = _columns(k, both_strands=both_strands)
    width = int(column.max()) + 1
    found = np.zeros((len(codes), width), np.float32)
    for first in range(0, len(codes), _CHUNK):
        numbers = _numbers(codes[first:first + _CHUNK], k)
        rows, places = np.nonzero(numbers != _UNKNOWN)
        flat = rows * width + column[numbers[rows, places]]
        found[first:first + _CHUNK] = np.bincount(
            flat, minlength=len(numbers) * width).reshape(-1, width)
    return found


def _numbers(codes: Codes, k: int) -> NDArray[np.int64]:
    """Return the k-mer at each place as a number of base 4, or `_UNKNOWN`."""
    places = max(codes.shape[1] - k + 1, 0)
    numbers = np.zeros((len(codes), places), np.int64)
    unknown = np.zeros(numbers.shape, bool)
    for i in range(k):
        letters = codes[:, i:i + places]
        numbers = 4 * numbers + letters
        unknown |= letters > 3
    numbers[unknown] = _UNKNOWN
    return numbers


def _complements(k: int) -> NDArray[np.int64]:
    """Return the number of each k-mer's reverse complement."""
    left, found = np.arange(4 ** k), np.zeros(4 ** k, np.int64)
    for _ in range(k):
        found = 4 * found + 3 - left % 4
        left = left // 4
    return found


def _columns(k: int, *, both_strands: bool) -> NDArray[np.int64]:
    """Return the column of each k-mer by its number."""
    numbers = np.arange(4 ** k)
    if not both_strands:
        return numbers
    found: NDArray[np.int64] = np.unique(np.minimum(numbers, _complements(k)),
                                         return_inverse=True)[1]
    return found

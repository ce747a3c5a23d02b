"""Letters as numbers: letters ↔ uint8 codes → one-hot, by whole-array operations.

The codes of an alphabet's letters are 0, 1, 2 … in their order (A, C, G, T), in either case. The
next code is the unknown letter (N or X) and every letter that is not listed; then come the other
ambiguity codes. Codes are kept as long as possible: they are a sixteenth of one-hot float32.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dlgenomics.spec.inputs import PROTEIN_LETTERS

Codes = NDArray[np.uint8]
OneHot = NDArray[np.float32]
Ambiguity = Literal["zeros", "quarter", "shares", "quarter_n"]


@dataclass(frozen=True, eq=False)
class Alphabet:
    """Letters, what their ambiguity codes stand for, and which pair in a double strand.

    Attributes:
        letters: in the order of the channels.
        unknown: the letter that may be any.
        ambiguous: other codes and the letters that each may be.
        pairs: each letter and code under its complement; empty for proteins.
        aliases: letters read as others.
        others: what may stand in a sequence too, and is read as the unknown letter.
    """

    letters: str
    unknown: str
    ambiguous: Mapping[str, str]
    pairs: Mapping[str, str]
    aliases: Mapping[str, str]
    others: str = ""

    @cached_property
    def symbols(self) -> str:
        """All letters in the order of their codes."""
        return self.letters + self.unknown + "".join(self.ambiguous)

    @cached_property
    def accepted(self) -> str:
        """What may stand in a sequence, in upper case; every other letter is a mistake."""
        return self.symbols + "".join(self.aliases) + self.others

    @cached_property
    def code_of(self) -> Codes:
        """The code of each byte; that of the unknown letter for what is not `accepted`."""
        table = np.full(256, len(self.letters), np.uint8)
        for letter in (*self.symbols, *self.aliases):
            code = self.symbols.index(self.aliases.get(letter, letter))
            table[ord(letter)] = table[ord(letter.lower())] = code
        return table

    @cached_property
    def letter_of(self) -> NDArray[np.uint8]:
        """The byte of each code."""
        return np.frombuffer(self.symbols.encode(), np.uint8)

    @cached_property
    def complement(self) -> Codes:
        """The code of each code's complement."""
        return np.array([self.symbols.index(self.pairs.get(s, s)) for s in self.symbols], np.uint8)

    def rows(self, n: Ambiguity) -> NDArray[np.float32]:
        """Return the one-hot row of each code: float32, shape (codes, letters)."""
        width = len(self.letters)
        rows = np.zeros((len(self.symbols), width), np.float32)
        rows[:width] = np.eye(width)
        if n == "quarter":
            rows[width:] = 1 / width
        if n == "quarter_n":
            rows[width] = 1 / width
        if n == "shares":
            meanings = [self.letters, *self.ambiguous.values()]
            for row, meaning in zip(rows[width:], meanings, strict=True):
                row[[self.letters.index(letter) for letter in meaning]] = 1 / len(meaning)
        return rows


_IUPAC: Final = {"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
                 "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG"}
_PAIRS: Final = dict(zip("ACGTRYSWKMBDHV", "TGCAYRSWMKVHDB", strict=True))

DNA: Final = Alphabet("ACGT", "N", _IUPAC, _PAIRS, {})
"""A letter that is none of IUPAC's, U among them, is unknown."""

RNA: Final = Alphabet(
    "ACGU", "N", {k: v.replace("T", "U") for k, v in _IUPAC.items()},
    {k.replace("T", "U"): v.replace("T", "U") for k, v in _PAIRS.items()}, {"T": "U"})
"""T is read as U."""

PROTEIN: Final = Alphabet(PROTEIN_LETTERS, "X", {"B": "DN", "Z": "EQ", "J": "IL"}, {}, {},
                          "UO*-")
"""U, O, gaps and stops are unknown."""

ALPHABET: Final = DNA.letters
UNKNOWN: Final = len(ALPHABET)
"""The code of N, and the first of the codes that are not one base."""


COMPLEMENTED: Final = 128
"""The bit of a letter that is to be read as its complement."""

_AT_ONCE: Final = 1 << 17
"""Pairs of bases at a time: NumPy's numbers of 8 bytes for them stay in the processor's cache."""


def _letter_codes() -> Codes:
    table = DNA.code_of.copy()
    table[COMPLEMENTED:] = DNA.complement[table[:COMPLEMENTED]]
    return table


ALIGNMENT: Final = 64
"""Bytes; TensorFlow's kernels read numbers from such places."""

_LETTER_CODES: Final = _letter_codes()
_OWN_CODES: Final = np.minimum(np.arange(256), len(DNA.symbols) - 1).astype(np.uint8)


@functools.cache
def _pair_rows(n: Ambiguity, kind: str, *, of_letters: bool) -> NDArray[Any]:
    """Return the rows of each pair of bases: shape (65536, 8); the first is the lower byte."""
    if kind not in ("float32", "uint8") or (kind == "uint8" and n != "zeros"):
        raise ValueError("one-hot DNA is float32, or uint8 with n='zeros'. "
                         f"Received: {kind}, n={n!r}.")
    rows = DNA.rows(n).astype(kind)[_LETTER_CODES if of_letters else _OWN_CODES]
    pairs = np.arange(1 << 16)
    return np.concatenate([rows[pairs & 255], rows[pairs >> 8]], axis=1)


def encode(sequence: str | bytes, alphabet: Alphabet = DNA) -> Codes:
    """Return the codes of a sequence: uint8, shape (length,)."""
    raw = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    found: Codes = np.take(alphabet.code_of, np.frombuffer(raw, np.uint8))
    return found


def decode(codes: Codes, alphabet: Alphabet = DNA) -> str:
    """Return the sequence of codes of shape (length,), in upper case."""
    return alphabet.letter_of[codes].tobytes().decode("ascii")


def translated(bytes_of: NDArray[np.uint8], table: bytes) -> NDArray[np.uint8]:
    """Return an array whose bytes are replaced by those of a table of 256."""
    found = bytearray(np.ascontiguousarray(bytes_of).data).translate(table)
    return np.frombuffer(found, np.uint8).reshape(bytes_of.shape)


def encode_letters(letters: NDArray[np.uint8]) -> Codes:
    """Return the codes of DNA: ASCII in either case, perhaps with `COMPLEMENTED`."""
    return translated(letters, _LETTER_CODES.tobytes())


def one_hot(codes: Codes, n: Ambiguity = "zeros") -> OneHot:
    """Return one-hot DNA or RNA.

    Args:
        codes: uint8, shape (..., length).
        n: what ambiguity codes become: all zeros, 0.25 in each channel, equal shares of the
            bases that each stands for, or 0.25 for N and zeros for the others.

    Returns:
        float32, shape (..., length, 4), channels in the order A C G T (or U).
    """
    return _expanded(codes, n, np.float32, None, of_letters=False)


def one_hot_letters(letters: NDArray[np.uint8], n: Ambiguity = "zeros", *, dtype: Any = np.float32,
                    out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return one-hot DNA of letters in either case; see `one_hot`.

    Args:
        letters: ASCII, shape (..., length), perhaps with `COMPLEMENTED`.
        n: see `one_hot`.
        dtype: float32; or uint8, with ``n="zeros"``.
        out: an array for the result, of its shape and type, contiguous.

    Raises:
        ValueError: ``out`` does not fit, or uint8 is asked to hold 0.25.
    """
    return _expanded(letters, n, dtype, out, of_letters=True)


def _expanded(codes: NDArray[np.uint8], n: Ambiguity, dtype: Any, out: NDArray[Any] | None, *,
              of_letters: bool) -> NDArray[Any]:
    """Return each code's or letter's row; shape (..., 4). Two at a time, which is twice as fast."""
    kind = np.dtype(dtype).name
    table = _pair_rows(n, kind, of_letters=of_letters)
    shape = (*codes.shape, len(DNA.letters))
    found = _aligned(shape, kind) if out is None else out
    if found.shape != shape or found.dtype != kind or not found.flags.c_contiguous:
        raise ValueError(f"out must be a contiguous array of {kind}, shape {shape}. Received: "
                         f"{found.dtype}, shape {found.shape}.")
    flat = np.ascontiguousarray(codes).reshape(-1)
    even = len(flat) // 2 * 2
    pairs, rows = flat[:even].view("<u2"), found.reshape(-1)[:4 * even].reshape(-1, 8)
    for first in range(0, len(pairs), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        np.take(table, pairs[part], axis=0, out=rows[part], mode="clip")
    if even < len(flat):
        found.reshape(-1)[4 * even:] = table[flat[even], :4]
    return found


def _aligned(shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    """Return an array, not filled yet, that TensorFlow can use where it lies."""
    size = math.prod(shape) * np.dtype(kind).itemsize
    room = np.empty(size + ALIGNMENT, np.uint8)
    first = -room.ctypes.data % ALIGNMENT
    return room[first:first + size].view(kind).reshape(shape)


def one_hot_protein(codes: Codes, x: Literal["zeros", "shares"] = "zeros") -> OneHot:
    """Return one-hot protein: float32, shape (..., length, 20), in the order of the letters."""
    found: OneHot = np.take(PROTEIN.rows(x), codes, axis=0, mode="clip")
    return found


def kmers(codes: Codes, k: int, stride: int = 1) -> NDArray[np.int32]:
    """Return the words of k bases as numbers.

    Args:
        codes: uint8, shape (..., length).
        k: bases in a word.
        stride: bases from the start of one word to the start of the next.

    Returns:
        int32, shape (..., (length - k) // stride + 1): 1 to 4^k in alphabetical order, 0 for a word
        that holds an ambiguity code.
    """
    count = codes.shape[-1] - k + 1
    words = np.zeros((*codes.shape[:-1], count), np.int32)
    known = np.ones(words.shape, bool)
    for place in range(k):
        at = codes[..., place:place + count]
        words = words * 4 + at
        known &= at < UNKNOWN
    found: NDArray[np.int32] = np.where(known, words + 1, 0)[..., ::stride].astype(np.int32)
    return found


def reverse_complement(codes: Codes) -> Codes:
    """Return the reverse complement of codes of shape (..., length)."""
    found: Codes = DNA.complement[codes[..., ::-1]]
    return found

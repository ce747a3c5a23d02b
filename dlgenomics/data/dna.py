"""The letters of labelled examples: without margins, strands made equal."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import DNA, Alphabet, Codes, reverse_complement
from dlgenomics.data.examples import Examples
from dlgenomics.data.split import Rows


def central_codes(examples: Examples, rows: Rows | None = None) -> Codes:
    """Return the letters of examples as the model sees them: uint8, shape (examples, length).

    The length is 0 where no input is made of letters.

    Args:
        examples: where they come from.
        rows: which; default: all.
    """
    rows = np.arange(len(examples.names)) if rows is None else rows
    if examples.sequences is None:
        return np.empty((len(rows), 0), np.uint8)
    codes: Codes = examples.sequences.take(rows)
    return codes[:, examples.margin:codes.shape[1] - examples.margin]


def sequence_keys(codes: Codes, alphabet: Alphabet = DNA) -> list[bytes]:
    """Return a key for each sequence, equal for equal ones; of DNA for reverse complements too.

    Args:
        codes: uint8, shape (examples, length).
        alphabet: what the codes stand for.
    """
    rows = [row.tobytes() for row in np.ascontiguousarray(codes)]
    if alphabet is DNA:
        others = np.ascontiguousarray(reverse_complement(codes))
        rows = [min(row, other.tobytes()) for row, other in zip(rows, others, strict=True)]
    return [hashlib.blake2b(row, digest_size=16).digest() for row in rows]


def unknown_share(codes: Codes, alphabet: Alphabet = DNA) -> NDArray[np.float64]:
    """Return the share of each sequence that is N or another ambiguity code, shape (examples,)."""
    found: NDArray[np.float64] = (codes >= len(alphabet.letters)).mean(axis=1)
    return found

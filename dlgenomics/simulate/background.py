"""What stands around the motifs: independent letters, a Markov chain, or shuffles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, Codes
from dlgenomics.data.shuffle import dinucleotide_counts, dinucleotide_shuffle
from dlgenomics.errors import DataError

_BLOCK: Final = 1024
_BASES: Final = slice(0, UNKNOWN)


class Background(Protocol):
    """A source of sequences without motifs."""

    def draw(self, count: int, length: int, rng: np.random.Generator) -> Codes:
        """Return ``count`` sequences: uint8, shape (count, length)."""


@dataclass(frozen=True)
class Independent:
    """Letters that know nothing of their neighbours (zero order).

    Attributes:
        gc: the share of G and C, each half of it; A and T share the rest.
    """

    gc: float = 0.4

    def draw(self, count: int, length: int, rng: np.random.Generator) -> Codes:
        """Return ``count`` sequences: uint8, shape (count, length)."""
        codes = np.empty((count, length), np.uint8)
        steps = np.cumsum(np.array([1 - self.gc, self.gc, self.gc, 1 - self.gc]) / 2)[:3]
        for block in np.array_split(codes, max(1, count // _BLOCK)):
            block[:] = _letters(rng.random(block.shape), steps)
        return codes


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """Letters that depend on the one before (first order), so that dinucleotides have shares.

    Attributes:
        start: the chance of each first letter, shape (4,).
        steps: the chance of each letter after each, shape (4, 4); rows add to 1.
    """

    start: NDArray[np.float64]
    steps: NDArray[np.float64]

    def draw(self, count: int, length: int, rng: np.random.Generator) -> Codes:
        """Return ``count`` sequences: uint8, shape (count, length)."""
        walked = np.empty((length, count), np.uint8)
        rows = np.cumsum(self.steps, axis=1)[:, :3]
        walked[:1] = _letters(rng.random((1, count)), np.cumsum(self.start)[:3])
        for place in range(1, length):
            walked[place] = _letters(rng.random(count), rows[walked[place - 1]].T)
        return np.ascontiguousarray(walked.T)


@dataclass(frozen=True, eq=False)
class Shuffles:
    """Given sequences, shuffled with all their dinucleotides (`dinucleotide_shuffle`).

    Attributes:
        codes: the sequences, uint8, shape (sequences, length). Where more are asked for, each is
            shuffled several times.
    """

    codes: Codes

    def draw(self, count: int, length: int, rng: np.random.Generator) -> Codes:
        """Return ``count`` shuffles: uint8, shape (count, length).

        Raises:
            DataError: the given sequences have another length.
        """
        if self.codes.shape[1] != length:
            raise DataError(f"sequences to be shuffled must have the {length} bp of those that are "
                            f"made. Received: {self.codes.shape[1]} bp.", path="simulate")
        return dinucleotide_shuffle(self.codes[np.arange(count) % len(self.codes)], rng)


def learn_chain(codes: Codes) -> MarkovChain:
    """Return the chain that has the letters and dinucleotides of sequences; N does not count.

    Args:
        codes: uint8, shape (sequences, length).

    Raises:
        DataError: one of A, C, G and T never stands before another base.
    """
    plain = np.minimum(codes, UNKNOWN)
    counts = dinucleotide_counts(plain).sum(axis=0)[_BASES, _BASES].astype(np.float64)
    if not counts.sum(axis=1).all():
        raise DataError("sequences that a background is learnt from must hold A, C, G and T, each "
                        "before another base. Received: some that do not. Give more sequences.",
                        path="simulate")
    letters = np.bincount(plain.ravel(), minlength=UNKNOWN + 1)[_BASES]
    return MarkovChain(letters / letters.sum(), counts / counts.sum(axis=1, keepdims=True))


def _letters(drawn: NDArray[np.float64], steps: NDArray[np.float64]) -> Codes:
    """Return the letter of each drawn number: how many of the three ``steps`` it has passed."""
    first, second, third = steps
    passed: Codes = (drawn >= first).astype(np.uint8)
    passed += drawn >= second
    passed += drawn >= third
    return passed

"""What a sequence is compared with: nothing, its GC content, or shuffles of itself."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, Codes, OneHot, one_hot
from dlgenomics.data.shuffle import dinucleotide_shuffle
from dlgenomics.errors import DlgError
from dlgenomics.explain.substrate import codes_of

Several = NDArray[np.float32]
"""Float32, shape (sequences, references, length, 4)."""

_FORMS: Final = "zero, gc, gc:SHARE such as gc:0.41, or shuffles:COUNT such as shuffles:5"


class References(Protocol):
    """Makes references for sequences."""

    def draw(self, x: OneHot) -> Several:
        """Return the references of sequences.

        Where a sequence has N, so have its references, so that N contributes nothing.
        """


@dataclass(frozen=True)
class Zero:
    """No letter anywhere."""

    def draw(self, x: OneHot) -> Several:
        """Return zeros: one reference for each sequence."""
        return _with_gaps(x, np.zeros_like(x)[:, None])

    def __str__(self) -> str:
        return "zero"


@dataclass(frozen=True)
class GcContent:
    """All four letters at every position, in shares of a GC content.

    Attributes:
        gc: the share of G and C together; None takes that of each sequence.
    """

    gc: float | None = None

    def draw(self, x: OneHot) -> Several:
        """Return one reference for each sequence."""
        codes = codes_of(x)
        known = np.maximum((codes < UNKNOWN).sum(axis=1), 1)
        own = np.isin(codes, (1, 2)).sum(axis=1) / known
        gc = own if self.gc is None else np.full(len(x), self.gc)
        shares = np.stack([1 - gc, gc, gc, 1 - gc], axis=1).astype(np.float32) / 2
        return _with_gaps(x, np.broadcast_to(shares[:, None, None], (len(x), 1, *x.shape[1:])))

    def __str__(self) -> str:
        return "gc" if self.gc is None else f"gc:{self.gc:g}"


@dataclass(frozen=True)
class Shuffles:
    """Shuffles of each sequence that keep its dinucleotides.

    The same sequence has the same shuffles, whatever stands around it.

    Attributes:
        count: how many for each sequence.
        seed: another one gives others.
    """

    count: int = 10
    seed: int = 1

    def draw(self, x: OneHot) -> Several:
        """Return ``count`` references for each sequence."""
        shuffled = np.stack([self._shuffles(codes) for codes in codes_of(x)])
        return _with_gaps(x, one_hot(shuffled))

    def _shuffles(self, codes: Codes) -> Codes:
        rng = np.random.default_rng([self.seed, zlib.crc32(codes.tobytes())])
        return dinucleotide_shuffle(np.repeat(codes[None], self.count, axis=0), rng)

    def __str__(self) -> str:
        return f"shuffles:{self.count}"


def parse_references(text: str, seed: int = 1) -> References:
    """Return references as the command line names them.

    Raises:
        DlgError: no such references.
    """
    kind, _, value = text.partition(":")
    if text == "zero":
        return Zero()
    if kind == "gc" and (not value or _is_share(value)):
        return GcContent(float(value) if value else None)
    if kind == "shuffles" and (not value or (value.isdecimal() and int(value) > 0)):
        return Shuffles(int(value), seed) if value else Shuffles(seed=seed)
    raise DlgError(f"references are {_FORMS}. Received: {text!r}.")


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _with_gaps(x: OneHot, references: Several) -> Several:
    """Return references with N where the sequence has N."""
    is_gap = (codes_of(x) == UNKNOWN)[:, None, :, None]
    return np.where(is_gap, x[:, None], references).astype(np.float32)

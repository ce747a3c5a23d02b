"""What a language model makes of some sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pool = Literal["mean", "tokens"]
"""One vector a sequence, the mean over its residues; or one a residue."""


@dataclass(frozen=True)
class Embedding:
    """The vectors of some sequences, in order.

    Attributes:
        names: of the sequences.
        lengths: how many residues (or words) each has.
        vectors: float32; one a sequence, (sequences, channels), or one a residue, those of a
            sequence behind each other, (sum of lengths, channels).
    """

    names: tuple[str, ...]
    lengths: tuple[int, ...]
    vectors: NDArray[np.float32]

    def by_sequence(self) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each sequence, (length, channels), where there is one a residue."""
        ends = np.cumsum(self.lengths)
        for length, end in zip(self.lengths, ends, strict=True):
            yield self.vectors[end - length:end]


@dataclass(frozen=True)
class Contents:
    """What a file of embeddings will hold, known before the first is made.

    Attributes:
        sequences: how many there are.
        rows: how many vectors.
        channels: the length of a vector.
        pool: what a vector is of.
        about: facts that go into the file: the model, the layer.
    """

    sequences: int
    rows: int
    channels: int
    pool: Pool
    about: Mapping[str, str] = field(default_factory=dict)

"""Motifs as position weight matrices, from MEME files; a few are built in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.files import open_text

BUILT_IN: Final = Path(__file__).with_name("motifs.meme")
"""TAL1 (TRANSFAC M00065, Tal-1beta:E47, as in DragoNN's tutorials), CTCF (JASPAR MA0139.1)."""


@dataclass(frozen=True)
class Motif:
    """A motif.

    Attributes:
        name: its first name in the file.
        matrix: float64, shape (width, 4), columns in the order A C G T; rows add to 1.
    """

    name: str
    matrix: NDArray[np.float64]

    @property
    def width(self) -> int:
        """The width in bp."""
        return len(self.matrix)


def load_motif(name: str, path: Path = BUILT_IN) -> Motif:
    """Return the motif of that name from a MEME file; case does not matter.

    Raises:
        DataError: no such motif, or not a MEME file.
    """
    motifs = {motif.name: motif for motif in read_meme(path)}
    by_folded = {key.casefold(): motif for key, motif in motifs.items()}
    if name.casefold() not in by_folded:
        raise DataError(f"a motif must be one of {', '.join(motifs)}. Received: {name!r}."
                        f"{did_you_mean(name, motifs)}", path=path)
    return by_folded[name.casefold()]


def read_meme(path: Path | str) -> list[Motif]:
    """Read all motifs of a file in minimal MEME format.

    Raises:
        DataError: no motif, or a matrix that is not one of probabilities.
    """
    with open_text(path, "the motif file") as stream:
        lines = list(stream)
    motifs = list(_motifs(lines, path))
    if not motifs:
        raise DataError("a MEME file must hold a line 'MOTIF name'. Received: none.", path=path)
    return motifs


def _motifs(lines: list[str], path: Path | str) -> Iterator[Motif]:
    starts = [i for i, line in enumerate(lines) if line.startswith("MOTIF")]
    for start, end in pairwise([*starts, len(lines)]):
        words = lines[start].split()
        rows = [line.split() for line in lines[start + 1:end] if _is_row(line)]
        name = words[1] if len(words) > 1 else ""
        matrix = np.array(rows, np.float64) if rows else np.zeros((0, 4))
        good = len(matrix) and (matrix >= 0).all() and np.allclose(matrix.sum(axis=1), 1, atol=0.02)
        if not name or not good:
            raise DataError("a motif must have a name and rows of four probabilities that add to "
                            f"1. Received: {name or 'no name'} with {len(rows)} rows.",
                            path=path, line=start + 1)
        yield Motif(name, matrix / matrix.sum(axis=1, keepdims=True))


def _is_row(line: str) -> bool:
    words = line.split()
    try:
        return len([float(word) for word in words]) == 4
    except ValueError:
        return False

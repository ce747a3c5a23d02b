"""Reads motifs from files in MEME's or JASPAR's format; a few are built in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.files import open_text
from dlgenomics.simulate.motifs import Motif

BUILT_IN: Final = Path(__file__).with_name("motifs.meme")
"""The motifs of DragoNN's tutorials, and a longer one for TAL1.

Their second names are those of the ENCODE motifs (Kheradpour and Kellis 2014,
https://doi.org/10.1093/nar/gkt1249), by which the tutorials call them. TAL1_known4 (TRANSFAC
M00993) is the tutorials' TAL1; TAL1 (TRANSFAC M00065, Tal-1beta:E47) is longer and easier to find.
"""

_PURPOSE: Final = "the motif file"
_NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


def load_motif(name: str, path: Path | str = BUILT_IN) -> Motif:
    """Return the motif of that name, first or second, from a file; case does not matter.

    Raises:
        DataError: no such motif, or not a motif file.
    """
    motifs = read_motifs(path)
    by_folded = {motif.other_name.casefold(): motif for motif in motifs if motif.other_name}
    by_folded |= {motif.name.casefold(): motif for motif in motifs}
    if name.casefold() not in by_folded:
        names = [motif.name for motif in motifs]
        shown = names if len(names) <= 20 else [*names[:20], f"{len(names) - 20} more"]
        raise DataError(f"a motif must be one of {', '.join(shown)}. Received: {name!r}."
                        f"{did_you_mean(name, names)}", path=path)
    return by_folded[name.casefold()]


def built_in_motifs() -> list[Motif]:
    """Return the motifs that come with dlgenomics."""
    return read_motifs(BUILT_IN)


def read_motifs(path: Path | str) -> list[Motif]:
    """Read all motifs of a file: MEME's minimal format, or JASPAR's with counts.

    A MEME file has lines ``MOTIF name [name]``, then rows of four probabilities; a JASPAR file has
    lines ``>name [name]``, then four rows of counts, for A, C, G and T, with or without letters and
    brackets. Counts are divided by their sum.

    Raises:
        DataError: no motif, or a matrix that is none.
    """
    with open_text(path, _PURPOSE) as stream:
        lines = list(stream)
    jaspar = next((line.startswith(">") for line in lines if line.strip()), False)
    motifs = list((_jaspar_motifs if jaspar else _meme_motifs)(lines, path))
    if not motifs:
        raise DataError("a motif file must hold a line 'MOTIF name' (MEME) or '>name' (JASPAR). "
                        "Received: none.", path=path)
    return motifs


def _blocks(lines: Sequence[str], mark: str) -> Iterator[tuple[int, list[str], Sequence[str]]]:
    """Yield the line number, the words after the mark, and the lines up to the next mark."""
    starts = [i for i, line in enumerate(lines) if line.startswith(mark)]
    for start, end in pairwise([*starts, len(lines)]):
        yield start + 1, lines[start][len(mark):].split(), lines[start + 1:end]


def _meme_motifs(lines: Sequence[str], path: Path | str) -> Iterator[Motif]:
    for number, words, body in _blocks(lines, "MOTIF"):
        rows = [line.split() for line in body if _is_row(line)]
        matrix = np.array(rows, np.float64) if rows else np.zeros((0, 4))
        good = (matrix >= 0).all() and np.allclose(matrix.sum(axis=1), 1, atol=0.02)
        if not words or not len(matrix) or not good:
            raise DataError("a motif must have a name and rows of four probabilities that add to "
                            f"1. Received: {_name(words)} with {len(rows)} rows.",
                            path=path, line=number)
        yield _motif(words, matrix)


def _jaspar_motifs(lines: Sequence[str], path: Path | str) -> Iterator[Motif]:
    for number, words, body in _blocks(lines, ">"):
        rows = [re.findall(_NUMBER, re.sub(r"^\s*[ACGT]\b", "", line))
                for line in body if line.strip()]
        widths = {len(row) for row in rows}
        if not words or len(rows) != 4 or len(widths) != 1 or widths == {0}:
            raise DataError("a motif must have a name and four rows of counts, for A, C, G and T, "
                            f"all of one length. Received: {_name(words)} with {len(rows)} rows.",
                            path=path, line=number)
        matrix = np.array(rows, np.float64).T
        if (matrix < 0).any() or not matrix.sum(axis=1).all():
            raise DataError("counts of a motif must not be negative, nor all 0 at a place. "
                            f"Received: such in {_name(words)}.", path=path, line=number)
        yield _motif(words, matrix)


def _motif(words: Sequence[str], matrix: np.ndarray) -> Motif:
    other = words[1] if len(words) > 1 else ""
    return Motif(words[0], matrix / matrix.sum(axis=1, keepdims=True), other)


def _name(words: Sequence[str]) -> str:
    return words[0] if words else "no name"


def _is_row(line: str) -> bool:
    words = line.split()
    try:
        return len([float(word) for word in words]) == 4
    except ValueError:
        return False

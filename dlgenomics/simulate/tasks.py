"""DragoNN's simulated tasks: sequences with motifs embedded in random background.

Every letter is drawn from a seeded generator by whole-array operations; the embedded motifs are
kept as truth. After the tutorials of DragoNN (https://kundajelab.github.io/dragonn/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, reverse_complement
from dlgenomics.errors import DataError
from dlgenomics.simulate.motifs import Motif

PSEUDOCOUNT: Final = 0.001
_TRIES: Final = 1000


@dataclass(frozen=True)
class Embeddings:
    """The motifs that were embedded, one row each.

    Attributes:
        sequence: the row of the sequence.
        start: the first position, 0-based.
        width: the motif's width in bp.
        minus: whether its reverse complement was embedded.
    """

    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    width: int
    minus: NDArray[np.bool_]


@dataclass(frozen=True)
class Simulation:
    """Simulated sequences with labels and truth.

    Attributes:
        codes: uint8, shape (sequences, length).
        labels: 1 for positives, 0 for negatives.
        embeddings: what was embedded where.
    """

    codes: Codes
    labels: NDArray[np.int64]
    embeddings: Embeddings


@dataclass(frozen=True)
class Half:
    """How the positives, or the negatives, of a task are made.

    Attributes:
        least, most: the number of motifs is drawn evenly from this range, ends included.
        central: motifs lie in the central ``center`` bp; otherwise anywhere.
    """

    least: int
    most: int
    central: bool = False


@dataclass(frozen=True)
class TaskRecipe:
    """A task: what tells positives from negatives."""

    question: str
    positives: Half
    negatives: Half


TASKS: Final[Mapping[str, TaskRecipe]] = {
    "single-motif": TaskRecipe(
        "Is the motif there?", positives=Half(1, 1), negatives=Half(0, 0)
    ),
    "motif-counting": TaskRecipe(
        "Are there many motifs (2 to 4) or few (0 or 1)?",
        positives=Half(2, 4), negatives=Half(0, 1),
    ),
    "density-localization": TaskRecipe(
        "Are 2 to 4 motifs in the centre, or anywhere?",
        positives=Half(2, 4, central=True), negatives=Half(2, 4),
    ),
}


def simulate(
    task: str,
    motif: Motif,
    *,
    count: int = 20_000,
    length: int = 500,
    center: int = 150,
    gc: float = 0.4,
    seed: int = 1,
) -> Simulation:
    """Simulate a task, half positives and half negatives, in random order.

    Args:
        task: a key of `TASKS`.
        motif: what is embedded; each instance is drawn from the matrix (plus a pseudocount of
            0.001), reverse-complemented with probability 0.5, never overlapping another.
        count: the number of sequences.
        length: bp in each.
        center: bp in the middle where central motifs lie.
        gc: the share of G and C in the background, whose letters are independent.
        seed: the same seed gives the same bytes.

    Raises:
        DataError: the motifs do not fit.
    """
    recipe = TASKS[task]
    room = center if recipe.positives.central else length
    most = max(recipe.positives.most, recipe.negatives.most)
    if room > length or room < 2 * most * motif.width:
        raise DataError(
            f"{most} motifs of {motif.width} bp need room of at least {2 * most * motif.width} bp "
            f"within the sequence. Received: {room} bp in {length} bp. "
            "Make the sequence or the centre longer.", path=f"simulate {task}")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 2)
    background = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    codes = rng.choice(4, size=(count, length), p=background).astype(np.uint8)
    halves = [
        _embed(codes, np.flatnonzero(labels == label), half, motif, center, rng)
        for label, half in ((1, recipe.positives), (0, recipe.negatives))
    ]
    return Simulation(codes, labels, _joined(halves, motif.width))


def _embed(codes: Codes, rows: NDArray[np.int64], half: Half, motif: Motif, center: int,
           rng: np.random.Generator) -> tuple[NDArray[np.int64], ...]:
    """Write motifs into ``codes``; return the rows, starts and strands of the instances."""
    length = codes.shape[1]
    low = (length - center) // 2 if half.central else 0
    high = low + (center if half.central else length) - motif.width
    counts = rng.integers(half.least, half.most, len(rows), endpoint=True)
    starts = _apart(counts, half.most, low, high, motif.width, rng)
    used = np.arange(half.most) < counts[:, None]
    sequence = np.repeat(rows, counts)
    start = starts[used]
    minus = rng.random(len(start)) < 0.5
    instances = _drawn(motif, len(start), rng)
    instances[minus] = reverse_complement(instances[minus])
    codes[sequence[:, None], start[:, None] + np.arange(motif.width)] = instances
    return sequence, start, minus.astype(np.int64)


def _apart(counts: NDArray[np.int64], most: int, low: int, high: int, width: int,
           rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw start positions, evenly from low to high; rows whose motifs overlap are drawn again."""
    starts = np.zeros((len(counts), most), np.int64)
    unused = np.arange(most) >= counts[:, None]
    left = np.arange(len(counts))
    for _ in range(_TRIES):
        drawn = rng.integers(low, high, (len(left), most), endpoint=True)
        # Places that hold no motif go far apart behind the sequence, where they disturb nothing.
        far = high + width * (2 + np.arange(most))
        placed = np.where(unused[left], far, drawn)
        clash = (np.diff(np.sort(placed, axis=1), axis=1) < width).any(axis=1)
        starts[left[~clash]] = placed[~clash]
        left = left[clash]
        if not len(left):
            return starts
    raise DataError(f"motifs must fit without overlap. Received: {len(left)} sequences where they "
                    "do not. Make the sequence or the centre longer.", path="simulate")


def _drawn(motif: Motif, count: int, rng: np.random.Generator) -> Codes:
    matrix = motif.matrix + PSEUDOCOUNT
    cumulative = np.cumsum(matrix / matrix.sum(axis=1, keepdims=True), axis=1)
    draws = rng.random((count, motif.width))
    codes: Codes = (draws[..., None] >= cumulative[None, :, :3]).sum(axis=2).astype(np.uint8)
    return codes


def _joined(halves: list[tuple[NDArray[np.int64], ...]], width: int) -> Embeddings:
    sequence, start, minus = (np.concatenate(columns) for columns in zip(*halves, strict=True))
    order = np.lexsort((start, sequence))
    return Embeddings(sequence[order], start[order], width, minus[order].astype(bool))

"""Which motifs go into which sequences, and putting them there.

A task makes scenes; `embed` writes each into the background and returns what lies where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, reverse_complement
from dlgenomics.errors import DataError
from dlgenomics.simulate.motifs import Motif

PSEUDOCOUNT: Final = 0.001
"""What is added to each probability of a matrix before instances are drawn from it."""

_TRIES: Final = 1000


@dataclass(frozen=True)
class Unit:
    """Motifs at fixed distances that lie on one strand as a whole; most often one motif.

    Attributes:
        parts: (which motif, how many bp after the unit's start) of each.
        width: from the start of the first to the end of the last, in bp.
    """

    parts: tuple[tuple[int, int], ...]
    width: int


@dataclass(frozen=True, eq=False)
class Scene:
    """Sequences that are filled in the same way.

    Attributes:
        rows: their places among all sequences.
        units: what can be embedded, each at most once.
        used: bool, shape (rows, units): which are.
        low, end: units lie in this part of the sequence, 0-based and half-open.
        not_apart_by: distances in bp, ends included, that neighbours may not have.
    """

    rows: NDArray[np.int64]
    units: tuple[Unit, ...]
    used: NDArray[np.bool_]
    low: int
    end: int
    not_apart_by: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Embeddings:
    """The motifs that were embedded, one place each in all arrays, by sequence and start.

    Attributes:
        sequence: the row of the sequence.
        start: the first position, 0-based.
        width: the motif's width in bp.
        motif: which of the motifs.
        minus: whether its reverse complement was embedded.
    """

    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    width: NDArray[np.int64]
    motif: NDArray[np.int64]
    minus: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)


def embed(codes: Codes, scene: Scene, motifs: Sequence[Motif],
          rng: np.random.Generator) -> Embeddings:
    """Write a scene into ``codes``: places, strands and letters are drawn.

    Args:
        codes: uint8, shape (sequences, length); changed.
        scene: what is embedded in which rows.
        motifs: the motifs that units speak of. Instances are drawn from their matrices (plus
            `PSEUDOCOUNT`) and reverse-complemented with probability 0.5.
        rng: where the randomness comes from.

    Raises:
        DataError: the units do not fit without overlap.
    """
    if not scene.units:
        return _no_embeddings()
    starts = _placed(scene, codes.shape[1], rng)
    row, unit = np.nonzero(scene.used)
    minus = rng.random(len(row)) < 0.5
    found = _parts(scene, row, unit, starts[row, unit], minus, motifs)
    for index, motif in enumerate(motifs):
        here = found.motif == index
        instances = draw_instances(motif, int(here.sum()), rng)
        flipped = found.minus[here]
        instances[flipped] = reverse_complement(instances[flipped])
        places = found.start[here, None] + np.arange(motif.width)
        codes[found.sequence[here, None], places] = instances
    return found


def draw_instances(motif: Motif, count: int, rng: np.random.Generator) -> Codes:
    """Return sequences drawn from a motif's matrix: uint8, shape (count, width)."""
    matrix = motif.matrix + PSEUDOCOUNT
    cumulative = np.cumsum(matrix / matrix.sum(axis=1, keepdims=True), axis=1)
    draws = rng.random((count, motif.width))
    codes: Codes = (draws[..., None] >= cumulative[None, :, :3]).sum(axis=2).astype(np.uint8)
    return codes


def join_embeddings(several: Sequence[Embeddings]) -> Embeddings:
    """Return all embeddings by sequence and start."""
    joined = [np.concatenate([getattr(one, field.name) for one in several])
              for field in fields(Embeddings)]
    order = np.lexsort((joined[1], joined[0]))
    return Embeddings(*(column[order] for column in joined))


def _no_embeddings() -> Embeddings:
    none = np.zeros(0, np.int64)
    return Embeddings(none, none, none, none, np.zeros(0, np.bool_))


def _placed(scene: Scene, length: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw start positions evenly; rows whose units clash are drawn again.

    Returns:
        shape (rows, units); meaningless where a unit is not used.
    """
    widths = np.array([unit.width for unit in scene.units])
    _require_room(scene, widths, length)
    # Units that are not used go far apart behind the sequence, where they disturb nothing.
    far = (2 + np.arange(len(widths))) * (scene.end + length)
    starts = np.zeros(scene.used.shape, np.int64)
    left = np.arange(len(starts))
    for _ in range(_TRIES):
        drawn = rng.integers(scene.low, scene.end - widths, (len(left), len(widths)), endpoint=True)
        placed = np.where(scene.used[left], drawn, far)
        clash = _clash(placed, widths, scene.not_apart_by)
        starts[left[~clash]] = placed[~clash]
        left = left[clash]
        if not len(left):
            return starts
    raise DataError(f"motifs must fit without overlap. Received: {len(left)} sequences where they "
                    "do not. Make the sequence or the centre longer.", path="simulate")


def _clash(starts: NDArray[np.int64], widths: NDArray[np.int64],
           not_apart_by: tuple[int, int] | None) -> NDArray[np.bool_]:
    order = np.argsort(starts, axis=1)
    ordered = np.take_along_axis(starts, order, axis=1)
    gaps = ordered[:, 1:] - (ordered + widths[order])[:, :-1]
    bad: NDArray[np.bool_] = np.less(gaps, 0)
    if not_apart_by:
        bad |= (gaps >= not_apart_by[0]) & (gaps <= not_apart_by[1])
    return np.asarray(bad.any(axis=1))


def _require_room(scene: Scene, widths: NDArray[np.int64], length: int) -> None:
    taken = (scene.used * widths).sum(axis=1).max(initial=0)
    room = scene.end - scene.low
    if scene.low < 0 or room < 2 * taken:
        raise DataError(f"motifs that take {taken} bp need room of at least {2 * taken} bp within "
                        f"the sequence. Received: {room} bp in {length} bp. Make the sequence or "
                        "the centre longer.", path="simulate")


def _parts(scene: Scene, row: NDArray[np.int64], unit: NDArray[np.int64],
           start: NDArray[np.int64], minus: NDArray[np.bool_],
           motifs: Sequence[Motif]) -> Embeddings:
    """Return the motifs of embedded units, unit by unit."""
    several = []
    for index, one in enumerate(scene.units):
        here = np.flatnonzero(unit == index)
        for motif, offset in one.parts:
            width = motifs[motif].width
            # On the other strand the unit is read from its end.
            shift = np.where(minus[here], one.width - offset - width, offset)
            filled = np.full((2, len(here)), [[width], [motif]])
            several.append((here, Embeddings(scene.rows[row[here]], start[here] + shift,
                                             filled[0], filled[1], minus[here])))
    order = np.argsort(np.concatenate([here for here, _ in several]), kind="stable")
    joined = [np.concatenate([getattr(part, field.name) for _, part in several])[order]
              for field in fields(Embeddings)]
    return Embeddings(*joined)

"""What a batch holds besides letters: numbers, arrays and signal, changed as the letters are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.banks import Bank
from dlgenomics.data.encoding import Codes, reverse_complement
from dlgenomics.data.split import Rows
from dlgenomics.data.tracks import pool, reverse, transform
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.inputs import Transform

FLIP: Final = "reverse_complement"
SHIFT: Final = "shift"


@dataclass(frozen=True)
class Change:
    """What augmentation does to the examples of one batch.

    Attributes:
        offset: where each window starts in its margin, in bp; half the margins is no shift.
        flipped: which examples are reverse-complemented.
    """

    offset: NDArray[np.int64]
    flipped: NDArray[np.bool_]


def draw_change(augment: Sequence[Reference], margin: int, count: int,
                rng: np.random.Generator) -> Change:
    """Draw what augmentation does to ``count`` examples with ``margin`` bp more at both ends."""
    offset = np.full(count, margin)
    flipped = np.zeros(count, bool)
    for change in augment:
        if change.name == SHIFT:
            by = change.arguments["max"]
            offset = margin + rng.integers(-by, by, count, endpoint=True)
    for change in augment:
        if change.name == FLIP:
            flipped = rng.random(count) < change.arguments.get("probability", 0.5)
    return Change(offset, flipped)


def changed_codes(codes: Codes, change: Change, margin: int) -> Codes:
    """Return the windows of codes, shape (batch, window + 2 margin), that a change makes."""
    codes = _windows(codes, change, margin)
    if change.flipped.any():
        codes = codes.copy()
        codes[change.flipped] = reverse_complement(codes[change.flipped])
    return codes


def _windows(values: NDArray[Any], change: Change, margin: int) -> NDArray[Any]:
    """Return the windows at each example's offset; axis 1 holds positions."""
    if not margin:
        return values
    places = change.offset[:, None] + np.arange(values.shape[1] - 2 * margin)
    places = places.reshape(*places.shape, *(1,) * (values.ndim - 2))
    found: NDArray[Any] = np.take_along_axis(values, places, axis=1)
    return found


class Feature(Protocol):
    """One array of a batch."""

    def batch(self, rows: Rows, change: Change) -> NDArray[np.float32]:
        """Return some rows, changed as the sequences are."""
        ...


@dataclass(frozen=True, eq=False)
class Plain:
    """Numbers that no augmentation changes."""

    bank: Bank

    def batch(self, rows: Rows, change: Change) -> NDArray[np.float32]:  # noqa: ARG002
        """Return float32 rows."""
        return self.bank.take(rows).astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class Signal:
    """Signal along windows: shifted and turned round together with the letters.

    Attributes:
        bank: float32, shape (rows, length + 2 margin, tracks), position by position.
        margin: see ``bank``.
        bin: neighbouring positions that become one.
        pool: what becomes of the positions of a bin.
        transform: applied after binning.
        stranded: tracks come in pairs that change places on the other strand.
        total: one value for the window, without an axis of positions.
    """

    bank: Bank
    margin: int
    bin: int
    pool: Literal["mean", "sum"]
    transform: Transform
    stranded: bool
    total: bool = False

    def batch(self, rows: Rows, change: Change) -> NDArray[np.float32]:
        """Return float32, shape (rows, length / bin, tracks), or (rows, tracks) of totals."""
        signal = _windows(self.bank.take(rows), change, self.margin)
        if change.flipped.any():
            signal = signal.copy()
            signal[change.flipped] = reverse(signal[change.flipped], stranded=self.stranded)
        pooled = transform(pool(signal, self.bin, self.pool), self.transform)
        found: NDArray[np.float32] = (pooled[:, 0] if self.total else pooled).astype(np.float32)
        return found

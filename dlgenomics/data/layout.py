"""How a source lays out one-hot DNA: where its axes lie, the order of its channels, its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import ALPHABET, OneHot

Length = TypeVar("Length", int, None)

_SEQUENCE: Final = "length"
_LETTERS: Final = "alphabet"
_DUMMY: Final = "one"


@dataclass(frozen=True)
class Layout:
    """What becomes of (batch, length, 4) in the order A C G T, which is `Layout()`, and back.

    >>> Layout(alphabet_axis=0, dummy_axis=2).shape(600)       # Kipoi's Basset
    (4, 600, 1)

    Attributes:
        alphabet_axis: where the channels lie in one example; positions take the place left over.
        dummy_axis: where an axis of length one lies, or None.
        alphabet: the bases in the order of the channels.
        dtype: the name of the type of numbers that the source's users see.

    Raises:
        ValueError: no such axes, or an alphabet that is not A, C, G and T, each once.
    """

    alphabet_axis: int = 1
    dummy_axis: int | None = None
    alphabet: str = ALPHABET
    dtype: str = "float32"

    def __post_init__(self) -> None:
        axes = range(2 if self.dummy_axis is None else 3)
        chosen = [a for a in (self.alphabet_axis, self.dummy_axis) if a is not None]
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(axes):
            raise ValueError(
                "alphabet_axis must be 0 or 1; with a dummy_axis both must be 0, 1 or 2 and differ."
                f" Received: alphabet_axis {self.alphabet_axis}, dummy_axis {self.dummy_axis}.")
        if sorted(self.alphabet) != sorted(ALPHABET):
            raise ValueError("alphabet must hold A, C, G and T, each once, such as 'AGCT'. "
                             f"Received: {self.alphabet!r}.")

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """What lies on each axis of one example: ``length``, ``alphabet`` and perhaps ``one``."""
        count = 2 if self.dummy_axis is None else 3
        fixed = {self.alphabet_axis: _LETTERS, self.dummy_axis: _DUMMY}
        return tuple(fixed.get(axis, _SEQUENCE) for axis in range(count))

    @cached_property
    def words(self) -> str:
        """The layout in words, such as ``(4, length, 1), channels A C G T``."""
        sizes = {_LETTERS: "4", _DUMMY: "1", _SEQUENCE: "length"}
        return (f"({', '.join(sizes[axis] for axis in self.axes)}), "
                f"channels {' '.join(self.alphabet)}")

    def shape(self, length: Length) -> tuple[int | Length, ...]:
        """Return the shape of one example of ``length`` bases; None is any length."""
        sizes: dict[str, int | Length] = {_LETTERS: len(ALPHABET), _DUMMY: 1, _SEQUENCE: length}
        return tuple(sizes[axis] for axis in self.axes)

    def fits(self, shape: Sequence[int]) -> bool:
        """Return whether one example of some length can have this shape."""
        return len(shape) == len(self.axes) and all(
            axis == _SEQUENCE or size == self.shape(1)[place]
            for place, (axis, size) in enumerate(zip(self.axes, shape, strict=True)))

    def apply(self, x: OneHot) -> NDArray[Any]:
        """Return one-hot DNA, shape (batch, length, 4) in the order A C G T, in this layout.

        The type of its numbers is kept; see `typed`.
        """
        ordered = x if self.alphabet == ALPHABET else x[..., self._order]
        moved = np.swapaxes(ordered, 1, 2) if self._is_turned else ordered
        return moved if self.dummy_axis is None else np.expand_dims(moved, 1 + self.dummy_axis)

    def typed(self, x: OneHot) -> NDArray[Any]:
        """Return `apply` in the type of numbers that the source's users see.

        As in kipoiseq, whole numbers have no 0.25: N is then zero.
        """
        return np.ascontiguousarray(self.apply(x)).astype(self.dtype, copy=False)

    def undo(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return an array in this layout as (batch, length, 4) in the order A C G T.

        Args:
            x: shaped as `apply` returns it; any type of numbers.
        """
        bare = x if self.dummy_axis is None else np.squeeze(x, 1 + self.dummy_axis)
        straight = np.swapaxes(bare, 1, 2) if self._is_turned else bare
        if self.alphabet == ALPHABET:
            return straight
        return straight[..., [self.alphabet.index(base) for base in ALPHABET]]

    @cached_property
    def _order(self) -> list[int]:
        return [ALPHABET.index(base) for base in self.alphabet]

    @property
    def _is_turned(self) -> bool:
        return self.axes.index(_LETTERS) < self.axes.index(_SEQUENCE)

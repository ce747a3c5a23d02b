"""The explained number of sequences in which one letter is replaced.

Where the network allows, only what the new letter reaches is computed again; see
`dlgenomics.explain.reach`. Everything else comes from one pass over the sequences as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.explain.graph import call_at, plainly, run_all
from dlgenomics.explain.reach import MOVING, PADDED_WITH_LEAST, SLIDING, Reach, Window
from dlgenomics.spec.types import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras

    from dlgenomics.explain.attribution import Numbers
    from dlgenomics.explain.quantity import Arrays, Quantity

_MOST_AT_ONCE: Final = 8
"""Windows take less memory than sequences: so many times the rows go through at once."""


def substituted(quantity: Quantity, arrays: Arrays, letters: NDArray[np.int64],
                batch_size: int) -> Numbers:
    """Return the explained number with one letter replaced, everywhere in turn.

    Args:
        quantity: the number.
        arrays: all inputs by name.
        letters: the codes of the new letters: shape (sequences, length, choices).
        batch_size: rows that go through the whole network at once.

    Returns:
        Shape (sequences, length, choices).
    """
    substitution = quantity.substitution
    at_once = batch_size
    if substitution.by_window:
        at_once *= min(_MOST_AT_ONCE, max(1, int(1 / substitution.reach.share)))
    parts = []
    for first in range(0, len(letters), batch_size):
        some = {name: one[first:first + batch_size] for name, one in arrays.items()}
        parts.append(_numbers(substitution, some, letters[first:first + batch_size], at_once))
    return np.concatenate(parts)


def _numbers(substitution: Substitution, arrays: Arrays, letters: NDArray[np.int64],
             at_once: int) -> Numbers:
    run = substitution.prepared(arrays)
    owner, place, _ = np.unravel_index(np.arange(letters.size), letters.shape)
    flat = letters.reshape(-1)
    found = [run(owner[i:i + at_once], place[i:i + at_once], flat[i:i + at_once])
             for i in range(0, len(flat), at_once)]
    return np.concatenate(found).reshape(letters.shape)


Run = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], "Numbers"]
"""Rows, as the sequence that each is of, the place and the new letter → the explained number."""


@dataclass(frozen=True, eq=False)
class Substitution:
    """Replaces letters of sequences.

    Attributes:
        quantity: the number that is explained.
        by_window: whether only what a letter reaches is computed again; the results are the same.
    """

    quantity: Quantity
    by_window: bool

    @property
    def reach(self) -> Reach:
        """How far a letter reaches."""
        return self.quantity.reach

    def prepared(self, arrays: Arrays) -> Run:
        """Return what computes rows of some sequences."""
        if not self.by_window:
            return self._as_a_whole(arrays)
        reference = self._reference(dict(arrays))
        return lambda owner, place, letter: self._windows(
            reference, *(tf.constant(one, tf.int32) for one in (owner, place, letter))).numpy()

    def _as_a_whole(self, arrays: Arrays) -> Run:
        explained, value = self.quantity.explained, self.quantity.value

        def run(owner: NDArray[np.int64], place: NDArray[np.int64],
                letter: NDArray[np.int64]) -> Numbers:
            rows = {name: one[owner] for name, one in arrays.items()}
            rows[explained][np.arange(len(owner)), place] = np.eye(4, dtype=np.float32)[letter]
            found: Numbers = value(rows).numpy()
            return found

        return run

    @cached_property
    def _reference(self) -> Callable[..., Any]:
        """Input tensors by name → every tensor that windows and the layers behind them need."""
        quantity = self.quantity
        layers = {one.name: one for one in quantity.model.spec.model.layers}
        needed = {source for name in (*self.reach.spans, *(one.name for one in self.reach.rest))
                  for source in layers[name].inputs}
        return quantity.compiled(lambda arrays: {
            name: tensor for name, tensor in
            run_all(quantity.model, quantity.point, arrays, plainly).items() if name in needed})

    @cached_property
    def _windows(self) -> Callable[..., Any]:
        made: Callable[..., Any] = tf.function(self._run, reduce_retracing=True)
        return made

    def _run(self, reference: Mapping[str, Any], owner: Any, place: Any, letter: Any) -> Any:
        quantity, reach = self.quantity, self.reach
        rows = _Rows(reach, reference, owner, place,
                     {quantity.explained: tf.one_hot(letter, 4)[:, None]})
        network = quantity.model.model
        for layer in quantity.model.spec.model.layers:
            if layer.name in reach.spans:
                made = network.get_layer(layer.shares or layer.name)
                rows.computed[layer.name] = rows.in_window(layer, made)
        whole: dict[str, Any] = {}
        for layer in reach.rest:
            before = [whole[one] if one in whole else rows.whole(one) for one in layer.inputs]
            whole[layer.name] = call_at(quantity.model, quantity.point, layer, before, plainly)
        return quantity.column(whole[quantity.point.layer])


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of tensors in which something was replaced.

    Attributes:
        reach: the windows.
        reference: tensors of the sequences as they are: shape (sequences, positions, channels).
        owner: the sequence that each row is of.
        place: where its letter is replaced.
        computed: tensors within their windows: shape (rows, width, channels).
    """

    reach: Reach
    reference: Mapping[str, Any]
    owner: Any
    place: Any
    computed: dict[str, Any]

    def in_window(self, layer: Layer, made: keras.Layer) -> Any:
        """Return what a layer gives within its window."""
        span, window = self.reach.spans[layer.name], self.reach.windows[layer.name]
        begin = window.first if span.stride > 0 else window.first + window.width - 1
        needed = Window(begin * span.stride - span.left,
                        (window.width - 1) * abs(span.stride) + span.width)
        filler = float("-inf") if layer.kind in PADDED_WITH_LEAST else 0.0
        before = [self._cut(source, needed, filler) for source in layer.inputs]
        if layer.kind in MOVING:
            return before[0]
        with _unpadded(made) if layer.kind in SLIDING else nullcontext():
            return plainly(layer, made, before)

    def whole(self, source: str) -> Any:
        """Return a tensor at all positions."""
        rows = tf.gather(self.reference[source], self.owner)
        if source not in self.computed:
            return rows
        window = self.reach.windows[source]
        where = self._positions(window)
        row = tf.broadcast_to(tf.range(tf.shape(where)[0])[:, None], tf.shape(where))
        return tf.tensor_scatter_nd_update(rows, tf.stack([row, where], axis=-1),
                                           self.computed[source])

    def _cut(self, source: str, needed: Window, filler: float) -> Any:
        """Return the positions of a tensor that are needed, the computed ones among them."""
        own = self.reach.windows.get(source)
        if own is not None and needed.width == own.width and (needed.first == own.first).all():
            return self.computed[source]
        reference = self.reference[source]
        length, channels = reference.shape[1:]
        where = self._positions(needed)
        flat = self.owner[:, None] * length + tf.clip_by_value(where, 0, length - 1)
        found = tf.gather(tf.reshape(reference, (-1, channels)), flat)
        if own is not None:
            place = where - tf.gather(tf.constant(own.first, tf.int32), self.place)[:, None]
            new = tf.gather(self.computed[source], tf.clip_by_value(place, 0, own.width - 1),
                            batch_dims=1)
            found = tf.where(((place >= 0) & (place < own.width))[..., None], new, found)
        if needed.first.min() < 0 or needed.first.max() + needed.width > length:
            found = tf.where(((where >= 0) & (where < length))[..., None], found, filler)
        return found

    def _positions(self, window: Window) -> Any:
        first = tf.gather(tf.constant(window.first, tf.int32), self.place)
        return first[:, None] + tf.range(window.width)


@contextmanager
def _unpadded(made: keras.Layer) -> Iterator[None]:
    """Let a layer add nothing at the ends, where the window brings what stands there."""
    padding = getattr(made, "padding", None)
    if padding is None:
        yield
        return
    made.padding = "valid"
    try:
        yield
    finally:
        made.padding = padding

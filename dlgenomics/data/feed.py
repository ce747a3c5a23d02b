"""Examples → batches of arrays, by whole-array operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, kmers, one_hot, one_hot_protein
from dlgenomics.data.examples import Examples
from dlgenomics.data.features import Change, changed_codes, draw_change
from dlgenomics.data.sampling import draw_order, sampling_groups
from dlgenomics.data.split import Rows
from dlgenomics.spec.inputs import KmerInput, ProteinInput, SequenceInput
from dlgenomics.spec.targets import InputTarget
from dlgenomics.spec.types import Data

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Batch:
    """Some labelled examples.

    Attributes:
        inputs: arrays by input.
        targets: float32 by target; NaN is a label that is missing.
        weights: how much each example counts, or None.
    """

    inputs: Arrays
    targets: dict[str, NDArray[np.float32]]
    weights: NDArray[np.float32] | None


@dataclass(frozen=True)
class Feed:
    """Batches of labelled examples in their order, as they are.

    Args:
        examples: where the rows come from.
        rows: the rows to feed.
        data: the spec's inputs and targets.
        batch_size: examples in a batch; the last one may be smaller.
    """

    examples: Examples
    rows: Rows
    data: Data
    batch_size: int

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return (len(self.rows) + self.batch_size - 1) // self.batch_size

    def order(self, epoch: int) -> Rows:  # noqa: ARG002
        """Return the rows in the order of an epoch, counted from 0."""
        return self.rows

    def change(self, count: int, epoch: int, index: int) -> Change:  # noqa: ARG002
        """Return what is done to the examples of a batch: nothing."""
        return draw_change((), self.examples.margin, count, np.random.default_rng(0))

    def batch(self, order: Rows, epoch: int, index: int) -> Batch:
        """Return one batch; what it holds depends on the arguments alone."""
        rows = order[index * self.batch_size:(index + 1) * self.batch_size]
        change = self.change(len(rows), epoch, index)
        examples = self.examples
        inputs = {name: one.batch(rows, change) for name, one in examples.inputs.items()}
        if examples.sequences is not None:
            codes = changed_codes(examples.sequences.take(rows), change, examples.margin)
            inputs.update(encode_inputs(codes, self.data.sequences))
        targets = {
            name: inputs[target.input] if isinstance(target, InputTarget)
            else examples.labels[name].batch(rows, change)
            for name, target in self.data.targets.items()}
        weights = None if examples.weights is None else examples.weights[rows]
        return Batch({name: inputs[name] for name in self.data.inputs}, targets, weights)


@dataclass(frozen=True)
class TrainingFeed(Feed):
    """Batches in a new order each epoch, augmented; both depend on seed and epoch alone.

    Args:
        seed: for order, augmentation and sampling.
    """

    seed: int = field(kw_only=True)

    def order(self, epoch: int) -> Rows:
        """Return the rows in the order of an epoch, counted from 0."""
        rng = np.random.default_rng([self.seed, 2, epoch])
        if self._groups is None:
            return rng.permutation(self.rows)
        return self.rows[draw_order(self._groups, len(self.rows), self.batch_size, rng)]

    @cached_property
    def _groups(self) -> list[tuple[Rows, float]] | None:
        sampling = self.data.sampling
        if sampling is None:
            return None
        unchanged = draw_change((), self.examples.margin, len(self.rows), np.random.default_rng(0))
        labels = self.examples.labels[sampling.of].batch(self.rows, unchanged)
        return sampling_groups(sampling, labels)

    def change(self, count: int, epoch: int, index: int) -> Change:
        """Return what augmentation does to the examples of a batch."""
        rng = np.random.default_rng([self.seed, 3, epoch, index])
        return draw_change(self.data.augment, self.examples.margin, count, rng)


def encode_inputs(codes: Codes, inputs: Mapping[str, SequenceInput]) -> Arrays:
    """Return the arrays of the inputs made of letters: the central part of ``codes``, encoded.

    Args:
        codes: uint8, shape (batch, window); the window is the longest input's length.
        inputs: the model's inputs.

    Returns:
        Arrays by input, shaped (batch, ...) as each input says.
    """
    window = codes.shape[1]
    found: Arrays = {}
    for name, one in inputs.items():
        first = window // 2 - one.length // 2
        found[name] = _encoded(codes[:, first:first + one.length], one)
    return found


def _encoded(codes: Codes, one: SequenceInput) -> NDArray[Any]:
    if isinstance(one, KmerInput):
        return kmers(codes, one.k, one.stride)
    if isinstance(one, ProteinInput):
        return one_hot_protein(codes, one.x)
    return one_hot(codes, one.n)

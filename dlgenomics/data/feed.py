"""Examples and intervals → batches of arrays, by whole-array operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, OneHot, one_hot, reverse_complement
from dlgenomics.data.examples import Examples
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.split import Rows
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.types import DnaInput


@dataclass(frozen=True)
class TrainingFeed:
    """Batches of labelled examples; what each epoch holds depends on seed and epoch alone.

    Args:
        examples: where the rows come from.
        rows: the rows to feed.
        inputs: the model's inputs.
        batch_size: examples in a batch; the last one may be smaller.
        shuffle: a new order in each epoch.
        augment: the spec's augmentations, for training rows only.
        seed: for order and augmentation.
    """

    examples: Examples
    rows: Rows
    inputs: Mapping[str, DnaInput]
    batch_size: int
    shuffle: bool = False
    augment: Sequence[Reference] = ()
    seed: int = 0

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return (len(self.rows) + self.batch_size - 1) // self.batch_size

    def order(self, epoch: int) -> Rows:
        """Return the rows in the order of an epoch, counted from 0."""
        if not self.shuffle:
            return self.rows
        return np.random.default_rng([self.seed, 2, epoch]).permutation(self.rows)

    def batch(
        self, order: Rows, epoch: int, index: int
    ) -> tuple[dict[str, OneHot], dict[str, NDArray[np.float32]]]:
        """Return one batch: inputs by name, float32 (batch, length, 4), and targets by name."""
        rows = order[index * self.batch_size:(index + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, 3, epoch, index])
        codes = self._augmented(self.examples.codes[rows], rng)
        targets = {name: labels[rows] for name, labels in self.examples.labels.items()}
        return encode_inputs(codes, self.inputs), targets

    def _augmented(self, codes: Codes, rng: np.random.Generator) -> Codes:
        margin = self.examples.margin
        length = codes.shape[1] - 2 * margin
        offsets = np.full(len(codes), margin)
        for change in self.augment:
            if change.name == "shift":
                by = change.arguments["max"]
                offsets = margin + rng.integers(-by, by, len(codes), endpoint=True)
        if margin:
            codes = np.take_along_axis(codes, offsets[:, None] + np.arange(length), axis=1)
        for change in self.augment:
            if change.name == "reverse_complement":
                flipped = rng.random(len(codes)) < change.arguments.get("probability", 0.5)
                codes = codes.copy()
                codes[flipped] = reverse_complement(codes[flipped])
        return codes


def encode_inputs(codes: Codes, inputs: Mapping[str, DnaInput]) -> dict[str, OneHot]:
    """Return each input's arrays: the central part of ``codes``, one-hot.

    Args:
        codes: uint8, shape (batch, window); the window is the longest input's length.
        inputs: the model's inputs.

    Returns:
        float32, shape (batch, length, 4), by input.
    """
    window = codes.shape[1]
    found = {}
    for name, one in inputs.items():
        first = window // 2 - one.length // 2
        found[name] = one_hot(codes[:, first:first + one.length], one.n)
    return found


def interval_batches(
    genome: Genome, windows: Intervals, batch_size: int, *, pad: bool = False
) -> Iterator[tuple[Codes, slice]]:
    """Yield codes of intervals of one length, in order, with the rows they belong to.

    All intervals are checked against the genome before the first batch.

    Raises:
        ContigError, BoundsError: see `Genome.check`.
    """
    genome.check(windows, pad=pad)
    for first in range(0, len(windows), batch_size):
        rows = slice(first, min(first + batch_size, len(windows)))
        yield genome.fetch(windows[rows], pad=pad), rows

"""A training feed as the dataset that Keras's ``fit`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from dlgenomics.data.feed import TrainingFeed


class FeedDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of a feed; what they hold depends on seed, epoch and index alone.

    Args:
        feed: the batches.
        weights: a weight for each class of the only target, or None.
    """

    def __init__(self, feed: TrainingFeed, weights: Mapping[int, float] | None = None) -> None:
        super().__init__()
        self.feed = feed
        self.weights = weights
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, whose batches follow."""
        self.epoch = epoch
        self.order = self.feed.order(epoch)

    def __len__(self) -> int:
        return len(self.feed)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        inputs, targets = self.feed.batch(self.order, self.epoch, index)
        x = inputs if len(inputs) > 1 else next(iter(inputs.values()))
        first = next(iter(targets.values()))
        y = targets if len(targets) > 1 else first
        if self.weights is None:
            return x, y
        positive = first[:, 0]
        return x, y, positive * self.weights[1] + (1 - positive) * self.weights[0]


class EpochSetter(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the dataset which epoch begins, so that a resumed run feeds what it would have fed."""

    def __init__(self, dataset: FeedDataset) -> None:
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Set the epoch."""
        self.dataset.set_epoch(epoch)

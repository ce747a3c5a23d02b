"""A feed as the dataset that Keras's ``fit`` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from dlgenomics.data.feed import Feed


class FeedDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of a feed; what they hold depends on feed, epoch and index alone.

    Args:
        feed: the batches.
        inputs: the names of the inputs that the network has.
    """

    def __init__(self, feed: Feed, inputs: Sequence[str]) -> None:
        super().__init__()
        self.feed = feed
        self.inputs = inputs
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, whose batches follow."""
        self.epoch = epoch
        self.order = self.feed.order(epoch)

    def __len__(self) -> int:
        return len(self.feed)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        batch = self.feed.batch(self.order, self.epoch, index)
        x = single({name: batch.inputs[name] for name in self.inputs})
        y = single(batch.targets)
        if batch.weights is None:
            return x, y
        return x, y, single(dict.fromkeys(batch.targets, batch.weights))


def single(arrays: Mapping[str, Any]) -> Any:
    """Return the array itself where there is one, as Keras wants it."""
    return arrays if len(arrays) > 1 else next(iter(arrays.values()))


class EpochSetter(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the dataset which epoch begins, so that a resumed run feeds what it would have fed."""

    def __init__(self, dataset: FeedDataset) -> None:
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Set the epoch."""
        self.dataset.set_epoch(epoch)

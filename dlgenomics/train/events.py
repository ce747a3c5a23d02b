"""Logs for TensorBoard, written with TensorFlow alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf


class Events(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes each epoch's values as scalars, under the names that ``history.csv`` has.

    Steps are epochs, counted from 1. A training that goes on writes all epochs anew in one file,
    so that none is missing and none is there twice. Stand it behind what keeps the history.

    Args:
        folder: what ``tensorboard --logdir`` is given; its event files are removed first.
        history: returns the epochs so far.
    """

    def __init__(self, folder: Path, history: Callable[[], Sequence[Mapping[str, float]]]) -> None:
        super().__init__()
        self.folder = folder
        self.history = history
        self.written = 0
        self.writer: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Begin a file with the epochs that are done."""
        self.writer = _new_writer(self.folder)
        self._write()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write the epoch."""
        self._write()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the file."""
        self.writer.close()

    def _write(self) -> None:
        for values in self.history()[self.written:]:
            self.written += 1
            _write_epoch(self.writer, self.written, values)
        self.writer.flush()


def write_events(folder: Path, history: Sequence[Mapping[str, float]]) -> None:
    """Write all epochs of a training that is done."""
    writer = _new_writer(folder)
    for epoch, values in enumerate(history, start=1):
        _write_epoch(writer, epoch, values)
    writer.close()


def _new_writer(folder: Path) -> Any:
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    return tf.summary.create_file_writer(str(folder))


def _write_epoch(writer: Any, epoch: int, values: Mapping[str, float]) -> None:
    # tf.summary.scalar needs the package tensorboard; this is what it writes.
    kind = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
    with writer.as_default():
        for name, value in values.items():
            tf.summary.write(name, tf.constant(value, tf.float32), epoch, kind)

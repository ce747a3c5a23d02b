"""Keeps a training resumable while Keras's ``fit`` runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import keras

from dlgenomics.progress import Progress, note_of
from dlgenomics.train.checkpoint import load_checkpoint, save_checkpoint
from dlgenomics.train.run import RunFolder, write_history

_SHOWN: Final[tuple[str, ...]] = ("loss", "val_loss", "val_auroc", "val_pearson")


class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes a checkpoint and the history after each epoch; restores the checkpoint at the start.

    It stands last, so that the other callbacks have reset themselves before it restores them, and
    have finished an epoch before it saves them.
    """

    def __init__(self, run: RunFolder, remembering: list[keras.callbacks.Callback], steps: int,
                 epochs: int, progress: Progress) -> None:
        super().__init__()
        self.run = run
        self.remembering = remembering
        self.steps = steps
        self.epochs = epochs
        self.progress = progress
        self.history: list[dict[str, float]] = []
        self.stage = ""

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Restore the checkpoint, if there is one."""
        if self.run.checkpoint.exists():
            self.history = load_checkpoint(self.run.checkpoint, self.model, self.remembering)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Start a stage of progress."""
        self.stage = f"epoch {epoch + 1}/{self.epochs}"
        self.progress(self.stage, 0, self.steps)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Tell progress."""
        self.progress(self.stage, batch + 1, self.steps)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write checkpoint and history."""
        row = {name: float(value) for name, value in (logs or {}).items()}
        row["learning_rate"] = float(
            keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history = [*self.history, row]
        save_checkpoint(self.run.checkpoint, self.model, self.remembering, self.history)
        write_history(self.run, self.history)
        shown = {name: row[name] for name in _SHOWN if name in row}
        self.progress(self.stage, self.steps, self.steps, note_of(shown))

"""How long work is followed from outside: a function that is told what is done so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Called as work goes on; the command line draws bars, a library user may pass anything."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Tell that ``done`` of ``total`` steps of ``stage`` are done.

        A new ``stage`` starts a new bar; what stands behind `` · `` in it may change. ``note`` is
        shown beside it.
        """


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """Ignore progress; the default everywhere."""


def note_of(values: Mapping[str, float]) -> str:
    """Return metrics as a short text: ``loss 0.2383  val_auroc 0.9675``."""
    return "  ".join(f"{name} {value:.4f}" for name, value in values.items())

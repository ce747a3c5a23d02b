"""``diagnostics.csv``: gradient norm and share of dead units of each layer, by epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.errors import DataError
from dlgenomics.files import open_text, write_text

HEADER: Final = ("epoch", "layer", "gradient_norm", "dead_units")


@dataclass(frozen=True)
class LayerState:
    """One layer after one epoch.

    Attributes:
        epoch: 0 is before training.
        layer: its name.
        gradient_norm: Euclidean norm of the loss's gradient by all of its trainable weights; None
            for a layer that has none.
        dead_units: share of its units that give zero for every example and position; None for a
            layer whose activation never rests at zero.
    """

    epoch: int
    layer: str
    gradient_norm: float | None
    dead_units: float | None


def write_layer_states(path: Path, states: Sequence[LayerState]) -> None:
    """Write ``diagnostics.csv``, atomically, floats with all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((s.epoch, s.layer, s.gradient_norm, s.dead_units) for s in states)
    write_text(path, text.getvalue())


def read_layer_states(path: Path) -> list[LayerState]:
    """Read ``diagnostics.csv``.

    Raises:
        MissingFileError: no such file.
        DataError: it is not such a table.
    """
    with open_text(path, "the table of diagnostics") as stream:
        rows = list(csv.reader(stream))
    if not rows or tuple(rows[0]) != HEADER:
        received = ", ".join(rows[0]) if rows else "nothing"
        raise DataError(f"the table of diagnostics must have the columns {', '.join(HEADER)}. "
                        f"Received: {received}. Remove the file; training writes it anew.",
                        path=path, line=1)
    return [_state(row, path, line) for line, row in enumerate(rows[1:], start=2)]


def _state(row: Sequence[str], path: Path, line: int) -> LayerState:
    try:
        epoch, layer, norm, dead = row
        return LayerState(int(epoch), layer, float(norm) if norm else None,
                          float(dead) if dead else None)
    except ValueError as error:
        raise DataError("a line of diagnostics must hold an epoch, a layer and two numbers or "
                        f"empty fields. Received: {','.join(row)}. Remove the file.",
                        path=path, line=line) from error

"""Predictions as an .npz file of NumPy, for what fits into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.nested import leaves
from dlgenomics.predict.writers.result import COLUMN_LABELS, Result


class NpzWriter:
    """Arrays ``preds`` (or ``preds/TARGET``), the records such as ``start``, and what is kept.

    The names along the last axis of predictions are ``column_labels/preds`` and so on.

    The rows are held in memory until the end, as they are when such a file is read; texts have the
    width of the longest, as such files hold them.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: list[Result] = []

    def write(self, result: Result) -> None:
        """Add rows."""
        self._parts.append(result)

    def finish(self) -> None:
        """Write the file."""
        if not self._parts:
            return
        whole = Result.join(self._parts).mapped(_fixed)
        labels = {name: np.array(names, str) for name, names in whole.column_labels().items()}
        arrays = dict(leaves({**whole.records, **whole.nested(), COLUMN_LABELS: labels}))
        with self._path.open("wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]

    def close(self) -> None:
        """Forget the rows."""
        self._parts = []


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(str) if array.dtype.kind == "O" else array

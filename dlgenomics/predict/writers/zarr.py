"""Predictions as a Zarr folder; needs the extra ``zarr``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.predict.nested import leaves
from dlgenomics.predict.writers.chunks import chunk_shape
from dlgenomics.predict.writers.result import COLUMN_LABELS, Result


class ZarrWriter:
    """Arrays by the names that an HDF5 file has: ``preds``, ``metadata/ranges/chr`` and so on.

    The second format of Zarr, which every reader knows. The names along the last axis of
    predictions are their attribute ``column_labels``.

    Args:
        path: the folder.

    Raises:
        DlgError: the extra is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            import zarr  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise DlgError("Zarr folders need the package zarr. Received: an installation without "
                           "it. Run: pip install 'dlgenomics[zarr]'") from error
        self._group: Any = zarr.open_group(str(path), mode="w", zarr_format=2)

    def write(self, result: Result) -> None:
        """Add rows."""
        labels = result.column_labels()
        for key, array in leaves({**result.nested(), "records": result.records}):
            if key not in self._group:
                self._make(key, array)
                if key in labels:
                    self._group[key].attrs[COLUMN_LABELS] = list(labels[key])
            self._group[key].append(array.astype(object) if array.dtype.kind in "OU" else array)

    def _make(self, key: str, array: NDArray[Any]) -> None:
        self._group.create_array(
            key, shape=(0, *array.shape[1:]), chunks=chunk_shape(array),
            dtype=str if array.dtype.kind in "OU" else array.dtype)

    def finish(self) -> None:
        """Leave the folder; every array is already in it."""

    def close(self) -> None:
        """Leave the folder as it is: nothing is open."""

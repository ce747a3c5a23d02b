"""Predictions as an HDF5 file, with the groups that Kipoi's have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.nested import leaves
from dlgenomics.predict.writers.chunks import chunk_shape
from dlgenomics.predict.writers.result import COLUMN_LABELS, Result


class Hdf5Writer:
    """Datasets ``preds``, and ``metadata/ranges/chr`` and so on of what is kept.

    Nested keys are groups; an item of a list has its number. Texts are UTF-8. The names along the
    last axis of predictions are their attribute ``column_labels``.
    """

    def __init__(self, path: Path) -> None:
        self._file = h5py.File(path, "w")

    def write(self, result: Result) -> None:
        """Add rows."""
        labels = result.column_labels()
        for key, array in leaves(result.nested()):
            values = array.astype(object) if array.dtype.kind in "OU" else array
            if key not in self._file:
                self._make(key, array)
                if key in labels:
                    self._file[key].attrs[COLUMN_LABELS] = np.array(labels[key], object)
            dataset = self._file[key]
            first = len(dataset)
            dataset.resize(first + len(array), axis=0)
            dataset[first:] = values

    def _make(self, key: str, array: NDArray[Any]) -> None:
        is_text = array.dtype.kind in "OU"
        self._file.create_dataset(
            key, shape=(0, *array.shape[1:]), maxshape=(None, *array.shape[1:]),
            chunks=chunk_shape(array), compression="gzip",
            track_order=True,  # the form of header that holds more than 4,000 names
            dtype=h5py.string_dtype() if is_text else array.dtype)

    def finish(self) -> None:
        """Write what waits."""
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()

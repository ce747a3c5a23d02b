"""Arrays from .npz and HDF5 files, one row an example."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.banks import Bank, Held
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.files import require_file

_HDF5_MARK: Final = b"\x89HDF"
_ROWS: Final = 4096


@dataclass(frozen=True, eq=False)
class DatasetBank:
    """A dataset of an HDF5 file, read when it is asked for."""

    dataset: h5py.Dataset

    @property
    def shape(self) -> tuple[int, ...]:
        """The dataset's shape."""
        return tuple(self.dataset.shape)

    @property
    def itemsize(self) -> int:
        """The bytes of one number."""
        return int(self.dataset.dtype.itemsize)

    def take(self, rows: Rows) -> NDArray[Any]:
        """Return some rows; HDF5 wants them ascending and each once."""
        ascending, place = np.unique(rows, return_inverse=True)
        found: NDArray[Any] = self.dataset[ascending][place]
        return found


def open_array(path: Path, key: str, shape: tuple[int, ...]) -> Bank:
    """Return an array of a file by its name.

    Args:
        path: an .npz or HDF5 file, known by its first bytes.
        key: the array's name.
        shape: what it must have behind the axis of examples.

    Raises:
        MissingFileError: no such file.
        DataError: no such array in it, another shape, or no numbers.
    """
    with require_file(path, "the arrays").open("rb") as stream:
        is_hdf5 = stream.read(4) == _HDF5_MARK
    bank = _hdf5(path, key) if is_hdf5 else _npz(path, key)
    if tuple(bank.shape[1:]) != shape or not bank.shape:
        raise DataError(f"array {key!r} must have shape {('examples', *shape)}. "
                        f"Received: {bank.shape}.".replace("'examples'", "examples"), path=path)
    return bank


def _hdf5(path: Path, key: str) -> Bank:
    try:
        opened = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"the arrays must be a whole HDF5 file. Received: {error}.",
                        path=path) from error
    names: list[str] = []
    opened.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset)
                      else None)
    _check_known(key, names, path)
    _check_numbers(opened[key].dtype, key, path)
    return DatasetBank(opened[key])


def _npz(path: Path, key: str) -> Bank:
    try:
        with np.load(path, allow_pickle=False) as stored:
            _check_known(key, stored.files, path)
            values = stored[key]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError("the arrays must be an .npz or HDF5 file of numbers. "
                        f"Received: {error}.", path=path) from error
    _check_numbers(values.dtype, key, path)
    return Held(values)


def _check_known(key: str, names: list[str], path: Path) -> None:
    if key not in names:
        raise DataError(f"the file must hold the array {key!r}. Received: "
                        f"{', '.join(names[:8]) or 'no arrays'}.{did_you_mean(key, names)}",
                        path=path)


def _check_numbers(dtype: np.dtype[Any], key: str, path: Path) -> None:
    if dtype.kind not in "biuf":
        raise DataError(f"array {key!r} must hold numbers. Received: {dtype}.", path=path)


def check_finite(bank: Bank, key: str, path: Path, *, may_miss: bool) -> None:
    """Look at all numbers of an array, some rows at a time.

    Raises:
        DataError: infinity, or NaN where none may be missing.
    """
    for first in range(0, bank.shape[0], _ROWS):
        values = bank.take(np.arange(first, min(first + _ROWS, bank.shape[0])))
        bad = np.isinf(values) if may_miss else ~np.isfinite(values)
        if bad.any():
            at = np.argwhere(bad)[0]
            hint = "" if may_miss else " Where labels are missing, write missing: mask."
            raise DataError(f"array {key!r} must hold finite numbers. Received: "
                            f"{values[tuple(at)]} in row {first + int(at[0])}.{hint}", path=path)

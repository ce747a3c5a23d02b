"""HDF5 files from strangers: datasets are read only if they lie within the file itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from dlgenomics.files import require_file
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged

Array = NDArray[Any]
MAX_RATIO: Final = 20
_SMALL: Final = 2**20
_RULE: Final = "a weights file may hold plain arrays of its own only"


@contextlib.contextmanager
def open_hdf5(path: Path, purpose: str = "the weights file") -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; what h5py cannot read becomes one sentence.

    Raises:
        MissingFileError: no such file.
        DataError: it is truncated, damaged or no HDF5 file.
    """
    require_file(path, purpose)
    try:
        with h5py.File(path, "r") as opened:
            yield opened
    except (OSError, RuntimeError) as error:
        raise damaged(path, "a whole HDF5 file", str(error).splitlines()[0]) from error


def child(group: h5py.Group, name: str, path: Path) -> h5py.Group | h5py.Dataset:
    """Return what stands at ``name`` (pieces joined by ``/``), following hard links only.

    Raises:
        UnsafeModelError: a piece is a link to elsewhere.
        DataError: there is nothing.
    """
    for piece in [p for p in name.split("/") if p]:
        link = group.get(piece, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise damaged(path, "a whole weights file", f"no {name!r} in it")
        if not isinstance(link, h5py.HardLink):
            raise UnsafeModelError(path, _RULE, f"a link to elsewhere at {name!r}")
        group = group[piece]
    return group


def array(group: h5py.Group, name: str, path: Path) -> Array:
    """Return the numbers of a dataset.

    Raises:
        UnsafeModelError: its numbers lie outside the file, are no numbers, or are far more than
            the file could hold.
        DataError: there is none, or it is damaged.
    """
    found = child(group, name, path)
    if not isinstance(found, h5py.Dataset):
        raise damaged(path, "a whole weights file", f"a group at {name!r}")
    if found.external or found.is_virtual:
        raise UnsafeModelError(path, _RULE, f"numbers from another file at {name!r}")
    if found.dtype.kind not in "fiub" or found.shape is None:
        raise UnsafeModelError(path, _RULE, f"values of the type {found.dtype} at {name!r}")
    if found.nbytes > max(_SMALL, MAX_RATIO * path.stat().st_size):
        raise UnsafeModelError(path, _RULE, f"{found.nbytes:,} bytes at {name!r} in a file of "
                               f"{path.stat().st_size:,}")
    return np.asarray(found[()])


def text_attribute(node: h5py.Group, name: str) -> str | None:
    """Return an attribute as text, or None."""
    value = node.attrs.get(name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, str) else None


def texts_attribute(node: h5py.Group, name: str) -> list[str] | None:
    """Return a list of texts, whole or split over ``name0``, ``name1`` and so on; else None."""
    if name in node.attrs:
        return _texts(node.attrs[name])
    found: list[str] = []
    number = 0
    while f"{name}{number}" in node.attrs:
        found += _texts(node.attrs[f"{name}{number}"])
        number += 1
    return found if number else None


def _texts(values: Any) -> list[str]:
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
            for v in np.asarray(values).ravel().tolist()]

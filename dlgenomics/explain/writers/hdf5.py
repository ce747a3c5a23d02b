"""Contributions as HDF5, in the layout that TF-MoDISco-lite reads with ``-i``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import atomic_path

_CHUNK_BYTES: Final = 1 << 20


def write_hdf5(path: Path, found: Contributions) -> list[Path]:
    """Write one file; see `fill` for what is in it."""
    with atomic_path(path) as part, h5py.File(part, "w") as stored:
        fill(stored, found)
    return [path]


def fill(stored: h5py.File, found: Contributions) -> None:
    """Fill a file.

    ``raw/seq`` is the one-hot sequences, ``shap/seq`` the hypothetical and ``projected_shap/seq``
    the actual contributions, each (sequences, 4, length); ``details/NAME`` is as these.
    ``values``, ``baseline``, ``gap``, ``names`` and, where there are intervals, ``ranges/chr`` and
    so on have a number or text for each sequence. Attributes say what model, number and method.
    """
    arrays = {"raw/seq": found.one_hot, "shap/seq": found.hypothetical,
              "projected_shap/seq": found.one_hot * found.hypothetical,
              **{f"details/{name}": one for name, one in found.details.items()}}
    for key, array in arrays.items():
        _add(stored, key, array.transpose(0, 2, 1))
    for key, numbers in (("values", found.values), ("baseline", found.baseline),
                         ("gap", found.gap)):
        stored[key] = numbers
    stored["names"] = np.array(found.names, object)
    for key, column in (found.places or {}).items():
        stored[f"ranges/{key}"] = column.astype(object) if column.dtype.kind in "OU" else column
    stored.attrs.update(model=found.model, method=found.method, quantity=found.quantity)


def _add(stored: h5py.File, key: str, array: NDArray[Any]) -> None:
    rows = max(1, min(len(array), _CHUNK_BYTES // max(1, array[0].nbytes)))
    stored.create_dataset(key, data=array, chunks=(rows, *array.shape[1:]), compression="gzip")

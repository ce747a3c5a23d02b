"""Reads contributions back from the files that were written of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import h5py
import numpy as np

from dlgenomics.errors import DataError
from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import require_file
from dlgenomics.predict.loaders.ranges import Ranges

_FORM = "what `dlg explain` writes as .h5, or as .npz with .one_hot.npz beside it"


def read_contributions(path: Path) -> Contributions:
    """Read contributions.

    Args:
        path: ends in ``.h5``, ``.hdf5`` or ``.npz``. An HDF5 file of other origin needs
            ``raw/seq`` and ``shap/seq`` alone, each (sequences, 4, length).

    Raises:
        DataError: not such a file.
    """
    require_file(path, "the file of contributions")
    try:
        return _from_npz(path) if path.suffix.lower() == ".npz" else _from_hdf5(path)
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise DataError(f"contributions must be {_FORM}. Received: {error}. Write them with dlg "
                        "explain.", path=path) from error


def _from_hdf5(path: Path) -> Contributions:
    with h5py.File(path) as stored:
        x, hypothetical = (stored[key][:].transpose(0, 2, 1) for key in ("raw/seq", "shap/seq"))
        given = {key: stored[key][:] for key in ("values", "baseline") if key in stored}
        names = stored["names"].asstr()[:] if "names" in stored else np.arange(len(x)).astype(str)
        places = {key: _column(one) for key, one in stored["ranges"].items()} if (
            "ranges" in stored) else None
        words = {key: str(stored.attrs.get(key, "")) for key in ("model", "method", "quantity")}
    return _made(x, hypothetical, names, words, given, Ranges(**places) if places else None)


def _from_npz(path: Path) -> Contributions:
    sequences = require_file(path.with_name(f"{path.stem}.one_hot.npz"), "the sequences")
    with np.load(path) as stored, np.load(sequences) as beside:
        words = {key: str(stored[key]) for key in ("method", "quantity")}
        return _made(beside["arr_0"].transpose(0, 2, 1), stored["arr_0"].transpose(0, 2, 1),
                     stored["names"], {"model": "", **words},
                     {key: stored[key] for key in ("values", "baseline")}, None)


def _made(x: Any, hypothetical: Any, names: Any, words: dict[str, str], given: dict[str, Any],
          places: Ranges | None) -> Contributions:
    if x.shape != hypothetical.shape or x.ndim != 3 or x.shape[2] != 4 or not len(x):
        raise ValueError(f"sequences of shape {x.shape} and scores of shape {hypothetical.shape}")
    unknown = np.full(len(x), np.nan, np.float32)
    return Contributions(words["model"], words["method"], words["quantity"],
                         names=tuple(map(str, names)), one_hot=x.astype(np.float32),
                         hypothetical=hypothetical.astype(np.float32),
                         values=given.get("values", unknown),
                         baseline=given.get("baseline", unknown), places=places)


def _column(stored: Any) -> Any:
    return stored.asstr()[:] if h5py.check_string_dtype(stored.dtype) else stored[:]

"""Contributions as two files for TF-MoDISco-lite's ``-a`` and ``-s``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import atomic_path


def write_npz(path: Path, found: Contributions) -> list[Path]:
    """Write ``NAME.npz``, the contributions, and ``NAME.one_hot.npz``, the sequences.

    Both have what TF-MoDISco-lite reads under ``arr_0``: (sequences, 4, length). The first, for
    ``-a``, has the hypothetical contributions there, and beside them ``actual`` (sequences,
    length), ``values``, ``baseline``, ``gap`` and ``names``; the second is for ``-s``.
    """
    sequences = path.with_name(f"{path.stem}.one_hot.npz")
    with atomic_path(sequences) as part:
        _save(part, arr_0=found.one_hot.transpose(0, 2, 1))
    with atomic_path(path) as part:
        _save(part, arr_0=found.hypothetical.transpose(0, 2, 1), actual=found.actual,
              values=found.values, baseline=found.baseline, gap=found.gap,
              names=np.array(found.names), quantity=np.array(found.quantity),
              method=np.array(found.method))
    return [path, sequences]


def _save(part: Path, **arrays: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    with part.open("wb") as stream:  # given a name, numpy would add .npz to it
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]

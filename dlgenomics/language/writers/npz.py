"""Embeddings as arrays of NumPy."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.language.embedding import Contents, Embedding


class NpzEmbeddings:
    """Arrays ``embeddings``, ``names`` and ``lengths``, and ``about`` as texts ``key: value``.

    With a vector a residue there are ``offsets``, too; see `Hdf5Embeddings`. The vectors are
    written as they come, so that a file may be larger than memory.
    """

    def __init__(self, path: Path, contents: Contents) -> None:
        self._contents = contents
        self._file = zipfile.ZipFile(path, "w")
        self._vectors = self._file.open("embeddings.npy", "w", force_zip64=True)
        shape = (contents.rows, contents.channels)
        np.lib.format.write_array_header_1_0(
            self._vectors, {"descr": "<f4", "fortran_order": False, "shape": shape})
        self._names: list[str] = []
        self._lengths: list[int] = []

    def write(self, found: Embedding) -> None:
        """Add some sequences."""
        self._vectors.write(np.ascontiguousarray(found.vectors, "<f4").data)
        self._names += found.names
        self._lengths += found.lengths

    def finish(self) -> None:
        """Write the other arrays, and close the file."""
        self._vectors.close()
        about = {**self._contents.about, "pool": self._contents.pool}
        self._save("names", np.array(self._names, str))
        self._save("lengths", np.array(self._lengths, np.int64))
        self._save("about", np.array([f"{key}: {value}" for key, value in about.items()]))
        if self._contents.pool == "tokens":
            self._save("offsets", np.cumsum([0, *self._lengths]))
        self._file.close()

    def _save(self, name: str, array: NDArray[Any]) -> None:
        with self._file.open(f"{name}.npy", "w", force_zip64=True) as stream:
            np.lib.format.write_array(stream, array, allow_pickle=False)

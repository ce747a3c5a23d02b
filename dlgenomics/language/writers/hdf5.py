"""Embeddings as an HDF5 file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import h5py
import numpy as np

from dlgenomics.language.embedding import Contents, Embedding

_CHUNK_BYTES: Final = 1 << 20


class Hdf5Embeddings:
    """Datasets ``names``, ``lengths`` and ``embeddings`` (sequences, channels).

    With a vector a residue ``embeddings`` is (residues, channels), and sequence i has the rows from
    ``offsets[i]`` to ``offsets[i + 1]``. The model and its layer are attributes of the file.
    """

    def __init__(self, path: Path, contents: Contents) -> None:
        self._contents = contents
        self._file = h5py.File(path, "w")
        self._file.attrs.update({**contents.about, "pool": contents.pool})
        rows = max(1, min(contents.rows, _CHUNK_BYTES // (4 * contents.channels)))
        self._vectors = self._file.create_dataset(
            "embeddings", (contents.rows, contents.channels), "float32",
            chunks=(rows, contents.channels))
        self._names: list[str] = []
        self._lengths: list[int] = []
        self._row = 0

    def write(self, found: Embedding) -> None:
        """Add some sequences."""
        end = self._row + len(found.vectors)
        self._vectors[self._row:end] = found.vectors
        self._row = end
        self._names += found.names
        self._lengths += found.lengths

    def finish(self) -> None:
        """Write names and lengths, and close the file."""
        self._file.create_dataset("names", data=self._names, dtype=h5py.string_dtype())
        self._file.create_dataset("lengths", data=np.array(self._lengths, np.int64))
        if self._contents.pool == "tokens":
            self._file.create_dataset("offsets", data=np.cumsum([0, *self._lengths]))
        self._file.close()

"""The writer for a file of embeddings, by the ending of its name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from dlgenomics.errors import EndingError
from dlgenomics.files import atomic_path
from dlgenomics.language.embedding import Contents, Embedding
from dlgenomics.language.writers.hdf5 import Hdf5Embeddings
from dlgenomics.language.writers.npz import NpzEmbeddings
from dlgenomics.language.writers.parquet import ParquetEmbeddings


class EmbeddingWriter(Protocol):
    """Takes embeddings, in order."""

    def write(self, found: Embedding) -> None:
        """Add some sequences."""

    def finish(self) -> None:
        """Write what comes last, and close the file."""


_MAKERS: Final[Mapping[str, Callable[[Path, Contents], EmbeddingWriter]]] = {
    ".parquet": ParquetEmbeddings, ".h5": Hdf5Embeddings, ".hdf5": Hdf5Embeddings,
    ".npz": NpzEmbeddings,
}


def check_ending(path: Path | str) -> None:
    """Refuse a name whose ending names no format, before any work is done.

    Raises:
        EndingError: an unknown ending.
    """
    _maker(Path(path))


@contextlib.contextmanager
def open_writer(path: Path | str, contents: Contents) -> Iterator[EmbeddingWriter]:
    """Open a writer by a name's ending.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable; what was there
            before is untouched.
    """
    make = _maker(Path(path))
    with atomic_path(Path(path)) as part:
        writer = make(part, contents)
        try:
            yield writer
        finally:
            writer.finish()


def _maker(path: Path) -> Callable[[Path, Contents], EmbeddingWriter]:
    for ending, make in _MAKERS.items():
        if path.name.lower().endswith(ending):
            return make
    raise EndingError(path, tuple(_MAKERS))

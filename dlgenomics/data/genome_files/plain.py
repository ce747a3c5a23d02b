"""A FASTA that is read in place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genome_files.index import FastaIndex, unreadable
from dlgenomics.data.genome_files.lines import gather
from dlgenomics.data.genome_files.mapped import MappedFile
from dlgenomics.data.letters import Letters


class PlainFile:
    """A FASTA whose lines have one width in each contig.

    Args:
        path: the FASTA.
        index: what its .fai says.
        index_path: the .fai, for messages.

    Raises:
        DataError: the index is of another file.
    """

    def __init__(self, path: Path, index: FastaIndex, index_path: Path) -> None:
        self._index = index
        self._file = MappedFile(path)
        if index.end > len(self._file.content):
            self._file.close()
            raise unreadable(index_path, path, "an index that reaches past the file's end")

    @property
    def names(self) -> tuple[str, ...]:
        """The contigs, in the file's order."""
        return self._index.names

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The letters in each contig."""
        return self._index.length

    def letters(self, contig: NDArray[np.int64], start: NDArray[np.int64], length: int, *,
                case: bool) -> Letters:  # noqa: ARG002 - it is there for nothing
        """Return the letters of windows; see `GenomeFile`."""
        self._file.check()
        windows = self._index.windows(contig, start, length)
        parts = [gather(self._file.content, windows[part])
                 for part in self._file.parts(len(windows))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

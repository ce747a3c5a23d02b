"""A genome's file, opened by what its first bytes say it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genome_files.bgzip import BgzipFile, Blocks
from dlgenomics.data.genome_files.index import (
    NotIndexedError,
    index_paths,
    make_index,
    read_index,
)
from dlgenomics.data.genome_files.plain import PlainFile
from dlgenomics.data.genome_files.two_bit import SIGNATURE, TwoBitFile
from dlgenomics.data.genome_files.unpacked import (
    SparinglyUnpacked,
    copy_evenly,
    copy_folder,
    open_copy,
)
from dlgenomics.data.letters import Letters
from dlgenomics.errors import DataError
from dlgenomics.files import GZIP_MAGIC, is_bgzip

_TWO_BIT: Final = (SIGNATURE.to_bytes(4, "little"), SIGNATURE.to_bytes(4, "big"))


class GenomeFile(Protocol):
    """Contigs and their letters."""

    @property
    def names(self) -> tuple[str, ...]:
        """The contigs, in the file's order."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The letters in each contig."""

    def letters(self, contig: NDArray[np.int64], start: NDArray[np.int64], length: int, *,
                case: bool) -> Letters:
        """Return the letters of windows that lie within their contigs.

        Args:
            contig: positions in ``names``.
            start: 0-based.
            length: letters in each window, at least 1.
            case: whether lower case must be told from upper case; without, it may be either.

        Returns:
            uint8 ASCII, shape (windows, length).

        Raises:
            DataError: the file was changed, or is damaged.
        """

    def close(self) -> None:
        """Close the file."""


def open_genome_file(path: Path) -> GenomeFile:
    """Open a genome's file.

    Raises:
        DataError: it is none of FASTA, plain or bgzip, and 2bit; or damaged.
        OutputError: an index has to be made, and the cache cannot be written.
    """
    with path.open("rb") as stream:
        head = stream.read(18)
    if head[:4] in _TWO_BIT:
        return TwoBitFile(path)
    if head.startswith(GZIP_MAGIC):
        return _open_bgzip(path, head)
    if not head.lstrip().startswith(b">"):
        raise DataError("a FASTA must start with '>'. Received: "
                        f"{'an empty file' if not head else repr(head[:12])}.", path=path)
    return _open_plain(path)


def _open_plain(path: Path) -> GenomeFile:
    (place,) = index_paths(path, (".fai",))
    try:
        if not place.is_file():
            make_index(path, (place,))
    except NotIndexedError:
        return open_copy(copy_evenly(path))
    return PlainFile(path, read_index(place, path), place)


def _open_bgzip(path: Path, head: bytes) -> GenomeFile:
    if not is_bgzip(head):
        raise DataError("a compressed genome must be bgzip, which can be read at any place. "
                        f"Received: gzip. Run: gunzip -k {path.name} && bgzip {path.stem}",
                        path=path)
    if copy_folder(path).is_dir():
        return open_copy(copy_folder(path))
    places = index_paths(path, (".fai", ".gzi"))
    try:
        if not all(place.is_file() for place in places):
            make_index(path, places)
    except NotIndexedError:
        return open_copy(copy_evenly(path))
    file = BgzipFile(Blocks(path, places[1]), read_index(places[0], path))
    return SparinglyUnpacked(path, file, places[0])

"""The writer for a file, by the ending of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dlgenomics.errors import EndingError
from dlgenomics.explain.contributions import Contributions
from dlgenomics.explain.writers.bigwig import write_bigwig
from dlgenomics.explain.writers.hdf5 import write_hdf5
from dlgenomics.explain.writers.npz import write_npz

_NEEDS_LENGTHS: Final = (".bw", ".bigwig")
_WRITERS: Final[Mapping[str, Callable[[Path, Contributions], list[Path]]]] = {
    ".h5": write_hdf5, ".hdf5": write_hdf5, ".npz": write_npz,
}
ENDINGS: Final = (*_WRITERS, *_NEEDS_LENGTHS)


def check_ending(path: Path) -> None:
    """Refuse a name whose ending names no format, before any work is done.

    Raises:
        EndingError: an unknown ending.
    """
    if not path.name.lower().endswith(ENDINGS):
        raise EndingError(path, (*ENDINGS, ".html"))


def needs_intervals(path: Path) -> bool:
    """Return whether a format has places in a genome."""
    return path.name.lower().endswith(_NEEDS_LENGTHS)


def write_contributions(path: Path, found: Contributions,
                        lengths: Mapping[str, int] | None = None) -> list[Path]:
    """Write contributions.

    Args:
        path: ends in one of `ENDINGS`.
        found: what is written.
        lengths: of the genome's contigs, which a bigWig needs.

    Returns:
        The files that were written.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable.
        DlgError: a bigWig of sequences that lie in no genome.
    """
    check_ending(path)
    if needs_intervals(path):
        return write_bigwig(path, found, lengths or {})
    ending = next(one for one in _WRITERS if path.name.lower().endswith(one))
    return _WRITERS[ending](path, found)

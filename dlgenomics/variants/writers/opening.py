"""The writer for a file, by the ending of its name."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import pysam

from dlgenomics.errors import EndingError
from dlgenomics.files import atomic_path
from dlgenomics.predict.writers import open_writer as open_table
from dlgenomics.variants.vcf import Vcf
from dlgenomics.variants.writers.scored import Scored
from dlgenomics.variants.writers.table import TableWriter
from dlgenomics.variants.writers.vcf import Bytes, VcfWriter

_VCF: Final = (".vcf",)
_BGZIP: Final = (".vcf.gz", ".vcf.bgz")
_TABLES: Final = (".tsv", ".tsv.gz", ".parquet")
_ARRAYS: Final = (".h5", ".npz", ".zarr")


class Writer(Protocol):
    """Takes scored records, in order."""

    def write(self, scored: Scored) -> None:
        """Add records."""


def check_ending(path: Path | str) -> None:
    """Refuse a name whose ending names no format, before any work is done.

    Raises:
        EndingError: an unknown ending.
    """
    known = (*_VCF, *_BGZIP, *_TABLES, *_ARRAYS)
    if str(path) != "-" and not str(path).endswith(known):
        raise EndingError(path, known)


@contextlib.contextmanager
def open_writer(path: Path | str, vcf: Vcf, prefix: str,
                columns: Mapping[str, Sequence[str]]) -> Iterator[Writer]:
    """Open a writer by a name's ending; ``-`` is VCF on standard output.

    Args:
        path: the file.
        vcf: whose records are written.
        prefix: stands before the names of INFO fields.
        columns: the columns of each score.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable; what was there
            before is untouched.
        DlgError: the VCF has fields of these names already.
    """
    check_ending(path)
    if is_vcf(path):
        with open_vcf_stream(path) as stream:
            yield VcfWriter(stream, vcf, prefix, columns)
    else:
        with open_table(path) as rows:
            yield TableWriter(rows, columns, nested=str(path).endswith(_ARRAYS))


def is_vcf(path: Path | str) -> bool:
    """Return whether a name means VCF; ``-``, standard output, does."""
    return str(path) == "-" or str(path).endswith((*_VCF, *_BGZIP))


@contextlib.contextmanager
def open_vcf_stream(path: Path | str) -> Iterator[Bytes]:
    """Open a VCF for its bytes: bgzip where the name ends so, ``-`` for standard output."""
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif str(path).endswith(_BGZIP):
        with atomic_path(Path(path)) as part, contextlib.closing(
                pysam.BGZFile(str(part), "wb")) as blocks:
            yield blocks
    else:
        with atomic_path(Path(path)) as part, part.open("wb") as stream:
            yield stream

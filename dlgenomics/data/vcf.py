"""The lines of a VCF, plain, gzip or bgzip, or of a BCF, which are the same in another form."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dlgenomics.data.cells import is_coordinate
from dlgenomics.errors import DataError
from dlgenomics.files import GZIP_MAGIC, is_bgzip, open_records, require_file, require_utf8

PURPOSE: Final = "the VCF"
COLUMNS: Final = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
"""The columns that every record has."""

_BCF_MAGIC: Final = b"BCF\x02"
_BGZIP_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every bgzip file, so that a cut between two blocks can be told."""


@contextlib.contextmanager
def vcf_file(path: Path | str) -> Iterator[Path]:
    """Give a VCF or BCF that can be read again; what is no file is copied to one for the while.

    Args:
        path: a file, a shell's ``<(command)``, or ``-``, which is standard input.

    Raises:
        MissingFileError: no such file.
        DataError: bgzip that was cut off.
    """
    is_stream = str(path) == "-" or Path(path).is_fifo()
    with (_copied(path) if is_stream
          else contextlib.nullcontext(require_file(Path(path), PURPOSE))) as found:
        _require_end(found)
        yield found


@contextlib.contextmanager
def _copied(source: Path | str) -> Iterator[Path]:
    """Give a copy of a stream for the while; errors of the copy are errors of the stream."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dlgenomics-vcf-"))
        path = Path(folder) / "standard-input"
        raw = (sys.stdin.buffer if str(source) == "-"
               else stack.enter_context(Path(source).open("rb")))
        with path.open("wb") as copy:
            shutil.copyfileobj(raw, copy)
        try:
            yield path
        except DataError as error:
            if error.path != str(path):
                raise
            raise error.of_file(source) from error


def _require_end(path: Path) -> None:
    """Refuse bgzip without its last block: as gzip it would seem whole."""
    with path.open("rb") as raw:
        if not is_bgzip(raw.read(16)):
            return
        raw.seek(-min(len(_BGZIP_END), path.stat().st_size), os.SEEK_END)
        if raw.read() != _BGZIP_END:
            raise DataError(f"{PURPOSE} must be a whole bgzip file. Received: one without its last "
                            "block, so it was cut off. Fetch or make it again.", path=path)


@contextlib.contextmanager
def vcf_lines(path: Path) -> Iterator[Iterator[str]]:
    """Give the lines of a file as text, header and records, without their ends.

    Bytes that are not UTF-8 come as lone surrogates; `split_record` refuses them in a record.

    Raises:
        DataError: the file is truncated or damaged; raised where the lines are taken.
    """
    if _is_bcf(path):
        yield _bcf_lines(path)
        return
    with open_records(path, PURPOSE) as stream:
        yield (line.rstrip("\n") for line in stream)


def _is_bcf(path: Path) -> bool:
    with path.open("rb") as raw:
        start = raw.read(len(_BCF_MAGIC))
        if not start.startswith(GZIP_MAGIC):
            return start == _BCF_MAGIC
        raw.seek(0)
        try:
            return gzip.GzipFile(fileobj=raw).read(len(_BCF_MAGIC)) == _BCF_MAGIC
        except (EOFError, OSError, zlib.error):
            return False  # reading it as text says what is wrong


def _bcf_lines(path: Path) -> Iterator[str]:
    import pysam  # noqa: PLC0415 - a tenth of a second that others need not pay

    try:
        with pysam.VariantFile(str(path)) as stream:
            yield from str(stream.header).rstrip("\n").split("\n")
            for record in stream:
                yield str(record).rstrip("\n")
    except (OSError, ValueError) as error:
        raise DataError(f"{PURPOSE} must be a whole BCF file. Received: one that htslib cannot "
                        "read. Make or fetch it again.", path=path) from error


def numbered_records(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are records, with their numbers, from 1; those of a BCF as in a VCF."""
    return ((number, line) for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith("#"))


def split_record(line: str, number: int, path: Path | str, least: int = len(COLUMNS)) -> list[str]:
    """Return CHROM, POS and so on of a record.

    Args:
        line: without its end.
        number: of the line, for messages.
        path: the file, for messages.
        least: how many of the `COLUMNS` are needed; no more than these are returned.

    Raises:
        DataError: it has fewer; CHROM, REF or ALT is empty; POS is no whole number; or it is not
            UTF-8.
    """
    require_utf8(line, PURPOSE, path, number)
    fields = line.split("\t", least)[:least]
    if len(fields) < least:
        raise DataError(f"a record of a VCF must have {least} columns or more, with tabs between: "
                        f"{', '.join(COLUMNS[:least])}. Received: {len(fields)} in {line[:60]!r}. "
                        "Correct the line. Is it a VCF?", path=path, line=number)
    contig, position, _, ref, alt = fields[:5]
    if not is_coordinate(position):
        raise DataError("POS must be a whole number, counted from 1. Received: "
                        f"{position[:40]!r}. Correct the line.", path=path, line=number)
    if not contig or not ref or not alt:
        raise DataError("CHROM, REF and ALT must not be empty. Received: "
                        f"{line[:60]!r}. Correct the line; a missing ALT is a dot.",
                        path=path, line=number)
    return fields

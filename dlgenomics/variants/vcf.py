"""The records of a VCF or BCF file as they stand, in order."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pysam

from dlgenomics.errors import DataError
from dlgenomics.files import GZIP_MAGIC, open_text, require_file

PURPOSE: Final = "the VCF"
_BCF_MAGIC: Final = b"BCF\x02"
_BGZIP_MARK: Final = b"BC\x02\x00"
_BGZIP_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every bgzip file, so that a cut between two blocks can be told."""

_FIXED: Final = 8
_FIRST_LINE: Final = "##fileformat="


@dataclass(frozen=True)
class Record:
    """One line of a VCF.

    Attributes:
        line: its number in the file, from 1; in a BCF that of the record among the records.
        fields: all columns, as texts: CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO and so on.
        start: POS counted from 0.
    """

    line: int
    fields: tuple[str, ...]
    start: int

    @property
    def contig(self) -> str:
        """CHROM."""
        return self.fields[0]

    @property
    def name(self) -> str:
        """ID; ``.`` where there is none."""
        return self.fields[2]

    @property
    def ref(self) -> str:
        """REF, in upper case."""
        return self.fields[3].upper()

    @property
    def alts(self) -> tuple[str, ...]:
        """The alternative alleles as written; none where ALT is ``.``."""
        return () if self.fields[4] == "." else tuple(self.fields[4].split(","))

    @property
    def info(self) -> str:
        """INFO; ``.`` where it is empty."""
        return self.fields[7]


@dataclass(frozen=True)
class Vcf:
    """A VCF or BCF file that can be read more than once.

    Attributes:
        path: the file.
        header: its lines before the first record, ``#CHROM`` last.
    """

    path: Path
    header: tuple[str, ...]

    @property
    def samples(self) -> tuple[str, ...]:
        """The samples whose genotypes the records have."""
        return tuple(self.header[-1].split("\t")[9:])

    def records(self) -> Iterator[Record]:
        """Yield the records in order.

        Raises:
            DataError: a line is no record, or the file is truncated.
        """
        with _lines(self.path) as lines:
            for number, line in enumerate(lines, 1):
                if line and not line.startswith("#"):
                    yield _record(line, number, self.path)


@contextlib.contextmanager
def open_vcf(path: Path | str) -> Iterator[Vcf]:
    """Open a VCF (plain, gzip, bgzip) or BCF; ``-`` is standard input, which is copied first.

    No index is needed: files are read from their first record to the last.

    Raises:
        MissingFileError: no such file.
        DataError: it has no header, or is truncated.
    """
    with contextlib.ExitStack() as stack:
        if str(path) == "-":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dlgenomics-vcf-"))
            path = _copied(Path(folder) / "standard-input")
        found = require_file(Path(path), PURPOSE)
        _require_end(found)
        yield Vcf(found, _header(found))


def _copied(path: Path) -> Path:
    with path.open("wb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out)
    return path


def _require_end(path: Path) -> None:
    """Refuse bgzip without its last block: as gzip it would seem whole."""
    with path.open("rb") as raw:
        head = raw.read(16)
        if not head.startswith(GZIP_MAGIC) or head[12:] != _BGZIP_MARK:
            return
        raw.seek(-min(len(_BGZIP_END), path.stat().st_size), os.SEEK_END)
        if raw.read() != _BGZIP_END:
            raise DataError(f"{PURPOSE} must be a whole bgzip file. Received: one without its last "
                            "block, so it was cut off. Fetch or make it again.", path=path)


def _header(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    with _lines(path) as lines:
        for line in lines:
            if not found and not line.startswith(_FIRST_LINE):
                raise _headless(path, line)
            if not line.startswith("#"):
                raise _headless(path, line)
            found.append(line)
            if line.startswith("#CHROM"):
                _check_columns(line, len(found), path)
                return tuple(found)
    raise _headless(path, found[-1] if found else "")


def _headless(path: Path, line: str) -> DataError:
    came = repr(line[:40]) if line else "an empty file"
    return DataError(f"a VCF must start with {_FIRST_LINE!r} and have its #CHROM line before the "
                     f"records. Received: {came}. Put what is missing before the records: "
                     "##fileformat=VCFv4.2, and #CHROM POS ID REF ALT QUAL FILTER INFO with tabs "
                     "between.", path=path)


def _check_columns(line: str, number: int, path: Path) -> None:
    wanted = "#CHROM POS ID REF ALT QUAL FILTER INFO"
    if line.split("\t")[:_FIXED] != wanted.split():
        raise DataError(f"the #CHROM line must name {wanted}, with tabs. Received: "
                        f"{line[:80]!r}. Correct it.", path=path, line=number)


def _record(line: str, number: int, path: Path) -> Record:
    fields = tuple(line.split("\t"))
    if len(fields) < _FIXED:
        raise DataError(f"a record of a VCF must have {_FIXED} columns or more, with tabs. "
                        f"Received: {len(fields)} in {line[:60]!r}. Correct the line.",
                        path=path, line=number)
    if not fields[1].isascii() or not fields[1].isdigit() or len(fields[1]) > 12:
        raise DataError(f"POS must be a whole number, counted from 1. Received: {fields[1]!r}. "
                        "Correct the line.", path=path, line=number)
    if not fields[0] or not fields[3] or not fields[4]:
        raise DataError("CHROM, REF and ALT must not be empty. Received: "
                        f"{line[:60]!r}. Correct the line; a missing ALT is a dot.",
                        path=path, line=number)
    return Record(number, fields, int(fields[1]) - 1)


@contextlib.contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    """Give the lines of a file as text, without their ends, whatever its form."""
    if _is_bcf(path):
        yield _bcf_lines(path)
        return
    with open_text(path, PURPOSE) as stream:
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
    try:
        with pysam.VariantFile(str(path)) as stream:
            yield from str(stream.header).rstrip("\n").split("\n")
            for record in stream:
                yield str(record).rstrip("\n")
    except (OSError, ValueError) as error:
        raise DataError(f"{PURPOSE} must be a whole BCF file. Received: {error}. Make or fetch it "
                        "again.", path=path) from error

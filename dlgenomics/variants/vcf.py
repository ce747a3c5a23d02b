"""The records of a VCF or BCF file as they stand, in order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.data.vcf import (
    COLUMNS,
    PURPOSE,
    numbered_records,
    split_record,
    vcf_file,
    vcf_lines,
)
from dlgenomics.errors import DataError
from dlgenomics.files import require_utf8

_FIRST_LINE: Final = "##fileformat="


@dataclass(frozen=True)
class Record:
    """One line of a VCF.

    Attributes:
        line: its number in the file, from 1; in a BCF that in the VCF of the same content.
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
        with vcf_lines(self.path) as lines:
            for number, line in numbered_records(lines):
                yield _record(line, number, self.path)


@contextlib.contextmanager
def open_vcf(path: Path | str) -> Iterator[Vcf]:
    """Open a VCF (plain, gzip, bgzip) or BCF; ``-`` is standard input, which is copied first.

    No index is needed: files are read from their first record to the last.

    Raises:
        MissingFileError: no such file.
        DataError: it has no header, or is truncated.
    """
    with vcf_file(path) as found:
        yield Vcf(found, _header(found))


def _header(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    with vcf_lines(path) as lines:
        for line in lines:
            require_utf8(line, PURPOSE, path, len(found) + 1)
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
    wanted = f"#{' '.join(COLUMNS)}"
    if line.split("\t")[:len(COLUMNS)] != wanted.split():
        raise DataError(f"the #CHROM line must name {wanted}, with tabs. Received: "
                        f"{line[:80]!r}. Correct it.", path=path, line=number)


def _record(line: str, number: int, path: Path) -> Record:
    position = split_record(line, number, path)[1]
    return Record(number, tuple(line.split("\t")), int(position) - 1)

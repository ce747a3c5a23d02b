"""The VCF as it was, with scores in INFO."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from dlgenomics.errors import DlgError
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.scores import ALL_SCORES
from dlgenomics.variants.vcf import Record, Vcf
from dlgenomics.variants.writers.scored import Scored

PREFIX: Final = re.compile(r"[A-Za-z_][0-9A-Za-z_.]*")
_INFO: Final = re.compile(r"##INFO=<ID=([^,>]+)")


class Bytes(Protocol):
    """What takes bytes."""

    def write(self, data: bytes) -> object:
        """Write some."""


class VcfWriter:
    """Writes every header line and record as it was, with fields more in INFO.

    A score of one column is a Float for each allele; one of several is a String for each allele,
    its values joined by ``|`` in the order that the header states. Numbers have 9 digits, which
    hold a float32 exactly; a dot is an allele that was skipped.

    Args:
        stream: takes the bytes.
        vcf: what is copied.
        prefix: stands before the names of the fields.
        columns: the columns of each score.

    Raises:
        DlgError: a field of that name is there already, or the prefix is no name.
    """

    def __init__(self, stream: Bytes, vcf: Vcf, prefix: str,
                 columns: Mapping[str, Sequence[str]]) -> None:
        self._stream = stream
        self._prefix = prefix
        self._columns = columns
        added = self._header_lines()
        check_prefix(prefix)
        check_fields(vcf, [match[1] for line in added if (match := _INFO.match(line))],
                     "Name other fields with --prefix")
        write_lines(stream, [*vcf.header[:-1], *added, vcf.header[-1]])

    def _header_lines(self) -> list[str]:
        lines = [info_line(f"{self._prefix}_{score}", "A", *self._described(score, columns))
                 for score, columns in self._columns.items()]
        return [*lines, *(info_line(f"{self._prefix}_{name}", number, kind, words)
                          for name, number, kind, words in _REMARKS)]

    def _described(self, score: str, columns: Sequence[str]) -> tuple[str, str]:
        words = ALL_SCORES[score]
        if len(columns) == 1:
            return "Float", words + (f", {columns[0]}" if columns[0] else "")
        return "String", f"{words}; values: {'|'.join(columns)}"

    def write(self, scored: Scored) -> None:
        """Add records."""
        texts = {score: ["|".join(map(_text, row)) for row in values.tolist()]
                 for score, values in scored.scores.items()}
        lines, first = [], 0
        for record, alleles in zip(scored.records, scored.alleles, strict=True):
            rows = range(first, first + len(alleles))
            first = rows.stop
            added = self._fields(alleles, rows, texts, scored)
            lines.append("\t".join(with_info(record, added)))
        write_lines(self._stream, lines)

    def _fields(self, alleles: Sequence[Allele], rows: range, texts: Mapping[str, list[str]],
                scored: Scored) -> list[str]:
        found = []
        if any(not one.skipped for one in alleles):
            found = [f"{self._prefix}_{score}=" + ",".join(
                "." if one.skipped else values[row]
                for row, one in zip(rows, alleles, strict=True)) for score, values in texts.items()]
        if any(one.skipped for one in alleles):
            found.append(f"{self._prefix}_skipped="
                         + ",".join(one.skipped or "." for one in alleles))
        if any(one.is_swapped for one in alleles):
            found.append(f"{self._prefix}_swapped")
        unknown = int(scored.unknown[rows.start:rows.stop].max(initial=0))
        return [*found, f"{self._prefix}_n={unknown}"] if unknown else found


_REMARKS: Final = (
    ("skipped", ".", "String", "Why an allele has no scores, for each alternative allele"),
    ("swapped", "0", "Flag", "REF is not what the genome has there, an alternative allele is; "
     "scored as written"),
    ("n", "1", "Integer", "Letters of the reference window that are N, among them those past the "
     "ends of the contig"),
)


def check_prefix(prefix: str) -> None:
    """Refuse what cannot begin the name of an INFO field.

    Raises:
        DlgError: why.
    """
    if not PREFIX.fullmatch(prefix):
        raise DlgError("the prefix of INFO fields must be letters, digits, _ and ., a letter or _ "
                       f"first. Received: {prefix!r}. Name another with --prefix.")


def check_fields(vcf: Vcf, names: Sequence[str], advice: str) -> None:
    """Refuse a VCF that has fields of these names already.

    Raises:
        DlgError: which.
    """
    known = {match[1] for line in vcf.header if (match := _INFO.match(line))}
    for name in names:
        if name in known:
            raise DlgError(f"the VCF must not have the INFO field {name} yet. Received: one that "
                           f"has it, from an earlier run. {advice}.")


def info_line(name: str, number: str, kind: str, words: str) -> str:
    """Return the header line of an INFO field."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'##INFO=<ID={name},Number={number},Type={kind},Description="{escaped}">'


def with_info(record: Record, added: Sequence[str]) -> list[str]:
    """Return a record's columns with more fields in INFO."""
    kept = [] if record.info in (".", "") else [record.info]
    info = ";".join([*kept, *added]) or "."
    return [*record.fields[:7], info, *record.fields[8:]]


def write_lines(stream: Bytes, lines: Sequence[str]) -> None:
    """Write lines with their ends."""
    if lines:
        stream.write(("\n".join(lines) + "\n").encode())


def _text(value: float) -> str:
    return "." if np.isnan(value) else f"{value:.9g}"

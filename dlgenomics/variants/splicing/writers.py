"""What variants do to splicing: in the INFO field of SpliceAI's own tool, or a table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from dlgenomics.errors import EndingError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers import open_writer as open_table
from dlgenomics.predict.writers.heading import Writer as RowWriter
from dlgenomics.predict.writers.result import Result
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.splicing.deltas import NAMES, Deltas
from dlgenomics.variants.vcf import Record, Vcf
from dlgenomics.variants.writers.opening import is_vcf, open_vcf_stream
from dlgenomics.variants.writers.table import place_columns
from dlgenomics.variants.writers.vcf import (
    Bytes,
    check_fields,
    info_line,
    with_info,
    write_lines,
)

FIELD: Final = "SpliceAI"
FORMAT: Final = "|".join(["ALLELE", "SYMBOL", *(f"DS_{name}" for name in NAMES),
                          *(f"DP_{name}" for name in NAMES)])
_NAMING: Final = Naming(FIELD, {FIELD: FORMAT.split("|")[2:]})
_TABLES: Final = (".tsv", ".tsv.gz", ".parquet")


@dataclass(frozen=True)
class Effect:
    """What an allele does to one gene; ``deltas`` is None where it has no score."""

    gene: str
    deltas: Deltas | None


@dataclass(frozen=True, eq=False)
class Spliced:
    """Some records, in order.

    Attributes:
        records: as they were read.
        alleles: of each record.
        effects: of each allele, on each gene that it lies in.
    """

    records: Sequence[Record]
    alleles: Sequence[Sequence[Allele]]
    effects: Sequence[Sequence[Sequence[Effect]]]


class Writer(Protocol):
    """Takes records, in order."""

    def write(self, spliced: Spliced) -> None:
        """Add records."""


class VcfWriter:
    """Every header line and record as it was, with the field ``SpliceAI`` more in INFO.

    Scores have two decimals, as SpliceAI's own tool writes them; tables have them unrounded.
    """

    def __init__(self, stream: Bytes, vcf: Vcf) -> None:
        self._stream = stream
        check_fields(vcf, [FIELD, f"{FIELD}_skipped"],
                     "Remove them first: bcftools annotate -x INFO/SpliceAI")
        added = [
            info_line(FIELD, ".", "String", "Splicing effects of SpliceAI 1.3.1: delta scores (DS) "
                      "and positions (DP) of acceptor gain (AG), acceptor loss (AL), donor gain "
                      f"(DG) and donor loss (DL). Format: {FORMAT}"),
            info_line(f"{FIELD}_skipped", ".", "String",
                      "Why an allele has no scores, for each alternative allele")]
        write_lines(stream, [*vcf.header[:-1], *added, vcf.header[-1]])

    def write(self, spliced: Spliced) -> None:
        """Add records."""
        rows = zip(spliced.records, spliced.alleles, spliced.effects, strict=True)
        write_lines(self._stream, ["\t".join(with_info(record, _fields(alleles, effects)))
                                   for record, alleles, effects in rows])


def _fields(alleles: Sequence[Allele], effects: Sequence[Sequence[Effect]]) -> list[str]:
    entries = [_entry(one.alt, effect) for one, own in zip(alleles, effects, strict=True)
               for effect in own]
    found = [f"{FIELD}={','.join(entries)}"] if entries else []
    if any(one.skipped for one in alleles):
        found.append(f"{FIELD}_skipped=" + ",".join(one.skipped or "." for one in alleles))
    return found


def _entry(alt: str, effect: Effect) -> str:
    if effect.deltas is None:
        numbers = ["."] * (2 * len(NAMES))
    else:
        numbers = [f"{score:.2f}" for score in effect.deltas.scores]
        numbers += [str(place) for place in effect.deltas.positions]
    return "|".join([alt, effect.gene, *numbers])


class TableWriter:
    """A row for each allele and gene; one with the gene ``.`` for an allele in none."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer

    def write(self, spliced: Spliced) -> None:
        """Add records."""
        rows = [(record, one, effect)
                for record, alleles, effects in zip(spliced.records, spliced.alleles,
                                                    spliced.effects, strict=True)
                for one, own in zip(alleles, effects, strict=True)
                for effect in own or [Effect(".", None)]]
        records = {**place_columns([(record, one) for record, one, _ in rows]),
                   "symbol": np.array([effect.gene for _, _, effect in rows], object)}
        numbers = np.array([_numbers(effect) for _, _, effect in rows])
        self._writer.write(Result(records, numbers, _NAMING))


def _numbers(effect: Effect) -> list[float]:
    if effect.deltas is None:
        return [np.nan] * (2 * len(NAMES))
    return [*effect.deltas.scores, *map(float, effect.deltas.positions)]


def check_ending(path: Path | str) -> None:
    """Refuse a name whose ending names no format, before any work is done.

    Raises:
        EndingError: an unknown ending.
    """
    if not is_vcf(path) and not str(path).endswith(_TABLES):
        raise EndingError(path, (".vcf", ".vcf.gz", *_TABLES))


@contextlib.contextmanager
def open_writer(path: Path | str, vcf: Vcf) -> Iterator[Writer]:
    """Open a writer by a name's ending; ``-`` is VCF on standard output.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable.
        DlgError: the VCF has fields of these names already.
    """
    check_ending(path)
    if is_vcf(path):
        with open_vcf_stream(path) as stream:
            yield VcfWriter(stream, vcf)
    else:
        with open_table(path) as rows:
            yield TableWriter(rows)

"""Whether the variants and the genome fit together, found before anything is predicted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from dlgenomics.data.builds import build_advice
from dlgenomics.data.genome import Genome
from dlgenomics.errors import BuildError, ContigError, DataError, near_contig
from dlgenomics.progress import Progress, silent
from dlgenomics.variants.alleles import Allele, judge
from dlgenomics.variants.vcf import Record, Vcf
from dlgenomics.variants.windows import fetch_letters

_CHUNK: Final = 4096


@dataclass(frozen=True)
class Policy:
    """What is let pass.

    Attributes:
        max_mismatches: the share of checked records whose REF may differ from the genome.
        rename_contigs: take ``1`` for ``chr1`` and ``MT`` for ``chrM``, and the other way round.
        skip_missing_contigs: skip records on contigs that the genome lacks, instead of stopping.
    """

    max_mismatches: float = 0.05
    rename_contigs: bool = False
    skip_missing_contigs: bool = False


@dataclass
class Survey:
    """What a VCF holds.

    Attributes:
        records: how many.
        alleles: how many alternative alleles can be scored.
        checked: records whose REF was compared with the genome.
        mismatched: those where it differs, without those in ``swapped``.
        swapped: those where an alternative is the genome's.
        skipped: alleles that cannot be scored, by reason.
        kinds: alleles that can, by kind.
    """

    records: int = 0
    alleles: int = 0
    checked: int = 0
    mismatched: int = 0
    swapped: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, alleles: Sequence[Allele]) -> None:
        """Count the alleles of one record."""
        self.records += 1
        swapped = any(one.is_swapped for one in alleles)
        mismatched = not swapped and any(one.skipped == "reference_mismatch" for one in alleles)
        self.swapped += swapped
        self.mismatched += mismatched
        self.checked += swapped or mismatched or any(not one.skipped for one in alleles)
        for one in alleles:
            if one.skipped:
                self.skipped[one.skipped] += 1
            else:
                self.kinds[one.kind] += 1
                self.alleles += 1


@dataclass(frozen=True)
class Judge:
    """Says what each allele of a VCF is, in view of a genome.

    Attributes:
        vcf: where the records come from.
        genome: what REF is compared with.
        room: the most bases that an allele may have.
        policy: what is let pass.
        alt_room: the most that ALT may have, where that is another number.
    """

    vcf: Vcf
    genome: Genome
    room: int
    policy: Policy = field(default_factory=Policy)
    alt_room: int | None = None

    def alleles(self, records: Sequence[Record]) -> list[list[Allele]]:
        """Return the alleles of each record.

        Raises:
            ContigError: the genome lacks a contig, and the policy does not let that pass.
        """
        contigs = [self._contig(record) for record in records]
        lengths = [self.genome.lengths.get(contig) for contig in contigs]
        inside = [row for row, (record, length) in enumerate(zip(records, lengths, strict=True))
                  if length is not None and 0 <= record.start < length]
        letters = dict(zip(inside, fetch_letters(self.genome, [
            (contigs[row], records[row].start, len(records[row].ref)) for row in inside]),
            strict=True))
        return [judge(record, contig, length, letters.get(row, ""), self.room,
                      self.alt_room or self.room)
                for row, (record, contig, length)
                in enumerate(zip(records, contigs, lengths, strict=True))]

    def _contig(self, record: Record) -> str:
        known = self.genome.lengths
        if record.contig in known:
            return record.contig
        near = near_contig(record.contig, list(known))
        if self.policy.rename_contigs and near is not None:
            return near
        if self.policy.skip_missing_contigs and near is None:
            return record.contig
        raise _missing(record, near, self.genome, self.vcf)


def _missing(record: Record, near: str | None, genome: Genome, vcf: Vcf) -> ContigError:
    advice = ("Read such names as the genome has them with --rename-contigs." if near is not None
              else "Use a FASTA of the build that the variants refer to, or skip such records with "
              "--skip-missing-contigs.")
    return ContigError(record.contig, list(genome.lengths), vcf.path,
                       what="every variant's contig", fasta=genome.path.name,
                       advice=advice, line=record.line)


def survey(judged: Judge, progress: Progress = silent) -> Survey:
    """Count what a VCF holds.

    Args:
        judged: the VCF and the genome.
        progress: told of records.

    Raises:
        BuildError: too many references differ from the genome.
        ContigError: the genome lacks a contig.
        DataError: the VCF is malformed, or holds no record.
    """
    found = Survey()
    for records in chunks(judged.vcf.records(), _CHUNK):
        for alleles in judged.alleles(records):
            found.add(alleles)
        progress("check", found.records, found.records)
    if not found.records:
        raise DataError("a VCF must hold at least one record. Received: a header alone. Check how "
                        "it was filtered.", path=judged.vcf.path)
    if found.mismatched > judged.policy.max_mismatches * found.checked:
        raise BuildError(found.mismatched, found.checked, found.swapped, judged.vcf.path,
                         build_advice(judged.vcf.header, judged.genome.lengths))
    return found


def chunks(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    """Yield records in lists of ``size``; the last may be shorter."""
    while part := list(islice(records, size)):
        yield part

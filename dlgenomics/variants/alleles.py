"""What each alternative allele is, and whether it can be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dlgenomics.variants.vcf import Record

REASONS: Final = {
    "symbolic": "the allele is a symbol such as <DEL>, without a sequence",
    "breakend": "the allele is one end of a rearrangement",
    "overlapping_deletion": "the allele is *, a deletion that starts before",
    "no_alternative": "the record has no alternative allele",
    "unknown_bases": "the allele has letters that are not A, C, G or T",
    "reference_n": "the genome has N where REF stands",
    "reference_mismatch": "REF is not what the genome has there",
    "off_contig": "REF reaches past an end of its contig",
    "too_long": "the allele does not fit into the window behind its centre",
    "missing_contig": "the genome has no such contig",
}
"""Why an allele is not scored, by the word that stands in the output."""

_BASES: Final = frozenset("ACGT")


@dataclass(frozen=True)
class Allele:
    """One alternative allele of a record.

    Attributes:
        contig: as the genome names it.
        start: where REF starts, 0-based.
        ref, alt: in upper case.
        skipped: a key of `REASONS`, or an empty text where it can be scored.
        is_swapped: whether the genome has one of the record's alternatives where REF should be.
    """

    contig: str
    start: int
    ref: str
    alt: str
    skipped: str = ""
    is_swapped: bool = False

    @property
    def kind(self) -> str:
        """``SNV``, ``MNV``, ``insertion`` or ``deletion``."""
        if len(self.ref) == len(self.alt):
            return "SNV" if len(self.ref) == 1 else "MNV"
        return "insertion" if len(self.alt) > len(self.ref) else "deletion"


def form_of(alt: str) -> str:
    """Return why an allele has no sequence, as a key of `REASONS`; empty where it has one."""
    if alt == "*":
        return "overlapping_deletion"
    if "[" in alt or "]" in alt or alt.startswith(".") or alt.endswith("."):
        return "breakend"
    if alt.startswith("<"):
        return "symbolic"
    return "" if set(alt.upper()) <= _BASES else "unknown_bases"


def is_swapped(record: Record, genome: str) -> bool:
    """Return whether REF is not the genome's and an alternative of the same length is.

    An indel cannot be told: its shorter allele is also the start of the longer.

    Args:
        record: its REF and alternatives are compared.
        genome: what the genome has where REF stands.
    """
    return record.ref != genome and any(alt.upper() == genome for alt in record.alts)


def judge(record: Record, contig: str, length: int | None, genome: str, room: int,
          alt_room: int) -> list[Allele]:
    """Return the alternative alleles of a record, each with why it is skipped, if it is.

    Args:
        record: the record.
        contig: as the genome names it.
        length: of the contig; None where the genome lacks it.
        genome: what the genome has where REF stands, in upper case.
        room: the most bases that REF may have.
        alt_room: the most that ALT may have.
    """
    reason = _reference_reason(record, length, genome, room)
    swapped = reason == "reference_mismatch" and is_swapped(record, genome)
    alts: Sequence[str] = record.alts or (".",)
    found = []
    for alt in alts:
        own = "no_alternative" if alt == "." else form_of(alt)
        if not own and len(alt) > alt_room:
            own = "too_long"
        if not own and not (swapped and len(alt) == len(record.ref)):
            own = reason
        found.append(Allele(contig, record.start, record.ref, alt.upper(), own,
                            is_swapped=swapped and not own))
    return found


def _reference_reason(record: Record, length: int | None, genome: str, room: int) -> str:
    if length is None:
        return "missing_contig"
    if record.start < 0 or record.start + len(record.ref) > length:
        return "off_contig"
    if not set(record.ref) <= _BASES and record.ref == genome:
        return "unknown_bases"
    if "N" in genome:
        return "reference_n"
    if record.ref != genome:
        return "reference_mismatch"
    return "too_long" if len(record.ref) > room else ""

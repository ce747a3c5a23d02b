"""The other variants of a phased haplotype, in both windows of an allele."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from dlgenomics.data.encoding import Codes, decode, encode
from dlgenomics.data.genome import Genome
from dlgenomics.errors import DataError, did_you_mean
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.reference import Judge, chunks
from dlgenomics.variants.vcf import Record
from dlgenomics.variants.windows import both_windows, centre_of, fetch_contexts

_CHUNK: Final = 4096


class Edit(NamedTuple):
    """One allele that a haplotype carries."""

    start: int
    ref: str
    alt: str


Copy = tuple[str, str, int]
"""A haplotype: contig, phase set (``.`` for none) and its place in the genotype, from 0."""


@dataclass(frozen=True)
class Haplotypes:
    """The phased haplotypes of one sample.

    Attributes:
        edits: the alleles that each haplotype carries, by position.
        carriers: the haplotypes that carry an allele.
    """

    edits: dict[Copy, list[Edit]]
    carriers: dict[tuple[str, Edit], list[Copy]]

    @classmethod
    def read(cls, judge: Judge, sample: str) -> Haplotypes:
        """Read the phased genotypes of a sample.

        Alleles that cannot be scored are on no haplotype. Homozygous genotypes are phased however
        they are written.

        Args:
            judge: the VCF and the genome.
            sample: its name.

        Raises:
            DataError: the VCF has no such sample.
        """
        samples = judge.vcf.samples
        if sample not in samples:
            came = f"{sample!r}.{did_you_mean(sample, samples)}"
            raise DataError("haplotypes are those of a sample, one of "
                            f"{', '.join(samples[:12]) or 'none'}. Received: {came} Name a sample "
                            "whose genotypes are phased (0|1).", path=judge.vcf.path)
        column = 9 + samples.index(sample)
        edits: dict[Copy, list[Edit]] = defaultdict(list)
        carriers: dict[tuple[str, Edit], list[Copy]] = defaultdict(list)
        for records in chunks(judge.vcf.records(), _CHUNK):
            for record, alleles in zip(records, judge.alleles(records), strict=True):
                for copy, number in _phased(record, column):
                    one = alleles[number - 1]
                    if not one.skipped and not one.is_swapped:
                        edit = Edit(one.start, one.ref, one.alt)
                        place = (one.contig, *copy)
                        edits[place].append(edit)
                        carriers[one.contig, edit].append(place)
        return cls({copy: sorted(ones) for copy, ones in edits.items()}, dict(carriers))

    def windows(self, genome: Genome, alleles: Sequence[Allele],
                length: int) -> tuple[Codes, Codes]:
        """Return the windows of alleles, with what else their haplotype carries in both.

        An allele that the sample does not carry, or not in phase, has the genome around it. One
        that it carries on both haplotypes has that of the first.

        Args:
            genome: where the windows come from.
            alleles: those that can be scored.
            length: of each window.
        """
        ref = np.empty((len(alleles), length), np.uint8)
        alt = np.empty_like(ref)
        for row, one in enumerate(alleles):
            others = self._others(one, length)
            ref[row], alt[row] = edited_windows(genome, one, others, length)
        return ref, alt

    def _others(self, one: Allele, length: int) -> list[Edit]:
        """Return the alleles that may reach into a window, without those that overlap ``one``."""
        own = Edit(one.start, one.ref, one.alt)
        copies = self.carriers.get((one.contig, own), [])
        if not copies:
            return []
        edits = self.edits[copies[0]]
        # Deletions draw in what lies further away; twice the window holds all but extreme cases.
        first = bisect_left(edits, (one.start - 2 * length, "", ""))
        last = bisect_right(edits, (one.start + 2 * length, "~", "~"))
        return _apart(edits[first:last], own)


def _phased(record: Record, column: int) -> list[tuple[tuple[str, int], int]]:
    """Return (phase set, place in the genotype) and allele number of what is carried in phase."""
    if len(record.fields) <= column:
        return []
    entry = dict(zip(record.fields[8].split(":"), record.fields[column].split(":"), strict=False))
    genotype = entry.get("GT", ".")
    numbers = genotype.replace("|", "/").split("/")
    if "/" in genotype and len(set(numbers)) > 1:
        return []
    phase = entry.get("PS", ".")
    return [((phase, place), int(number)) for place, number in enumerate(numbers)
            if number.isdigit() and 0 < int(number) <= len(record.alts)]


def _apart(edits: Sequence[Edit], own: Edit) -> list[Edit]:
    """Return the edits that overlap neither ``own`` nor one before them."""
    found: list[Edit] = []
    reach = -1
    for edit in edits:
        end = edit.start + len(edit.ref)
        touches = edit.start < own.start + len(own.ref) and own.start < end
        if not touches and edit.start >= reach:
            found.append(edit)
            reach = end
    return found


def edited_windows(genome: Genome, one: Allele, others: Sequence[Edit],
                   length: int) -> tuple[Codes, Codes]:
    """Return the windows of one allele with other edits in both.

    Args:
        genome: where they come from.
        one: the allele that is scored; POS stands at the centre of both windows.
        others: edits that do not overlap it or each other, by position.
        length: of each window.
    """
    drawn = sum(max(len(e.ref) - len(e.alt), 0) for e in others)
    more = max(len(one.ref) - len(one.alt), 0) + drawn
    context = fetch_contexts(genome, [one], length + 2 * drawn, more)[0]
    first = one.start - centre_of(length + 2 * drawn)
    letters = decode(context)
    last = first + len(letters)
    inside = [e for e in others if first <= e.start and e.start + len(e.ref) <= last]
    left = _edited(letters[:one.start - first], [e for e in inside if e.start < one.start], first)
    behind = one.start + len(one.ref)
    right = _edited(letters[behind - first:], [e for e in inside if e.start >= behind], behind)
    centre = centre_of(length)
    around = encode(left[len(left) - centre:] + one.ref + right)
    return both_windows(around, encode(one.ref), encode(one.alt), length)


def _edited(letters: str, edits: Sequence[Edit], first: int) -> str:
    """Return letters, which start at position ``first``, with edits made."""
    for edit in reversed(edits):
        at = edit.start - first
        letters = letters[:at] + edit.alt + letters[at + len(edit.ref):]
    return letters

"""Which genome build some contig lengths belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

# Lengths of the chromosomes as the Genome Reference Consortium released them.
_GRCH37: Final = (
    249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
    141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
    81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566)
_GRCH38: Final = (
    248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
    138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
    83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415)
_CHROMOSOMES: Final = (*map(str, range(1, 23)), "X", "Y")

BUILDS: Final[Mapping[str, Mapping[str, int]]] = {
    "GRCh37 (hg19)": dict(zip(_CHROMOSOMES, _GRCH37, strict=True)),
    "GRCh38 (hg38)": dict(zip(_CHROMOSOMES, _GRCH38, strict=True)),
}
"""Chromosomes and their lengths by build; names are without ``chr``."""

_CONTIG: Final = re.compile(r"##contig=<(.*)>")
_ID: Final = re.compile(r"(?:^|,)ID=([^,]+)")
_LENGTH: Final = re.compile(r"(?:^|,)length=(\d+)")


def build_of(lengths: Mapping[str, int]) -> str | None:
    """Return the build that contig lengths fit, or None where none or several do.

    Args:
        lengths: by contig, with or without ``chr``; contigs of other names count for nothing.
    """
    known = {name.removeprefix("chr"): length for name, length in lengths.items()}
    shared = [name for name in _CHROMOSOMES if name in known]
    fits = [build for build, own in BUILDS.items()
            if shared and all(known[name] == own[name] for name in shared)]
    return fits[0] if len(fits) == 1 else None


def header_lengths(header: Sequence[str]) -> dict[str, int]:
    """Return the contig lengths that a VCF's header states."""
    found = {}
    for line in header:
        entry = _CONTIG.match(line)
        name = entry and _ID.search(entry[1])
        length = entry and _LENGTH.search(entry[1])
        if name and length:
            found[name[1]] = int(length[1])
    return found


def build_advice(header: Sequence[str], lengths: Mapping[str, int]) -> str:
    """Return which build a VCF and a FASTA are of, as far as their contig lengths tell.

    Args:
        header: the VCF's lines.
        lengths: of the FASTA's contigs.
    """
    of_vcf, of_fasta = build_of(header_lengths(header)), build_of(lengths)
    if of_vcf and of_fasta and of_vcf != of_fasta:
        return (f"By its header the VCF is of {of_vcf}, the FASTA is {of_fasta}: use a FASTA of "
                f"{of_vcf}")
    if of_vcf and of_vcf != of_fasta:
        return f"By its header the VCF is of {of_vcf}: use a FASTA of that build"
    if of_fasta:
        other = next(build for build in BUILDS if build != of_fasta)
        return f"The FASTA is {of_fasta}: the variants may be of {other}"
    return "Contig lengths do not tell the build: find out which one the variants refer to"

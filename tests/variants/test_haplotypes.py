"""Windows on phased haplotypes, against contigs edited by hand as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from variants.conftest import HEADER

from dlgenomics.data.encoding import decode
from dlgenomics.data.genome import Genome
from dlgenomics.errors import DataError
from dlgenomics.variants.haplotypes import Haplotypes
from dlgenomics.variants.reference import Judge
from dlgenomics.variants.vcf import open_vcf

LENGTH = 31
_SAMPLES = HEADER.replace("INFO\n", "INFO\tFORMAT\tme\tyou\n")


def _edited(text: str, edits: list[tuple[int, str, str]]) -> str:
    for start, ref, alt in sorted(edits, reverse=True):
        assert text[start:start + len(ref)] == ref
        text = text[:start] + alt + text[start + len(ref):]
    return text


def _windows(path: Path, genome: Path, sample: str = "me") -> list[tuple[str, str]]:
    with open_vcf(path) as vcf, Genome(genome) as opened:
        judge = Judge(vcf, opened, LENGTH // 2)
        alleles = [one for ones in judge.alleles(list(vcf.records())) for one in ones]
        ref, alt = Haplotypes.read(judge, sample).windows(opened, alleles, LENGTH)
    return [(decode(a), decode(b)) for a, b in zip(ref, alt, strict=True)]


def _expected(text: str, own: tuple[int, str, str], others: list[tuple[int, str, str]]) -> tuple[str, str]:
    """Edit the whole contig and find POS again by what the edits before it add or take."""
    moved = own[0] + sum(len(alt) - len(ref) for start, ref, alt in others if start < own[0])
    found = []
    for edits in (others, [*others, own]):
        padded = "N" * 99 + _edited(text, edits) + "N" * 99
        first = 99 + moved - LENGTH // 2
        found.append(padded[first:first + LENGTH])
    return found[0], found[1]


@pytest.fixture
def edits(letters) -> list[tuple[int, str, str]]:
    """A SNV, an insertion before it, a deletion behind it, and one far away."""
    one = letters["chr1"]
    return [(95, one[95], one[95] + "GG"), (100, one[100], "AC"[one[100] == "A"]),
            (104, one[104:109], one[104]), (300, one[300], "AC"[one[300] == "A"])]


def _rows(edits: list[tuple[int, str, str]], genotypes: list[str], key: str = "GT") -> list[tuple[object, ...]]:
    return [("chr1", start + 1, ref, alt, ".", key, genotype, "0/0")
            for (start, ref, alt), genotype in zip(edits, genotypes, strict=True)]


Write = Callable[..., Path]


def test_variants_of_the_same_haplotype_are_in_both_windows(write_vcf: Write, genome, letters, edits) -> None:
    found = _windows(write_vcf(*_rows(edits, ["0|1"] * 4), header=_SAMPLES), genome)
    for row, own in enumerate(edits):
        others = [one for one in edits if one != own]
        assert found[row] == _expected(letters["chr1"], own, others)


def test_variants_of_the_other_haplotype_are_not(write_vcf: Write, genome, letters, edits) -> None:
    found = _windows(write_vcf(*_rows(edits, ["1|0", "0|1", "1|1", "0/1"]), header=_SAMPLES), genome)
    assert found[1] == _expected(letters["chr1"], edits[1], [edits[2]])
    assert found[0] == _expected(letters["chr1"], edits[0], [edits[2]])
    assert found[3] == _expected(letters["chr1"], edits[3], [])


def test_unphased_and_absent_alleles_have_the_genome_around_them(write_vcf: Write, genome, letters, edits) -> None:
    found = _windows(write_vcf(*_rows(edits, ["0|1", "0/1", "0|1", "."]), header=_SAMPLES), genome)
    assert found[1] == _expected(letters["chr1"], edits[1], [])
    assert found == _windows(write_vcf(*_rows(edits, ["0|1", "0/1", "0|1", "./."]), header=_SAMPLES), genome)
    plain = _windows(write_vcf(*_rows(edits, ["0|1"] * 4), header=_SAMPLES), genome, "you")
    assert plain[2] == _expected(letters["chr1"], edits[2], [])


def test_phase_sets_keep_variants_apart(write_vcf: Write, genome, letters, edits) -> None:
    rows = _rows(edits, ["0|1:7", "0|1:7", "0|1:8", "0|1:8"], "GT:PS")
    found = _windows(write_vcf(*rows, header=_SAMPLES), genome)
    assert found[1] == _expected(letters["chr1"], edits[1], [edits[0]])


def test_overlapping_alleles_are_left_out(write_vcf: Write, genome, letters) -> None:
    one = letters["chr1"]
    edits = [(100, one[100:104], one[100]), (102, one[102], "AC"[one[102] == "A"])]
    found = _windows(write_vcf(*_rows(edits, ["0|1", "0|1"]), header=_SAMPLES), genome)
    assert found[1] == _expected(one, edits[1], [])


def test_many_random_edits(write_vcf: Write, genome, letters) -> None:
    rng = np.random.default_rng(8)
    one, at, edits = letters["chr1"], 30, []
    while at < 360:
        size, longer = int(rng.integers(1, 5)), int(rng.integers(0, 4))
        ref = one[at:at + size]
        alt = ref[0] + "".join(rng.choice(list("ACGT"), longer))
        if alt != ref:
            edits.append((at, ref, alt))
        at += size + int(rng.integers(1, 9))
    found = _windows(write_vcf(*_rows(edits, ["1|0"] * len(edits)), header=_SAMPLES), genome)
    for row, own in enumerate(edits):
        assert found[row] == _expected(one, own, [e for e in edits if e != own])


def test_an_unknown_sample_is_refused(write_vcf: Write, genome, edits) -> None:
    with pytest.raises(DataError, match=r"one of me, you\. Received: 'mee'\. Did you mean 'me'"):
        _windows(write_vcf(*_rows(edits, ["0|1"] * 4), header=_SAMPLES), genome, "mee")

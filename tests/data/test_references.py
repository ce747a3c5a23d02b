"""REF of a VCF against the genome: another build, off by one, and what is no mismatch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlgenomics.data import references
from dlgenomics.data.builds import BUILDS
from dlgenomics.data.genome import Genome
from dlgenomics.data.positions import read_variants
from dlgenomics.data.references import agreeing_rows
from dlgenomics.data.skipping import Skipped
from dlgenomics.errors import DataError

LETTERS = "ACGTNRacgtnACGTTTGACCA" + "GATTACA" * 20


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    (tmp_path / "g.fa").write_text(f">chr1\n{LETTERS}\n>chr2\nTTTT\n")
    return Genome(tmp_path / "g.fa")


def rows(folder: Path, genome: Genome, text: str, skipped: list[Skipped] | None = None, *,
         rename: bool = False) -> list[int]:
    """Return the rows that agree of records written as ``contig:position:ref:alt``."""
    (folder / "v.vcf").write_text("##fileformat=VCFv4.2\n" + "".join(
        "{}\t{}\t.\t{}\t{}\n".format(*record.split(":")) for record in text.split()))
    found = agreeing_rows(read_variants(folder / "v.vcf"), genome, skipped, rename=rename)
    return [int(row) for row in found]


@pytest.mark.parametrize("record", [
    "chr1:1:A:C", "chr1:1:a:C", "chr1:7:A:C", "chr1:7:ACG:A", "chr1:1:ACGT:<DEL>", "chr1:4:T:*",
    "chr1:5:A:C", "chr1:6:T:C", "chr1:4:TACAC:T", "chr1:1:N:C", "chr1:1:RYG:C",
    "chr1:3:G:]5]G", "chr1:3:GTNC:G", "chr2:1:TTTT:T", f"chr1:1:{LETTERS}:A", "chr7:1:G:A",
])
def test_what_the_genome_has_or_may_have_agrees(
    tmp_path: Path, genome: Genome, record: str
) -> None:
    """N and R stand at 5 and 6; a contig that is missing is another check's."""
    assert rows(tmp_path, genome, record) == [0]


@pytest.mark.parametrize(("record", "came"), [
    ("chr1:1:G:C", "G at chr1:1, where the genome has A"),
    ("chr1:7:c:A", "c at chr1:7, where the genome has A"),
    ("chr1:3:GGNC:G", "GGNC at chr1:3, where the genome has GTNR"),
    ("chr1:8:CCG:<DEL>", "CCG at chr1:8, where the genome has CGT"),
    ("chr2:4:TT:T", "TT at chr2:4, which ends at 4"),
    ("chr2:5:T:A", "T at chr2:5, which ends at 4"),
    (f"chr1:1:{LETTERS[:60]}G{LETTERS[61:]}:A",
     f"G{LETTERS[61:80]} at chr1:61, where the genome has {LETTERS[60:80]}"),
])
def test_what_the_genome_has_not_is_refused_and_noted(
    tmp_path: Path, genome: Genome, record: str, came: str
) -> None:
    text = f"chr1:1:A:C {record} chr2:1:T:A"
    with pytest.raises(DataError) as caught:
        rows(tmp_path, genome, text)
    reason = f"REF must be what the genome has there. Received: {came}."
    assert str(caught.value).startswith(f"{tmp_path / 'v.vcf'}:3: {reason} 1 of 3 records differs. "
                                        "Is it of another build? Contig lengths do not tell")
    skipped: list[Skipped] = []
    assert rows(tmp_path, genome, text, skipped) == [0, 2]
    assert skipped == [Skipped(str(tmp_path / "v.vcf"), 3, reason)]


def test_notes_stand_in_the_files_order_and_the_count_is_of_all(
    tmp_path: Path, genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "chr1:1:CC:A chr1:2:G:A chr1:3:G:A chr1:2:GG:A chr9:1:A:C chr1:4:C:A chr1:3:GT:G"
    for at_once in (1, 3, 1 << 20):
        monkeypatch.setattr(references, "_BASES", at_once)
        with pytest.raises(DataError, match=r"v\.vcf:2: .*CC at chr1:1, .* 4 of 6 records differ\."):
            rows(tmp_path, genome, text)
        skipped: list[Skipped] = []
        assert rows(tmp_path, genome, text, skipped) == [2, 4, 6]
        assert [one.line for one in skipped] == [2, 3, 5, 7]


def test_a_vcf_off_by_one_is_refused_and_one_of_nothing_good_too(
    tmp_path: Path, genome: Genome
) -> None:
    moved = " ".join(f"chr1:{i + 2}:{LETTERS[i]}:A" for i in range(30, 60))
    with pytest.raises(DataError, match=r"2\d of 30 records differ"):
        rows(tmp_path, genome, moved)
    with pytest.raises(DataError, match="no good one among 2 records, all skipped as bad"):
        rows(tmp_path, genome, "chr1:1:C:A chr1:2:T:A", [])


def test_contigs_of_other_names_are_compared_once_they_are_renamed(
    tmp_path: Path, genome: Genome
) -> None:
    assert rows(tmp_path, genome, "1:1:C:A") == [0]
    with pytest.raises(DataError, match="C at chr1:1, where the genome has A"):
        rows(tmp_path, genome, "1:1:C:A", rename=True)


def test_the_header_says_which_build_the_variants_are_of(tmp_path: Path, genome: Genome) -> None:
    length = BUILDS["GRCh37 (hg19)"]["1"]
    path = tmp_path / "v.vcf"
    path.write_text(f"##fileformat=VCFv4.2\n##contig=<ID=chr1,length={length}>\nchr1\t1\t.\tC\tA\n")
    with pytest.raises(DataError, match=r"By its header the VCF is of GRCh37 \(hg19\): use a FASTA "
                       r"of that build, or leave such records out with --skip-bad"):
        agreeing_rows(read_variants(path), genome)


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_those_of_a_comparison_letter_by_letter(
    tmp_path: Path, genome: Genome, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    texts, expected = [], []
    for row in range(60):
        start, size = int(rng.integers(0, 40)), int(rng.choice([1, 1, 2, 3]))
        ref = "".join(rng.choice(list("ACGTNacgt"), size)) if row % 2 else LETTERS[start:start + size]
        texts.append(f"chr1:{start + 1}:{ref}:A")
        pairs = zip(ref.upper(), LETTERS[start:start + size].upper(), strict=True)
        if all(a == b or a not in "ACGT" or b not in "ACGT" for a, b in pairs):
            expected.append(row)
    assert rows(tmp_path, genome, " ".join(texts), []) == expected

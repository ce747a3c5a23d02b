"""Reading VCF and BCF files, good and bad."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pysam
import pytest

from dlgenomics.data.builds import BUILDS, build_advice, build_of, header_lengths
from dlgenomics.errors import DataError, MissingFileError
from dlgenomics.variants.alleles import form_of, judge
from dlgenomics.variants.vcf import Record, open_vcf

ROWS = [("chr1", 10, "A", "C"), ("chr1", 12, "AT", "A,ATT"), ("chr2", 5, "g", "t")]


def _read(path: Path | str) -> list[Record]:
    with open_vcf(path) as vcf:
        return list(vcf.records())


@pytest.mark.parametrize("name", ["in.vcf", "in.vcf.gz"])
def test_records_come_in_order_as_they_are(write_vcf, name: str) -> None:
    records = _read(write_vcf(*ROWS, name=name))
    assert [(r.contig, r.start + 1, r.ref, r.alts) for r in records] == [
        ("chr1", 10, "A", ("C",)), ("chr1", 12, "AT", ("A", "ATT")), ("chr2", 5, "G", ("t",))]
    assert records[2].fields[3] == "g"
    assert [r.line for r in records] == [8, 9, 10]


def test_gzip_crlf_and_blank_lines_are_read(write_vcf, tmp_path: Path) -> None:
    text = write_vcf(*ROWS).read_text().replace("\n", "\r\n") + "\r\n"
    path = tmp_path / "crlf.vcf.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert _read(path)[2].fields[-1] == "."
    assert len(_read(path)) == 3


def test_bcf_is_read_like_the_vcf_it_was_made_of(write_vcf, tmp_path: Path) -> None:
    source = write_vcf(*ROWS)
    path = tmp_path / "in.bcf"
    with pysam.VariantFile(str(source)) as vcf, pysam.VariantFile(
            str(path), "wb", header=vcf.header) as out:
        for record in vcf:
            out.write(record)
    assert [(r.contig, r.start, r.ref, r.alts) for r in _read(path)] == [
        (r.contig, r.start, r.ref, r.alts) for r in _read(source)]


def test_a_truncated_bcf_is_said(write_vcf, tmp_path: Path) -> None:
    path = tmp_path / "in.bcf"
    with pysam.VariantFile(str(write_vcf(*ROWS * 500))) as vcf, pysam.VariantFile(
            str(path), "wb", header=vcf.header) as out:
        for record in vcf:
            out.write(record)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="must be a whole bgzip file"):
        _read(path)


def test_standard_input_can_be_read_twice(write_vcf, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(write_vcf(*ROWS, name="in.vcf.gz").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    with open_vcf("-") as vcf:
        assert [len(list(vcf.records())), len(list(vcf.records()))] == [3, 3]


def test_a_pipe_can_be_read_twice(write_vcf, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = write_vcf(*ROWS).read_bytes()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, content)
        with open_vcf(pipe) as vcf:
            assert [len(list(vcf.records())), len(list(vcf.records()))] == [3, 3]


def test_a_truncated_gzip_is_said(write_vcf, tmp_path: Path) -> None:
    whole = gzip.compress(write_vcf(*ROWS * 2000).read_bytes())
    (tmp_path / "cut.vcf.gz").write_bytes(whole[:-500])
    with pytest.raises(DataError, match="must be a whole gzip file"):
        _read(tmp_path / "cut.vcf.gz")


@pytest.mark.parametrize("cut", [28, 40])
def test_a_truncated_bgzip_is_said(write_vcf, tmp_path: Path, cut: int) -> None:
    path = write_vcf(*ROWS * 2000, name="in.vcf.gz")
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match="must be a whole bgzip file"):
        _read(path)


def test_names_in_any_script_and_duplicates_are_kept(write_vcf) -> None:
    path = write_vcf(*ROWS[:1] * 2)
    path.write_text(path.read_text().replace("\t.\tA\tC", "\tвариант é\tA\tC"))
    assert [record.name for record in _read(path)] == ["вариант é"] * 2


@pytest.mark.parametrize(("text", "message"), [
    ("", "Received: an empty file"),
    ("chr1\t10\t.\tA\tC\t.\t.\t.\n", "must start with '##fileformat='"),
    ("##fileformat=VCFv4.2\nchr1\t10\t.\tA\tC\t.\t.\t.\n", "#CHROM line before the records"),
    ("##fileformat=VCFv4.2\n", "#CHROM line before the records"),
    ("##fileformat=VCFv4.2\n#CHROM POS ID REF ALT QUAL FILTER INFO\n", "with tabs"),
])
def test_a_vcf_without_its_header_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "in.vcf").write_text(text)
    with pytest.raises(DataError, match=message):
        _read(tmp_path / "in.vcf")


@pytest.mark.parametrize(("row", "message"), [
    (("chr1", "x", "A", "C"), "POS must be a whole number, counted from 1. Received: 'x'"),
    (("chr1", "-5", "A", "C"), "POS must be a whole number"),
    (("chr1", "10", "", "C"), "CHROM, REF and ALT must not be empty"),
    (("chr1", "9" * 30, "A", "C"), "POS must be a whole number"),
])
def test_a_bad_record_is_named_by_its_line(write_vcf, row, message: str) -> None:
    with pytest.raises(DataError, match=message) as raised:
        _read(write_vcf(ROWS[0], row))
    assert raised.value.line == 9


def test_a_short_line_is_named(write_vcf) -> None:
    path = write_vcf(ROWS[0])
    path.write_text(path.read_text() + "chr1\t20\t.\tA\n")
    with pytest.raises(DataError, match=r"8 columns or more, with tabs.*INFO\. Received: 4"):
        _read(path)


def test_a_missing_file_offers_the_near_name(write_vcf) -> None:
    path = write_vcf(ROWS[0])
    with pytest.raises(MissingFileError, match=r"Did you mean 'in\.vcf'"):
        _read(path.with_name("inn.vcf"))


@pytest.mark.parametrize(("alt", "reason"), [
    ("A", ""), ("acgt", ""), ("<DEL>", "symbolic"), ("<*>", "symbolic"),
    ("*", "overlapping_deletion"), ("G]chr2:5]", "breakend"), ("[chr2:5[G", "breakend"),
    ("G.", "breakend"), (".G", "breakend"), ("AN", "unknown_bases"), ("R", "unknown_bases"),
])
def test_alleles_without_a_sequence_have_a_reason(alt: str, reason: str) -> None:
    assert form_of(alt) == reason


def _judged(ref: str, alt: str, genome: str, start: int = 4, length: int | None = 100) -> list[str]:
    record = Record(1, ("chr1", str(start + 1), ".", ref, alt, ".", ".", "."), start)
    return [one.skipped or ("swapped" if one.is_swapped else one.kind)
            for one in judge(record, "chr1", length, genome, 10, 10)]


@pytest.mark.parametrize(("case", "found"), [
    (("A", "C", "A"), ["SNV"]),
    (("AC", "GT", "AC"), ["MNV"]),
    (("AC", "A", "AC"), ["deletion"]),
    (("a", "ACG,<DEL>,*", "A"), ["insertion", "symbolic", "overlapping_deletion"]),
    (("A", ".", "A"), ["no_alternative"]),
    (("A", "C", "G"), ["reference_mismatch"]),
    (("A", "C", "C"), ["swapped"]),
    (("A", "C,T", "C"), ["swapped", "swapped"]),
    (("A", "C,AT", "C"), ["swapped", "reference_mismatch"]),
    (("AT", "A", "AC"), ["reference_mismatch"]),
    (("A", "C", "N"), ["reference_n"]),
    (("N", "C", "N"), ["unknown_bases"]),
    (("A" * 11, "A", "A" * 11), ["too_long"]),
    (("A", "A" * 11, "A"), ["too_long"]),
])
def test_alleles_are_judged_in_view_of_the_genome(case, found: list[str]) -> None:
    assert _judged(*case) == found


@pytest.mark.parametrize(("start", "length", "reason"), [
    (-1, 100, "off_contig"), (100, 100, "off_contig"), (99, 100, "SNV"), (5, None, "missing_contig"),
])
def test_places_outside_the_genome_are_skipped(start: int, length: int | None, reason: str) -> None:
    assert _judged("A", "C", "A" if reason == "SNV" else "", start, length) == [reason]


def test_builds_are_told_by_their_lengths() -> None:
    assert build_of({"chr1": 249250621, "chr2": 243199373, "scaffold_9": 12}) == "GRCh37 (hg19)"
    assert build_of({"1": 248956422}) == "GRCh38 (hg38)"
    assert build_of({"chr1": 248956422, "chr2": 243199373}) is None
    assert build_of({"scaffold": 5}) is None
    assert [len(one) for one in BUILDS.values()] == [24, 24]


def test_the_build_that_fits_better_is_named() -> None:
    header = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=249250621,assembly=hg19>"]
    assert header_lengths(header) == {"chr1": 249250621}
    assert "use a FASTA of GRCh37" in build_advice(header, {"chr1": 248956422})
    assert "use a FASTA of that build" in build_advice(header, {"chr1": 1000})
    assert "may be of GRCh37" in build_advice([], {"chr1": 248956422})
    assert "do not tell the build" in build_advice([], {"chr1": 1000})


def test_the_room_starts_no_tensorflow() -> None:
    modules = ("plan", "reference", "writers", "vcf", "splicing.scoring", "splicing.writers")
    code = "".join(f"import dlgenomics.variants.{one}; " for one in modules)
    code += "import sys; assert not {'tensorflow', 'keras', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

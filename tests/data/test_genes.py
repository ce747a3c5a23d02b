"""GTF files: places, strands and attributes, and what is no GTF."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.data.genes import read_genes, read_gtf
from dlgenomics.data.region import Region
from dlgenomics.errors import ContigError, DataError, MissingFileError

GTF = """\
#!genome-build made up
# a comment
chr2\tX\tgene\t11\t20\t.\t+\t.\tgene_id "g1"; gene_name "a; b"; level 2; tag "one"; tag "two"
chr2\tX\texon\t11\t15\t.\t+\t.\tgene_id "g1";

chr1\tY\tgene\t1\t5\t0.5\t-\t0\tgene_id "g2"; empty "";
"""


@pytest.fixture
def gtf(tmp_path: Path) -> Path:
    path = tmp_path / "genes.gtf"
    path.write_text(GTF)
    return path


def test_lines_of_a_feature(gtf: Path) -> None:
    found = read_gtf(gtf, "gene")
    assert found.places.labels() == ["chr2:10-20", "chr1:0-5"]
    assert found.places.strand.tolist() == ["+", "-"]
    assert found.places.line.tolist() == [3, 6]
    assert found.columns["source"].tolist() == ["X", "Y"]
    assert found.columns["score"].tolist() == [".", "0.5"]
    assert found.stranded
    assert len(read_gtf(gtf, "exon")) == 1


def test_attributes_are_read_as_they_are_quoted(gtf: Path) -> None:
    found = read_gtf(gtf, "gene")
    assert found.attributes[0] == {"gene_id": "g1", "gene_name": "a; b", "level": "2", "tag": "two"}
    assert found.attribute("gene_name").tolist() == ["a; b", ""]
    assert found.attribute("empty", "-").tolist() == ["-", ""]
    assert found.attribute_names() == ["gene_id", "gene_name", "level", "tag", "empty"]


def test_anchors_follow_the_strand(gtf: Path) -> None:
    found = read_gtf(gtf, "gene")
    assert found.anchors(end=False).tolist() == [10, 5]
    assert found.anchors(end=True).tolist() == [20, 0]
    assert found[np.array([1])].places.labels() == ["chr1:0-5"]


UCSC = """\
chr1\tens\ttranscript\t101\t900\t.\t+\t.\tgene_id "g1"; transcript_id "t1";
chr1\tens\texon\t101\t200\t.\t+\t.\tgene_id "g1"; transcript_id "t1";
chr1\tens\texon\t801\t900\t.\t+\t.\tgene_id "g1"; transcript_id "t1";
chr1\tens\ttranscript\t301\t400\t.\t-\t.\tgene_id "g2"; transcript_id "t2";
chr1\tens\texon\t301\t400\t.\t-\t.\tgene_id "g2"; transcript_id "t2";
chr2\tens\ttranscript\t1\t9\t.\t-\t.\tgene_id "g3"; transcript_id "t3";
chr2\tens\texon\t1\t9\t.\t-\t.\tgene_id "g3"; transcript_id "t3";
"""


@pytest.mark.parametrize(("text", "feature"), [
    (UCSC, "transcript"), (UCSC.replace("transcript\t", "mRNA\t"), "mRNA"),
    ("".join(line for line in UCSC.splitlines(True) if "\texon\t" in line), "exon"),
    ("".join(sorted(UCSC.splitlines(True), reverse=True)), "transcript"),
])
def test_genes_of_a_region_are_those_of_the_best_lines(
    tmp_path: Path, text: str, feature: str
) -> None:
    path = tmp_path / "genes.gtf"
    path.write_text(text)
    found = read_genes(path, Region("chr1", 500, 600))  # in the intron of t1
    assert (found.feature, sorted(found.contigs)) == (feature, ["chr1", "chr2"])
    assert found.lines.places.labels() == ["chr1:100-900"]
    assert found.lines.attribute("gene_id").tolist() == ["g1"]
    assert len(read_genes(path, Region("chr1", 350, 600)).lines) == 2
    assert not len(read_genes(path, Region("chr1", 900, 990)).lines)
    assert not len(read_genes(path, Region("chr3", 0, 990)).lines)


def test_genes_stand_for_their_transcripts_and_contigs_for_their_other_names(
    gtf: Path, tmp_path: Path
) -> None:
    assert read_genes(gtf, Region("chr2", 0, 12)).feature == "gene"
    with pytest.raises(ContigError, match=r"has chr2, chr1\. Received: '2'\. Did you mean 'chr2'"):
        read_genes(gtf, Region("2", 0, 12))
    found = read_genes(gtf, Region("2", 0, 12), rename=True)
    assert (found.contig, found.lines.places.labels()) == ("chr2", ["chr2:10-20"])
    both = tmp_path / "both.gtf"
    both.write_text(GTF + GTF.replace("chr2\tX", "2\tX"))
    assert read_genes(both, Region("2", 0, 12)).lines.places.labels() == ["2:10-20"]


def test_a_gtf_without_any_genes(tmp_path: Path) -> None:
    path = tmp_path / "genes.gtf"
    path.write_text(UCSC.replace("transcript\t", "CDS\t").replace("exon", "UTR"))
    with pytest.raises(DataError, match=r"gene, transcript, mRNA or exon\. Received: CDS, UTR"):
        read_genes(path, Region("chr1", 0, 9))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_gzip_and_windows_line_ends(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(GTF.replace("\n", line_end).encode()))
    assert read_gtf(path, "gene").attributes[1] == {"gene_id": "g2", "empty": ""}


GOOD = ["chr1", "X", "gene", "1", "5", ".", "+", ".", 'gene_id "g";']


@pytest.mark.parametrize(("column", "value", "sentence"), [
    (3, "0", "1 <= start <= end. Received: '0' and '5'"), (3, "6", "Received: '6' and '5'"),
    (3, "-1", "Received: '-1'"), (4, "1e3", "'1e3'"), (4, "9" * 13, "whole numbers"),
    (6, "*", "the seventh of them the strand"), (8, "g|Name", "Is it a GTF or GFF3?"),
    (8, 'gene_id "g', "attributes must read like"), (8, "gene_id", "attributes must read like"),
])
def test_a_malformed_line_is_named(
    tmp_path: Path, column: int, value: str, sentence: str
) -> None:
    path = tmp_path / "bad.gtf"
    bad = [value if place == column else one for place, one in enumerate(GOOD)]
    path.write_text("\t".join(GOOD) + "\n" + "\t".join(bad) + "\n")
    with pytest.raises(DataError) as caught:
        read_gtf(path, "gene")
    assert sentence in str(caught.value)
    assert caught.value.line == 2


def test_what_is_no_gtf(gtf: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'transcript'\. Received: gene, exon"):
        read_gtf(gtf, "transcript")
    (tmp_path / "x.bed").write_text("chr1\t1\t2\n")
    with pytest.raises(DataError, match="must have 9 columns"):
        read_gtf(tmp_path / "x.bed", "gene")
    (tmp_path / "empty.gtf").write_text("# nothing\n")
    with pytest.raises(DataError, match="no lines"):
        read_gtf(tmp_path / "empty.gtf", "gene")
    with pytest.raises(MissingFileError):
        read_gtf(tmp_path / "none.gtf", "gene")


def test_a_feature_without_strand_has_no_anchor(tmp_path: Path) -> None:
    path = tmp_path / "x.gtf"
    path.write_text("\t".join(GOOD).replace("\t+\t", "\t.\t") + "\n")
    found = read_gtf(path, "gene")
    assert not found.stranded
    with pytest.raises(DataError, match="must have a strand") as caught:
        found.anchors(end=False)
    assert caught.value.line == 1

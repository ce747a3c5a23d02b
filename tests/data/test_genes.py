"""GTF files: places, strands and attributes, and what is no GTF."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.data.genes import read_gtf
from dlgenomics.errors import DataError, MissingFileError

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

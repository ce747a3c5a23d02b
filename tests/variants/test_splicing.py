"""SpliceAI's scores: against a second way to compute them, and against its own tool."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_splicing import GENES, make_splicing, take_the_place_of_spliceai

from dlgenomics.data.encoding import decode, encode
from dlgenomics.errors import DataError, DlgError, OutputError
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.splicing.deltas import aligned, deltas
from dlgenomics.variants.splicing.genes import Gene, read_genes
from dlgenomics.variants.splicing.windows import gene_windows
from dlgenomics.variants.splicing.writers import check_ending

TOOL = Path(__file__).parent / "data" / "spliceai_1.3.1.tsv"
DISTANCE = 20


@pytest.fixture
def genes(tmp_path: Path) -> Path:
    (tmp_path / "genes.txt").write_text(GENES)
    return tmp_path / "genes.txt"


def test_genes_are_found_by_place(genes: Path) -> None:
    found = read_genes(genes)
    assert [gene.name for gene in found.at("chr1", 51)] == ["ONE"]
    assert [gene.name for gene in found.at("1", 181)] == ["ONE", "TWO"]
    assert [gene.name for gene in found.at("1", 180)] == ["ONE"]
    assert [gene.name for gene in found.at("1", 321)] == ["TWO"]
    assert [found.at("1", pos) for pos in (50, 391)] == [[], []]
    assert found.at("chr2", 100) == []


def test_the_nearest_exon_boundary_is_a_base_of_the_exon(genes: Path) -> None:
    one = read_genes(genes).at("1", 100)[0]
    assert one.boundaries.tolist() == [51, 80, 121, 160, 251, 320]
    assert [one.nearest_boundary(pos) for pos in (51, 79, 100, 101, 122)] == [0, 1, -20, 20, -1]


@pytest.mark.parametrize(("line", "message"), [
    ("ONE\t1\t+\t50\t320\t50,\n", "must have NAME, CHROM, STRAND"),
    ("ONE\t1\t.\t50\t320\t50,\t80,\n", r"strand \+ or -"),
    ("ONE\t1\t+\t50\t320\t50,60,\t80,\n", "as many exon ends as starts"),
    ("ONE\t1\t+\tx\t320\t50,\t80,\n", "Correct the line"),
    ("ONE\t1\t+\t50\t320\t,\t,\n", "Correct the line"),
])
def test_a_bad_annotation_is_named_by_its_line(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "genes.txt").write_text(GENES + line)
    with pytest.raises(DataError, match=message) as raised:
        read_genes(tmp_path / "genes.txt")
    assert raised.value.line == 4


def test_an_empty_annotation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "genes.txt").write_text(GENES.splitlines()[0] + "\n")
    with pytest.raises(DataError, match=r"a line for each gene. Received: none"):
        read_genes(tmp_path / "genes.txt")


def test_windows_have_n_outside_the_gene() -> None:
    gene = Gene("G", "+", 48, 52, np.array([48, 52]))
    ref, alt = gene_windows(encode("ACGTACGTACG"), Allele("1", 49, "C", "CTT"), gene)
    assert (decode(ref), decode(alt)) == ("NNNTACGTNNN", "NNNTACTTGTNNN")
    minus = Gene("G", "-", 40, 60, np.array([40, 60]))
    ref, alt = gene_windows(encode("ACGTACGTACG"), Allele("1", 49, "CGT", "C"), minus)
    assert (decode(ref), decode(alt)) == ("CGTACGTACGT", "CGTGTACGT")


def test_exchanged_alleles_are_taken_as_written() -> None:
    gene = Gene("G", "+", 40, 60, np.array([40, 60]))
    ref, alt = gene_windows(encode("ACGTACGTACG"), Allele("1", 49, "T", "C", is_swapped=True), gene)
    assert (decode(ref), decode(alt)) == ("ACGTATGTACG", "ACGTACGTACG")


def test_alternatives_are_aligned_to_the_reference() -> None:
    values = np.arange(1, 8, dtype=np.float32)[:, None]
    assert aligned(values, 1, 1, 3).ravel().tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert aligned(values[:5], 3, 1, 3).ravel().tolist() == [1, 2, 3, 4, 0, 0, 5]
    longer = np.array([[1], [2], [3], [9], [5], [4], [7], [8]], np.float32)
    assert aligned(longer, 1, 2, 3).ravel().tolist() == [1, 2, 3, 9, 4, 7, 8]


def test_masks_leave_out_what_changes_nothing() -> None:
    ref, alt = np.zeros((5, 3), np.float32), np.zeros((5, 3), np.float32)
    alt[3, 1], ref[0, 1], alt[2, 2], ref[3, 2] = 0.9, 0.8, 0.7, 0.6
    plain = deltas(ref, alt)
    assert plain.scores == pytest.approx((0.9, 0.8, 0.7, 0.6))
    assert plain.positions == (1, -2, 0, 1)
    assert deltas(ref, alt, 1).scores == pytest.approx((0, 0, 0.7, 0.6))
    assert deltas(ref, alt, 0).scores == pytest.approx((0.9, 0, 0, 0))


# The same, once more: by loops over text, with the network in NumPy.


def _probabilities(weights: list[np.ndarray], text: str) -> np.ndarray:
    """Return neither, acceptor and donor for each letter but the outer 5,000."""
    first, first_bias, last, last_bias = weights
    x = np.array([[float(base == letter) for letter in "ACGT"] for base in text])
    found = []
    for centre in range(5000, len(text) - 5000):
        near = x[centre - 5:centre + 6]
        hidden = np.maximum(np.einsum("wc,wcf->f", near, first) + first_bias, 0)
        logits = hidden @ last[0] + last_bias
        found.append(np.exp(logits) / np.exp(logits).sum())
    return np.array(found)


def _by_hand(models: list[object], contig: str, pos: int, ref: str, alt: str,
             gene: tuple[str, int, int, set[int]], *, masked: bool) -> list[float]:
    strand, start, end, boundaries = gene
    inside = "".join(base if start <= place <= end else "N" for place, base in enumerate(contig, 1))
    reach = 5000 + DISTANCE
    padded = "N" * reach + inside + "N" * reach
    at = reach + pos - 1
    texts = [padded[at - reach:at + reach + 1],
             padded[at - reach:at] + alt + padded[at + len(ref):at + reach + 1]]
    by_place = []
    for text, allele in zip(texts, (ref, alt), strict=True):
        turned = text if strand == "+" else text.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        mean = np.mean([_probabilities(m.model.get_weights(), turned) for m in models], axis=0)
        mean = mean if strand == "+" else mean[::-1]
        # Probabilities by position of the reference, counted from POS.
        places = {}
        for offset, row in enumerate(mean, -DISTANCE):
            if allele == ref or offset < 0:
                places[offset] = row
            elif len(alt) > 1:
                moved = max(offset - len(alt) + 1, 0)
                places[moved] = np.maximum(row, places.get(moved, 0))
            else:
                places[offset if offset == 0 else offset + len(ref) - 1] = row
        by_place.append(places)
    zero = np.zeros(3)
    scores, positions = [], []
    nearest = min(sorted(boundaries), key=lambda place: abs(place - pos)) - pos
    for channel in (1, 2):
        for sign in (1, -1):
            change = {p: sign * (by_place[1].get(p, zero)[channel] - by_place[0][p][channel])
                      for p in range(-DISTANCE, DISTANCE + 1)}
            where = max(change, key=lambda p: change[p])
            is_known = where == nearest
            hidden = masked and (is_known if sign == 1 else not is_known)
            scores.append(0.0 if hidden else change[where])
            positions.append(where)
    return [*scores, *positions]


ONE = ("+", 51, 320, {51, 80, 121, 160, 251, 320})
TWO = ("-", 181, 390, {181, 220, 301, 390})


@pytest.fixture(scope="module")
def models() -> list[object]:
    return [make_splicing(n) for n in range(1, 6)]


@pytest.mark.parametrize("masked", [False, True])
def test_scores_are_those_of_loops_over_text(models, masked, genome, letters, write_vcf, genes, tmp_path) -> None:
    from dlgenomics.data.genome import Genome
    from dlgenomics.variants.reference import Policy, survey
    from dlgenomics.variants.splicing.ensemble import Ensemble
    from dlgenomics.variants.splicing.scoring import SplicingScorer, splicing_judge
    from dlgenomics.variants.vcf import open_vcf

    text = letters["chr1"]
    other = str.maketrans("ACGT", "CGTA")
    cases = [(122, text[121], text[121].translate(other), [("ONE", ONE)]),
             (200, text[199], text[199] + "GTA", [("ONE", ONE), ("TWO", TWO)]),
             (340, text[339:343], text[339], [("TWO", TWO)])]
    rows = [("chr1", pos, ref, alt) for pos, ref, alt, _ in cases]
    with open_vcf(write_vcf(*rows)) as vcf, Genome(genome) as opened:
        judge = splicing_judge(vcf, opened, Policy(), DISTANCE)
        scorer = SplicingScorer(Ensemble(models), judge, read_genes(genes), DISTANCE, masked)
        scorer.write(tmp_path / "out.parquet", survey(judge))
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    expected = [(name, _by_hand(models, text, pos, ref, alt, gene, masked=masked))
                for pos, ref, alt, own in cases for name, gene in own]
    names = [f"{kind}_{name}" for kind in ("DS", "DP") for name in ("AG", "AL", "DG", "DL")]
    assert [row["symbol"] for row in table] == [name for name, _ in expected]
    for row, (_, values) in zip(table, expected, strict=True):
        assert [row[name] for name in names] == pytest.approx(values, abs=2e-6)


def test_other_networks_are_refused(plain_model) -> None:
    from dlgenomics.variants.splicing.ensemble import Ensemble

    with pytest.raises(DlgError, match="Use spliceai/1 to spliceai/5"):
        Ensemble([plain_model])


def test_other_endings_are_refused() -> None:
    with pytest.raises(OutputError, match="must end in"):
        check_ending("out.h5")


def test_the_command_keeps_records_and_says_what_it_skips(run_dlg, monkeypatch, genome, letters, write_vcf, tmp_path) -> None:
    take_the_place_of_spliceai(monkeypatch, tmp_path)
    text = letters["chr1"]
    other = str.maketrans("ACGT", "CGTA")
    vcf = write_vcf(("chr1", 200, text[199], f"{text[199].translate(other)},<DEL>"),
                    ("chr1", 10, text[9], text[9].translate(other)),
                    ("chr1", 130, text[129:131], text[129:131].translate(other)))
    status, out, err = run_dlg("spliceai", "--vcf", vcf, "--fasta", genome, "--annotation", "grch38")
    assert status == 0, err
    info = [line.split("\t")[7] for line in out.splitlines() if not line.startswith("#")]
    first = info[0].split(";")[0].removeprefix("SpliceAI=").split(",")
    assert [entry.split("|")[1] for entry in first] == ["ONE", "TWO"]
    assert all(len(entry.split("|")) == 10 for entry in first)
    assert info[0].endswith(";SpliceAI_skipped=.,symbolic")
    assert info[1] == "."
    assert info[2] == f"SpliceAI={text[129:131].translate(other)}|ONE|.|.|.|.|.|.|.|."
    assert "1 allele skipped: the allele is a symbol" in err


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.index
def test_scores_are_those_of_the_tool_itself(run_dlg, tmp_path: Path) -> None:
    """What spliceai 1.3.1 wrote of these variants of hg38, with its own grch38 annotation."""
    data = os.environ.get("DLG_TEST_DATA")
    if not data:
        pytest.skip("DLG_TEST_DATA does not name the folder with basenji/")
    rows = [line.split("\t") for line in TOOL.read_text().splitlines()[1:]]
    vcf = tmp_path / "in.vcf"
    vcf.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(
        f"{contig}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n" for contig, pos, ref, alt, *_ in rows))
    fasta = Path(data) / "basenji" / "hg38_1m.fa.gz"
    for column, options in ((4, []), (5, ["--mask", "--distance", "120"])):
        status, out, err = run_dlg("spliceai", "--vcf", vcf, "--fasta", fasta, "--annotation",
                                   "grch38", *options)
        if status and "pip" in err:
            pytest.skip("there is no package index")
        assert status == 0, err
        found = [line.split("\t")[7].removeprefix("SpliceAI=")
                 for line in out.splitlines() if not line.startswith("#")]
        assert found == [row[column] for row in rows]

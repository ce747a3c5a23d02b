"""What predictions can be made for: places by every kind of file, tables and tracks; no network."""

from __future__ import annotations

import dataclasses
import gzip
import io
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from dlgenomics.data.encoding import decode
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import make_intervals, read_intervals
from dlgenomics.data.positions import read_variants
from dlgenomics.data.tiles import inside, known_enough, outside, tile_genome
from dlgenomics.errors import BoundsError, ContigError, DataError, DlgError, MissingFileError
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.loaders.opening import open_loader
from dlgenomics.spec.inputs import DnaInput, Input, NumericInput, TrackInput

DNA: dict[str, Input] = {"dna": DnaInput(kind="dna", length=6)}
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")

Open = Callable[..., Loader]


@pytest.fixture(scope="module")
def letters() -> dict[str, str]:
    rng = np.random.default_rng(7)
    made = {name: "".join(rng.choice(list("ACGT"), size)) for name, size in
            (("chr1", 100), ("chr2", 41), ("chrM", 5))}
    texts = {**made, "chr1": made["chr1"][:40] + "N" * 20 + made["chr1"][60:]}
    for name, place, ref in (("chr1", 10, "A"), ("chr1", 23, "A"), ("chr2", 20, "ACG")):
        texts[name] = texts[name][:place] + ref + texts[name][place + len(ref):]  # of the VCFs here
    return texts


@pytest.fixture
def fasta(tmp_path: Path, letters: dict[str, str]) -> Path:
    path = tmp_path / "g.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in letters.items()))
    return path


@pytest.fixture
def opened(fasta: Path) -> Open:
    def open_it(inputs: dict[str, Input] = DNA, **arguments: Any) -> Loader:
        return open_loader(inputs, {"fasta_file": fasta, **arguments})

    return open_it


def put(folder: Path, name: str, text: str, packing: str = "plain") -> Path:
    path = folder / name
    if packing == "plain":
        path.write_text(text)
    elif packing == "gzip":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        (folder / "to-pack").write_text(text)
        pysam.tabix_compress(str(folder / "to-pack"), str(path), force=True)
    return path


def read_all(loader: Loader) -> list[str]:
    return [decode(codes) for codes in loader.codes(np.arange(len(loader)))]


def rows_of(loader: Loader) -> list[tuple[str, int, int, str]]:
    records = loader.records(np.arange(len(loader)))
    return list(zip(*(records[k].tolist() for k in ("chrom", "start", "end", "strand")), strict=True))


def on_strand(text: str, strand: str) -> str:
    return text.translate(COMPLEMENT)[::-1] if strand == "-" else text


# ---- genes -----------------------------------------------------------------------------------

GTF = """\
# made up
chr1\tX\tgene\t11\t30\t.\t+\t.\tgene_id "g1"; gene_name "A";
chr1\tX\ttranscript\t12\t30\t.\t+\t.\tgene_id "g1"; transcript_id "t1";
chr2\tX\tgene\t6\t25\t.\t-\t.\tgene_id "g2";
"""
GFF3 = """\
##gff-version 3
chr1\tX\tgene\t11\t30\t.\t+\t.\tID=gene:g1;gene_id=g1;Name=A%3Bb
chr2\tX\tgene\t6\t25\t.\t-\t.\tID=g2;Name=B
##FASTA
>chr1
ACGT
"""


@pytest.mark.parametrize("packing", ["plain", "gzip", "bgzip"])
@pytest.mark.parametrize("text", [GTF, GFF3], ids=["gtf", "gff3"])
def test_genes_by_where_they_begin_and_end(
    opened: Open, tmp_path: Path, letters: dict[str, str], text: str, packing: str
) -> None:
    path = put(tmp_path, "genes", text, packing)
    loader = opened(gtf_file=path, upstream=4, downstream=2)
    assert rows_of(loader) == [("chr1", 6, 12, "+"), ("chr2", 23, 29, "-")]
    assert loader.records(np.arange(2))["name"].tolist() == ["g1", "g2"]
    assert read_all(loader) == [letters["chr1"][6:12], on_strand(letters["chr2"][23:29], "-")]
    ends = opened(gtf_file=path, anchor="tes", upstream=4, downstream=2)
    assert rows_of(ends) == [("chr1", 26, 32, "+"), ("chr2", 3, 9, "-")]


def test_genes_without_sizes_have_the_models_length_around_the_anchor(
    opened: Open, tmp_path: Path
) -> None:
    path = put(tmp_path, "genes.gtf", GTF)
    assert rows_of(opened(gtf_file=path)) == [("chr1", 7, 13, "+"), ("chr2", 22, 28, "-")]
    transcripts = opened(gtf_file=path, feature="transcript")
    assert transcripts.records(np.arange(1))["name"].tolist() == ["t1"]
    assert rows_of(transcripts) == [("chr1", 8, 14, "+")]


def test_windows_of_genes_change_length_only_as_asked(opened: Open, tmp_path: Path) -> None:
    path = put(tmp_path, "genes.gtf", GTF)
    with pytest.raises(DataError, match=r"genes\.gtf:2: every interval must have the 6 bp.* 30 bp"):
        opened(gtf_file=path, upstream=20, downstream=10)
    loader = opened(gtf_file=path, upstream=8, downstream=10, resize="end")
    assert rows_of(loader)[0] == ("chr1", 2, 20, "+")
    assert loader.metadata(np.arange(1))["ranges"].start.tolist() == [14]


@pytest.mark.parametrize(("text", "arguments", "message"), [
    (GTF, {"anchor": "middle"}, "anchor must be tss or tes. Received: 'middle'"),
    (GTF, {"upstream": -1, "downstream": 4}, "that hold at least one. Received: -1 and 4"),
    (GTF, {"upstream": 0, "downstream": 0}, "that hold at least one"),
    (GTF, {"feature": "exon"}, "lines of the feature 'exon'. Received: gene, transcript"),
    (GTF.replace("\t+\t", "\t.\t"), {}, "a feature must have a strand"),
    ("", {}, "Received: no lines"),
    (">chr1\nACGT\n", {}, "Is it a GTF?"),
])
def test_genes_that_cannot_be_read(
    opened: Open, tmp_path: Path, text: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(DlgError, match=message.replace(".", r"\.")):
        opened(gtf_file=put(tmp_path, "genes.gtf", text), **arguments)


def test_a_gene_at_the_end_of_its_contig_is_refused_or_filled_up(
    opened: Open, tmp_path: Path, letters: dict[str, str]
) -> None:
    path = put(tmp_path, "genes.gtf", GTF.replace("\t11\t30", "\t2\t30"))
    with pytest.raises(BoundsError, match=r"Received: chr1:-2-4"):
        opened(gtf_file=path)
    assert read_all(opened(gtf_file=path, pad=True))[0] == "NN" + letters["chr1"][:4]


@pytest.mark.parametrize("gap", [0, 1000])
def test_padding_makes_no_windows_of_n_alone(
    opened: Open, tmp_path: Path, letters: dict[str, str], gap: int
) -> None:
    """An interval that holds no base of its contig is of another build."""
    end = len(letters["chr1"])
    first = end + gap
    path = put(tmp_path, "far.bed", f"chr1\t{end - 1}\t{end + 5}\nchr1\t{first}\t{first + 6}\n")
    with pytest.raises(DataError, match=f"bases of chr1, which ends at {end}.*chr1:{first}-{first + 6}"):
        opened(intervals_file=path, pad=True)
    kept = opened(intervals_file=path, pad=True, skip_bad=True)
    assert read_all(kept) == [letters["chr1"][-1] + "NNNNN"]


# ---- variants --------------------------------------------------------------------------------

VCF = """\
##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr1\t11\trs1\tA\tC,G\t.\t.\t.
chr2\t21\t.\tACG\tA\t.\t.\t.
"""


@pytest.mark.parametrize("packing", ["plain", "gzip", "bgzip"])
def test_windows_around_the_positions_of_a_vcf(
    opened: Open, tmp_path: Path, letters: dict[str, str], packing: str
) -> None:
    loader = opened(vcf_file=put(tmp_path, "v.vcf", VCF, packing))
    assert rows_of(loader) == [("chr1", 10, 11, "."), ("chr2", 20, 23, ".")]
    assert loader.records(np.arange(2))["name"].tolist() == ["rs1", "chr2:21:ACG:A"]
    assert read_all(loader) == [letters["chr1"][7:13], letters["chr2"][17:23]]
    with pytest.raises(DlgError, match=r"the position of each variant\. Received: resize='end'"):
        opened(vcf_file=tmp_path / "v.vcf", resize="end")


@pytest.mark.parametrize("pad", [False, True])
def test_a_vcf_of_another_build_is_refused_or_its_records_left_out(
    opened: Open, tmp_path: Path, pad: bool
) -> None:
    path = put(tmp_path, "v.vcf", VCF + "chr1\t24\tg\tG\tC\nchr1\t101\tg\tG\tC\n")
    with pytest.raises(DataError, match=r"v\.vcf:5: REF must be what the genome has there\. Received: G "
                       r"at chr1:24, where the genome has A\. 2 of 4 records differ"):
        opened(vcf_file=path, pad=pad)
    loader = opened(vcf_file=path, pad=pad, skip_bad=True)
    assert loader.records(np.arange(len(loader)))["name"].tolist() == ["rs1", "chr2:21:ACG:A"]
    assert [one.line for one in loader.skipped] == [5, 6]


@pytest.mark.parametrize(("text", "line", "message"), [
    ("chr1\t0\t.\tA\tC\n", 1, "Received: '0' and 'A'"),
    ("#x\nchr1\tten\t.\tA\tC\n", 2, "Received: 'ten'. Correct the line."),
    ("chr1\t5\t.\t<DEL>\tC\n", 1, "REF must hold letters. Received: '5' and '<DEL>'"),
    ("chr1\t5\t.\t\tC\n", 1, "CHROM, REF and ALT must not be empty"),
    ("chr1\t" + "9" * 30 + "\t.\tA\tC\n", 1, "POS must be a whole number"),
    ("chr1 5 . A C\n", 1, "with tabs between: CHROM, POS, ID, REF, ALT. Received: 1 in"),
    ("chr1\t5\t.\tA\n", 1, "Is it a VCF?"),
    ("#only\n", None, "at least one record. Received: none"),
    ("", None, "Received: none"),
    ("BCF\x02\x02\x00\x00", None, "must be a whole BCF file"),
])
def test_a_vcf_that_cannot_be_read(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_variants(put(tmp_path, "v.vcf", text))
    assert message in str(caught.value)
    assert caught.value.line == line


def test_made_up_names_of_variants_have_no_long_alleles(tmp_path: Path) -> None:
    whole, cut = "AC" * 25, "GATTACA" * 10
    found = read_variants(put(tmp_path, "v.vcf", f"c\t5\t.\t{whole}\tG\nc\t6\t.\tA\t{cut}\n"
                                                 f"c\t7\t{cut}\t{cut}\tA\n")).places
    assert found.columns["name"].tolist() == [
        f"c:5:{whole}:G", "c:6:A:GATTACAGATTACAGATTAC...(70)", cut]
    assert found.end.tolist() == [4 + 50, 6, 6 + 70]


def put_bcf(folder: Path, text: str) -> Path:
    """Make a BCF of a VCF."""
    source = put(folder, "to-pack.vcf", text)
    path = folder / "v.bcf"
    with pysam.VariantFile(str(source)) as vcf, pysam.VariantFile(
            str(path), "wb", header=vcf.header) as out:
        for record in vcf:
            out.write(record)
    return path


CONTIGS = VCF.replace("#CHROM", "##contig=<ID=chr1>\n##contig=<ID=chr2>\n#CHROM")


def test_a_bcf_has_the_positions_of_the_vcf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_variants(put(tmp_path, "v.vcf", CONTIGS)).places
    path = put_bcf(tmp_path, CONTIGS)
    found = read_variants(path).places
    assert found.labels() == expected.labels() == ["chr1:10-11", "chr2:20-23"]
    assert found.columns["name"].tolist() == ["rs1", "chr2:21:ACG:A"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert read_variants("-").places.labels() == expected.labels()


def test_a_vcf_may_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_text, VCF)
        assert read_variants(pipe).places.labels() == ["chr1:10-11", "chr2:20-23"]
        assert written.result() == len(VCF)


@pytest.mark.parametrize("cut", [28, 40])
def test_a_vcf_or_bcf_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    for path in (put(tmp_path, "v.vcf.gz", VCF, "bgzip"), put_bcf(tmp_path, CONTIGS)):
        path.write_bytes(path.read_bytes()[:-cut])
        with pytest.raises(DataError, match="must be a whole bgzip file"):
            read_variants(path)


# ---- the whole genome ------------------------------------------------------------------------


def naive_tiles(lengths: dict[str, int], tile: int, stride: int) -> list[tuple[str, int, int, str]]:
    return [(name, start, start + tile, ".") for name, size in lengths.items()
            for start in range(0, size - tile + 1, stride)]


@pytest.mark.parametrize(("tile", "stride"), [(6, None), (6, 3), (6, 10), (5, 5), (1, 1), (41, 7)])
def test_tiles_of_a_genome(fasta: Path, tile: int, stride: int | None) -> None:
    with Genome(fasta) as genome:
        tiles = tile_genome(genome.lengths, tile, stride)
        expected = naive_tiles(genome.lengths, tile, stride or tile)
        found = tiles[np.arange(len(tiles))]
        assert list(zip(found.contig_names, found.start.tolist(), found.end.tolist(), found.strand,
                        strict=True)) == expected
        assert tiles[3:5].labels() == found[3:5].labels()
        for anchor in ("center", "start", "end"):
            windows, wide = tiles.resized(9, anchor), found.resized(9, anchor)
            every = windows[np.arange(len(tiles))]
            assert every.start.tolist() == wide.start.tolist()
            assert every.end.tolist() == wide.end.tolist()
            kept = inside(windows, genome.lengths)
            assert kept.tolist() == [s >= 0 and e <= genome.lengths[c] for c, s, e in zip(
                every.contig_names, every.start, every.end, strict=True)]


def test_tiles_without_unwanted_places_and_without_n(
    opened: Open, tmp_path: Path, letters: dict[str, str]
) -> None:
    unwanted = put(tmp_path, "b.bed", "chr1\t8\t14\nchr2\t40\t41\nchr1\t9\t10\nother\t0\t9\n")
    loader = opened(tile=6, blacklist_file=unwanted, skip_n=0.5)
    expected = [row for row in naive_tiles({"chr1": 100, "chr2": 41}, 6, 6)
                if not (row[0] == "chr1" and row[1] < 14 and row[2] > 8)
                and letters[row[0]][row[1]:row[2]].count("N") <= 3]
    assert rows_of(loader) == expected
    assert read_all(loader) == [letters[c][s:e] for c, s, e, _ in expected]
    assert len(opened(tile=6, skip_n=1.0)) == len(naive_tiles({"chr1": 100, "chr2": 41}, 6, 6))


def test_the_search_for_n_can_be_followed(fasta: Path) -> None:
    told: list[tuple[str, int, int]] = []
    arguments = {"fasta_file": fasta, "tile": 6, "skip_n": 0.5}
    found = open_loader(DNA, arguments, lambda *step: told.append(step))
    assert told == [("look for N", 16, 22), ("look for N", 22, 22)]  # chr1, chr2; chrM has none
    assert rows_of(found) == rows_of(open_loader(DNA, arguments))
    told.clear()
    open_loader(DNA, {"fasta_file": fasta, "tile": 6}, lambda *step: told.append(step))
    assert not told


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n", "track name=none\n#chrom\tstart\tend\n"])
@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_an_empty_blacklist_excludes_nothing_but_no_intervals_are_an_error(
    opened: Open, tmp_path: Path, text: str, packing: str
) -> None:
    path = put(tmp_path, "b.bed", text, packing)
    for rename in (False, True):
        found = opened(tile=6, blacklist_file=path, rename_contigs=rename)
        assert rows_of(found) == rows_of(opened(tile=6))
    with pytest.raises(DataError, match="must hold at least one interval"):
        opened(intervals_file=path)
    put(tmp_path, "b.bed", text + "chr1\tten\t40\n", packing)
    with pytest.raises(DataError, match="must be whole numbers"):
        opened(tile=6, blacklist_file=path)


def test_chosen_contigs_in_their_order(opened: Open) -> None:
    assert [row[0] for row in rows_of(opened(tile=6, stride=20, contigs=["chr2", "chr1"]))] == [
        "chr2", "chr2", "chr1", "chr1", "chr1", "chr1", "chr1"]
    with pytest.raises(ContigError, match=r"every contig of --contigs \(contigs=\) must be in "
                       r"the FASTA, which has .*Received: '2'\. Did you mean 'chr2'\? Rename such "
                       r"contigs with --rename-contigs \(rename_contigs=True\)\."):
        opened(tile=6, contigs=["2"])


def test_chosen_contigs_are_renamed_on_demand(opened: Open) -> None:
    renamed = opened(tile=6, contigs=["2", "chr1", "MT"], rename_contigs=True)
    assert rows_of(renamed) == rows_of(opened(tile=6, contigs=["chr2", "chr1", "chrM"]))
    for rename in (False, True):
        with pytest.raises(ContigError, match=r"Received: 'chr7'\. Check --contigs, or use a FASTA"):
            opened(tile=6, contigs=["chr7"], rename_contigs=rename)


def test_contigs_that_are_named_twice_are_tiled_once(opened: Open) -> None:
    once = rows_of(opened(tile=6, contigs=["chr2", "chr1"]))
    assert rows_of(opened(tile=6, contigs=["chr2", "chr1", "chr2"])) == once
    assert rows_of(opened(tile=6, contigs=["2", "chr1", "chr2"], rename_contigs=True)) == once


def test_tiles_of_another_length_than_the_models(opened: Open, letters: dict[str, str]) -> None:
    with pytest.raises(DlgError, match=r"the 6 bp that the model takes\. Received: 2 bp.*--tile 6"):
        opened(tile=2)
    loader = opened(tile=2, resize="center", contigs=["chr2"])
    assert rows_of(loader)[0] == ("chr2", 2, 4, ".")  # the first window would begin at -2
    assert read_all(loader)[0] == letters["chr2"][0:6]
    padded = opened(tile=2, resize="center", contigs=["chr2"], pad=True)
    assert read_all(padded)[0] == "NN" + letters["chr2"][:4]


@pytest.mark.parametrize(("arguments", "message"), [
    ({"tile": 0}, "--tile (tile=) must be at least 1 bp. Received: 0"),
    ({"tile": 6, "stride": -2}, "--stride (stride=) must be at least 1 bp. Received: -2"),
    ({"tile": 6, "skip_n": 7}, "a share from 0 to 1, such as 0.5. Received: 7"),
    ({"tile": 6, "skip_n": 0.0, "contigs": ["chrM"]}, "of which none is"),
    ({"tile": 999, "resize": "center"}, "Received: 0 tiles, of which none is"),
    ({"tile": 6, "anchor": "tss"}, "Received: 'anchor'"),
])
def test_tiles_that_cannot_be_made(opened: Open, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DlgError) as caught:
        opened(**arguments)
    assert message in str(caught.value)


def test_a_blacklist_of_other_names_is_never_ignored(opened: Open, tmp_path: Path) -> None:
    unwanted = put(tmp_path, "b.bed", "1\t0\t100\n")
    with pytest.raises(ContigError, match=r"Received: '1'\. Did you mean 'chr1'\?.*--rename-contigs"):
        opened(tile=6, blacklist_file=unwanted)
    loader = opened(tile=6, blacklist_file=unwanted, rename_contigs=True)
    assert {row[0] for row in rows_of(loader)} == {"chr2"}


@pytest.mark.parametrize("lines", [("chr1\t0\t60\n", "1\t54\t100\n"),
                                   ("1\t54\t100\n", "chr1\t0\t60\n")])
def test_a_blacklist_counts_by_every_name_of_a_contig(
    opened: Open, tmp_path: Path, lines: tuple[str, str]
) -> None:
    loader = opened(tile=6, blacklist_file=put(tmp_path, "b.bed", "".join(lines)),
                    rename_contigs=True)
    assert {row[0] for row in rows_of(loader)} == {"chr2"}


def test_tiles_take_four_bytes_and_n_is_found_across_spans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlgenomics.data import tiles as room

    rng = np.random.default_rng(3)
    text = "".join(rng.choice(list("ACGTN"), 5000))
    put(tmp_path, "g.fa", f">c\n{text}\n")
    tiles = tile_genome({"c": 5000}, 20, 7)
    assert tiles.number.nbytes == 4 * len(tiles)
    monkeypatch.setattr(room, "_SPAN", 64)
    with Genome(tmp_path / "g.fa") as genome:
        found = known_enough(tiles, genome, 0.2)
    assert found.tolist() == [text[s:s + 20].count("N") <= 4 for s in range(0, 4981, 7)]
    many = outside(tile_genome({"c": 5000}, 10), make_intervals([("c", 95, 205, "."), ("c", 5, 6, ".")]),
                   {"c": 5000})
    assert np.flatnonzero(~many).tolist() == [0, *range(9, 21)]


# ---- lengths and contigs ---------------------------------------------------------------------


@pytest.mark.parametrize(("resize", "start"), [("center", 22), ("start", 20), ("end", 24)])
@pytest.mark.parametrize("strand", "+-")
def test_lengths_are_made_equal_as_asked(
    opened: Open, tmp_path: Path, letters: dict[str, str], resize: str, start: int, strand: str
) -> None:
    path = put(tmp_path, "i.bed", f"chr1\t20\t30\tn\t0\t{strand}\n")
    with pytest.raises(DataError, match=r"the 6 bp .*Received: 10 bp at chr1:20-30.*--resize center"):
        opened(intervals_file=path)
    loader = opened(intervals_file=path, resize=resize)
    assert read_all(loader) == [on_strand(letters["chr1"][start:start + 6], strand)]
    assert rows_of(loader) == [("chr1", 20, 30, strand)]


@pytest.mark.parametrize(("resize", "expected"), [
    ("center", "ACGTAC"), ("start", "AACGTA"), ("end", "GTACGG")])
def test_sequences_are_made_equal_as_asked(tmp_path: Path, resize: str, expected: str) -> None:
    path = put(tmp_path, "s.fa", ">a\nAACGTACGG\n")
    with pytest.raises(DataError, match=r"must have 6 bp.*'a' with 9 bp.*--resize center"):
        open_loader(DNA, {"sequences_file": path})
    assert read_all(open_loader(DNA, {"sequences_file": path, "resize": resize})) == [expected]


def test_a_spec_that_centres_does_so_unless_told_otherwise(opened: Open, tmp_path: Path) -> None:
    path = put(tmp_path, "i.bed", "chr1\t20\t30\n")
    centred: dict[str, Input] = {"dna": DnaInput(kind="dna", length=6, center=True)}
    assert opened(centred, intervals_file=path).metadata(np.arange(1))["ranges"].start[0] == 22
    assert opened(centred, intervals_file=path,
                  resize="start").metadata(np.arange(1))["ranges"].start[0] == 20


@pytest.mark.parametrize(("name", "text"), [
    ("intervals_file", "1\t20\t26\nMT\t0\t5\n"), ("vcf_file", "1\t24\t.\tA\tC\n"),
    ("gtf_file", '1\tX\tgene\t24\t30\t.\t+\t.\tgene_id "g";\n'),
])
def test_contigs_of_other_names_are_offered_and_renamed_on_demand(
    opened: Open, tmp_path: Path, letters: dict[str, str], name: str, text: str
) -> None:
    path = put(tmp_path, "places", text)
    with pytest.raises(ContigError, match=r"places:1: .*Received: '1'\. Did you mean 'chr1'\?.*"
                       r"--rename-contigs \(rename_contigs=True\)"):
        opened(**{name: path, "resize": "center", "pad": True})
    loader = opened(**{name: path, "resize": "center", "pad": True, "rename_contigs": True})
    assert read_all(loader)[0] == letters["chr1"][20:26]
    assert rows_of(loader)[0][0] == "1"  # as the file has it


def test_contigs_that_nothing_resembles_are_of_another_build(opened: Open, tmp_path: Path) -> None:
    path = put(tmp_path, "i.bed", "scaffold_9\t20\t26\n")
    for rename in (False, True):
        with pytest.raises(ContigError, match=r"Received: 'scaffold_9'\. Use a FASTA of the build"):
            opened(intervals_file=path, rename_contigs=rename)


# ---- standard input --------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["plain", "gzip", "bgzip"])
@pytest.mark.parametrize(("name", "text"), [
    ("intervals_file", "chr1\t20\t26\n"), ("vcf_file", "chr1\t24\t.\tA\tC\n"),
    ("gtf_file", '\r\nchr1\tX\tgene\t24\t30\t.\t+\t.\tgene_id "g";\r\n'),
    ("sequences_file", ">s\r\nACGTAC\r\n"), ("blacklist_file", "chr1\t0\t100\n"),
])
def test_each_text_may_be_standard_input(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str,
    packing: str, letters: dict[str, str]
) -> None:
    content = put(tmp_path, "in", text, packing).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    if name == "sequences_file":
        assert read_all(open_loader(DNA, {name: "-"})) == ["ACGTAC"]
    elif name == "blacklist_file":
        assert {row[0] for row in rows_of(opened(tile=6, blacklist_file="-"))} == {"chr2"}
    else:
        assert read_all(opened(**{name: "-"})) == [letters["chr1"][20:26]]


# ---- several inputs --------------------------------------------------------------------------

MIXED: dict[str, Input] = {
    "dna": DnaInput(kind="dna", length=6),
    "signal": TrackInput(kind="bigwig", files=("a.bw", "b.bw"), length=4, bin=2),
    "age": NumericInput(kind="numeric", columns=("years", "days")),
}


@pytest.fixture
def tracks(tmp_path: Path) -> list[Path]:
    pybigtools = pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    paths = [tmp_path / "x.bw", tmp_path / "y.bw"]
    for value, path in zip((2.0, 5.0), paths, strict=True):
        pybigtools.open(str(path), "w").write({"chr1": 100, "chr2": 41},
                                              iter([("chr1", 0, 100, value), ("chr2", 0, 41, value)]))
    return paths


def test_sequence_table_and_tracks_together(
    opened: Open, tmp_path: Path, tracks: list[Path]
) -> None:
    bed = put(tmp_path, "i.bed", "chr1\t20\t26\tp\nchr2\t0\t6\tq\n")
    table = put(tmp_path, "t.tsv", "name\tdays\tyears\nq\t3\t4\np\t1\t2\n")
    loader = opened(MIXED, intervals_file=bed, table_file=table, tracks={"signal": tracks})
    arrays = loader.arrays(np.arange(2))
    assert list(arrays) == ["dna", "signal", "age"]
    assert arrays["age"].tolist() == [[2, 1], [4, 3]]
    assert arrays["signal"].tolist() == [[[2, 5], [2, 5]]] * 2
    tiled = opened({name: MIXED[name] for name in ("dna", "signal")}, tile=6, contigs=["chr2"],
                   tracks={"signal": tracks})
    assert tiled.arrays(np.arange(3))["signal"].shape == (3, 2, 2)


@pytest.mark.parametrize(("change", "message"), [
    ({"tracks": {}}, "input 'signal' is signal from a bigWig file. Received: a.bw, which is no file. "
                     "Name it with --track signal=FILE (tracks=)."),
    ({"tracks": {"signal": ["x.bw"]}}, "input 'signal' takes 2 bigWig files, one a track: a.bw, b.bw. "
                                       "Received: 1."),
    ({"tracks": {"singal": ["x.bw", "y.bw"]}}, "Received: 'singal'. Did you mean 'signal'?"),
    ({"table_file": None}, "input 'age' takes the columns years, days. Received: no 'years' among name."),
    ({"table_file": "lacking"}, "Received: no 'days' among name, years, day. Did you mean 'day'? Name "
                                "a table that has them with --table (table_file=)."),
])
def test_what_an_input_lacks_is_named(
    opened: Open, tmp_path: Path, tracks: list[Path], change: dict[str, Any], message: str
) -> None:
    bed = put(tmp_path, "i.bed", "chr1\t20\t26\tp\n")
    given = {"table_file": put(tmp_path, "t.tsv", "name\tyears\tdays\np\t1\t2\n"),
             "tracks": {"signal": tracks}, **change}
    if given["table_file"] == "lacking":
        given["table_file"] = put(tmp_path, "lacking", "name\tyears\tday\np\t1\t2\n")
    with pytest.raises(DlgError) as caught:
        opened(MIXED, intervals_file=bed, **given)
    assert message in str(caught.value)


def test_a_track_that_is_none_is_told_before_anything_is_read(opened: Open, tmp_path: Path) -> None:
    pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    bed = put(tmp_path, "i.bed", "chr1\t20\t26\tp\n")
    wrong = put(tmp_path, "x.bw", "text")
    inputs = {name: MIXED[name] for name in ("dna", "signal")}
    with pytest.raises(DataError, match="must be a bigWig file"):
        opened(inputs, intervals_file=bed, tracks={"signal": [wrong, wrong]})


def test_tracks_of_other_names_are_renamed_with_the_rest(
    opened: Open, tmp_path: Path, letters: dict[str, str]
) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    path = tmp_path / "z.bw"
    pybigtools.open(str(path), "w").write({"1": 100}, iter([("1", 20, 24, 3.0)]))
    bed = put(tmp_path, "i.bed", "1\t20\t26\n")
    inputs = {"dna": MIXED["dna"], "s": TrackInput(kind="bigwig", files=("z.bw",), length=6)}
    loader = opened(inputs, intervals_file=bed, tracks={"s": [path]}, rename_contigs=True)
    assert loader.arrays(np.arange(1))["s"][0, :, 0].tolist() == [3, 3, 3, 3, 0, 0]
    assert read_all(loader) == [letters["chr1"][20:26]]
    tiles = {"tile": 6, "stride": 5, "contigs": ["chr1"], "tracks": {"s": [path]}}
    tiled = opened(inputs, **tiles, rename_contigs=True)
    assert tiled.arrays(np.array([3, 4]))["s"][:, :, 0].tolist() == [
        [0, 0, 0, 0, 0, 3], [3, 3, 3, 3, 0, 0]]
    with pytest.raises(ContigError, match=r"z\.bw: every place's contig must be in the bigWig, which "
                       r"has 1\. Received: 'chr1'\. Did you mean '1'\? .*--rename-contigs"):
        opened(inputs, **tiles)
    with pytest.raises(ContigError, match=r"z\.bw: .*which has 1\. Received: 'chr1'"):
        opened(inputs, intervals_file=put(tmp_path, "j.bed", "chr1\t20\t26\n"),
               tracks={"s": [path]})


def test_tracks_of_one_input_may_have_different_names(opened: Open, tmp_path: Path) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    paths = [tmp_path / "x.bw", tmp_path / "y.bw"]
    for value, name, path in zip((2.0, 5.0), ("1", "chr1"), paths, strict=True):
        pybigtools.open(str(path), "w").write({name: 100}, iter([(name, 0, 100, value)]))
    inputs = {name: MIXED[name] for name in ("dna", "signal")}
    bed = put(tmp_path, "i.bed", "chr1\t20\t26\n")
    for places in ({"intervals_file": bed}, {"tile": 6, "contigs": ["chr1"]}):
        loader = opened(inputs, **places, tracks={"signal": paths}, rename_contigs=True)
        assert loader.arrays(np.arange(1))["signal"].tolist() == [[[2, 5], [2, 5]]]


# ---- arguments that do not fit ---------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "message"), [
    ({}, "fasta_file with intervals_file, gtf_file, vcf_file or tile; or sequences_file. Received: no "
         "intervals_file"),
    ({"intervals_file": "a", "tile": 3}, "Received: intervals_file and tile"),
    ({"vcf_file": "a", "sequences_file": "b"}, "Received: vcf_file and sequences_file"),
    ({"sequences_file": "b"}, "Received: 'fasta_file'"),
    ({"intervals_file": "a", "strid": 3}, "Received: 'strid'"),
])
def test_arguments_that_do_not_fit(opened: Open, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DlgError) as caught:
        opened(**arguments)
    assert message in str(caught.value)


def test_a_missing_file_is_named(opened: Open, tmp_path: Path) -> None:
    for name in ("intervals_file", "gtf_file", "vcf_file"):
        with pytest.raises(MissingFileError):
            opened(**{name: tmp_path / "nothing"})
    with pytest.raises(MissingFileError):
        opened(tile=6, blacklist_file=tmp_path / "nothing")


# ---- many intervals --------------------------------------------------------------------------


def test_a_long_file_is_read_in_parts_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"chr{i % 7}\t{i}\t{i + 3}\tname {i}\t{i % 3}\t{'+-.'[i % 3]}\n" + "#\n" * (i % 2)
                   for i in range(500))
    path = put(tmp_path, "i.bed", text)
    whole = read_intervals(path)
    monkeypatch.setattr("dlgenomics.data.bed_lines._CHARACTERS", 300)
    parts = read_intervals(path)
    for column in dataclasses.fields(whole):
        one, other = getattr(whole, column.name), getattr(parts, column.name)
        if column.name == "columns":
            assert {k: v.tolist() for k, v in one.items()} == {k: v.tolist() for k, v in other.items()}
        elif isinstance(one, np.ndarray):
            assert np.array_equal(one, other)
        else:
            assert one == other
    path.write_text(text + "chr1\t5\n")
    with pytest.raises(DataError, match="751: a BED line must have 6 columns, as the first one has"):
        read_intervals(path)

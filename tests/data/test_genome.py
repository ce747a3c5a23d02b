"""Genomes by index, against pyfaidx on random genomes; and every way in which a FASTA may be bad."""

import os

import numpy as np
import pyfaidx
import pysam
import pytest

from dlgenomics.data.encoding import DNA, UNKNOWN, decode
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import make_intervals
from dlgenomics.errors import BoundsError, ContigError, DataError, MissingFileError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("DLG_CACHE", str(folder))
    return folder


def letters(rng, length):
    return "".join(rng.choice(list("ACGTacgtNnR"), length))


def write_fasta(path, contigs, width, end="\n"):
    text = ""
    for name, sequence in contigs.items():
        lines = [sequence[i:i + width] for i in range(0, len(sequence), width)]
        text += end.join([f">{name} a comment", *lines]) + end
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="ascii", newline="")
    return path


def bgzip(path):
    packed = path.with_name(path.name + ".gz")
    pysam.tabix_compress(str(path), str(packed), force=True)
    return packed


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(tmp_path / "in" / "g.fa", {"chr1": "ACGTACGTNN", "chrM": "acgtryRY"}, 4)


def fetched(path, *rows, pad=False):
    with Genome(path) as genome:
        return [decode(codes) for codes in genome.fetch(make_intervals(rows), pad=pad)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bgzip"])
def test_sequences_are_those_of_pyfaidx(tmp_path, seed, packed):
    rng = np.random.default_rng(seed)
    lengths = [1, 200_000, *rng.integers(50, 900, 4).tolist()] if packed else [1, 60, 61, 700]
    contigs = {f"chr{i}": letters(rng, n) for i, n in enumerate(lengths)}
    plain = write_fasta(tmp_path / "in" / "g.fa", contigs, int(rng.integers(5, 80)),
                        end="\r\n" if seed == 3 else "\n")
    expected = pyfaidx.Fasta(str(plain), indexname=str(tmp_path / "pyfaidx.fai"))
    for length in (1, 37):
        rows = []
        for _ in range(60):
            name = str(rng.choice([c for c, s in contigs.items() if len(s) >= length]))
            start = int(rng.integers(0, len(contigs[name]) - length + 1))
            rows.append((name, start, start + length, str(rng.choice(list("+-.")))))
        found = fetched(bgzip(plain) if packed else plain, *rows)
        for row, sequence in zip(rows, found, strict=True):
            one = expected[row[0]][row[1]:row[2]]
            one = -one if row[3] == "-" else one
            assert sequence == "".join(c if c in DNA.symbols else "N" for c in str(one).upper())


def test_lengths(fasta):
    with Genome(fasta) as genome:
        assert genome.lengths == {"chr1": 10, "chrM": 8}


def test_strands_case_and_ambiguity(fasta):
    assert fetched(fasta, ("chr1", 1, 5, "+"), ("chr1", 1, 5, "-"), ("chr1", 1, 5, "."),
                   ("chrM", 2, 6, "+"), ("chrM", 2, 6, "-"), ("chr1", 6, 10, "-")) == [
        "CGTA", "TACG", "CGTA", "GTRY", "RYAC", "NNAC"]


def test_both_ends_of_a_contig(fasta):
    assert fetched(fasta, ("chr1", 0, 4, "+"), ("chr1", 6, 10, "+"), ("chrM", 4, 8, "+")) == [
        "ACGT", "GTNN", "RYRY"]
    assert fetched(fasta, ("chr1", 0, 10, "+")) == ["ACGTACGTNN"]


def test_order_is_that_of_the_intervals(fasta):
    rows = [("chrM", 0, 1, "+"), ("chr1", 3, 4, "+"), ("chr1", 0, 1, "+"), ("chrM", 1, 2, "+")]
    assert fetched(fasta, *rows) == ["A", "T", "A", "C"]


def test_padding_fills_both_ends_and_follows_the_strand(fasta):
    assert fetched(fasta, ("chr1", -3, 3, "+"), ("chr1", -3, 3, "-"), ("chrM", 5, 11, "+"),
                   ("chr1", 20, 26, "+"), ("chr1", -9, -3, "-"), pad=True) == [
        "NNNACG", "CGTNNN", "YRYNNN", "NNNNNN", "NNNNNN"]
    assert fetched(fasta, ("chrM", -1, 5, "+"), pad=True) == ["NACGTR"]
    assert fetched(fasta, ("chr1", -1, 11, "+"), pad=True) == ["NACGTACGTNNN"]


def test_no_interval_gives_no_rows(fasta):
    with Genome(fasta) as genome:
        assert len(genome.fetch(make_intervals([("chr1", 0, 1, "+")])[:0])) == 0


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (9, 11), (10, 12), (0, 11)])
def test_past_the_end(fasta, start, end):
    with pytest.raises(BoundsError) as caught:
        fetched(fasta, ("chr1", 0, 4, "+"), ("chr1", start, end, "+"))
    error = caught.value
    assert (error.contig, error.start, error.end, error.length) == ("chr1", start, end, 10)
    assert str(error) == (
        f"{fasta}: intervals must lie within chr1, which ends at 10. Received: chr1:{start}-{end} "
        "(0-based, half-open). Remove the interval, check the genome build, or pad with N (--pad, "
        "pad=True).")


@pytest.mark.parametrize(("names", "asked", "near"), [
    (["chr1", "chr2"], "1", "chr1"), (["1", "2"], "chr2", "2"), (["chrM"], "chrMT", "chrM"),
    (["chr1", "chrX"], "chrx", "chrX"), (["chr1"], "scaffold_77", None),
])
@pytest.mark.parametrize("pad", [False, True])
def test_missing_contig(tmp_path, names, asked, near, pad):
    path = write_fasta(tmp_path / "in" / "g.fa", dict.fromkeys(names, "ACGT"), 4)
    with pytest.raises(ContigError) as caught:
        fetched(path, (names[0], 0, 1, "+"), (asked, 0, 1, "+"), pad=pad)
    assert (caught.value.contig, caught.value.near) == (asked, near)
    hint = f" Did you mean {near!r}?" if near else ""
    assert str(caught.value) == (
        f"{path}: every interval's contig must be in g.fa, which has {', '.join(names)}. "
        f"Received: {asked!r}.{hint} Use a FASTA of the build that the intervals refer to.")


def test_many_contigs_are_not_all_listed(tmp_path):
    path = write_fasta(tmp_path / "in" / "g.fa", {f"c{i}": "A" for i in range(900)}, 4)
    with pytest.raises(ContigError, match=r"which has c0, c1, c2, c3, c4, …\. Received: 'zzz'\."):
        fetched(path, ("zzz", 0, 1, "+"))


def test_contigs_that_no_interval_uses_are_not_looked_for(fasta):
    intervals = make_intervals([("elsewhere", 0, 4, "+"), ("chr1", 0, 4, "+")])
    with Genome(fasta) as genome:
        assert decode(genome.fetch(intervals[1:])[0]) == "ACGT"


# ---- indexes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bgzip"])
def test_an_index_is_made_in_the_cache_and_never_beside_the_file(fasta, cache, packed):
    path = bgzip(fasta) if packed else fasta
    before = sorted(fasta.parent.iterdir())
    assert fetched(path, ("chr1", 0, 4, "+")) == ["ACGT"]
    assert sorted(fasta.parent.iterdir()) == before
    made = sorted(p.suffix for p in (cache / "fasta-index").iterdir())
    assert made == [".fai", ".gzi"] if packed else [".fai"]


def test_an_index_of_the_cache_is_used_again(fasta, cache):
    fetched(fasta, ("chr1", 0, 4, "+"))
    (index,) = (cache / "fasta-index").iterdir()
    changed = index.stat().st_mtime_ns
    fetched(fasta, ("chr1", 0, 4, "+"))
    assert index.stat().st_mtime_ns == changed


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bgzip"])
def test_an_index_beside_the_file_is_used_if_it_is_new_enough(fasta, cache, packed):
    path = bgzip(fasta) if packed else fasta
    pysam.faidx(str(path))
    assert fetched(path, ("chr1", 0, 4, "-")) == ["ACGT"]
    assert not cache.exists()


def test_an_index_older_than_its_file_is_not_trusted(fasta, cache):
    pysam.faidx(str(fasta))
    index = fasta.with_name("g.fa.fai")
    stale = index.read_bytes()
    write_fasta(fasta, {"chr9": "TTTT"}, 4)
    os.utime(index, (1, 1))
    assert fetched(fasta, ("chr9", 0, 2, "+")) == ["TT"]
    assert index.read_bytes() == stale


def test_a_changed_file_gets_a_new_index(fasta):
    assert fetched(fasta, ("chr1", 0, 2, "+")) == ["AC"]
    write_fasta(fasta, {"chr1": "TTTTT"}, 5)
    os.utime(fasta, ns=(10**18, 10**18))
    assert fetched(fasta, ("chr1", 0, 5, "+")) == ["TTTTT"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_may_be_read_only(fasta):
    fasta.parent.chmod(0o500)
    try:
        assert fetched(fasta, ("chr1", 0, 4, "+")) == ["ACGT"]
    finally:
        fasta.parent.chmod(0o700)


# ---- files that are no genomes ----------------------------------------------------------------


def test_missing_file_and_folder(tmp_path):
    (tmp_path / "hg19.fa").touch()
    with pytest.raises(MissingFileError, match=r"no such file\. Did you mean 'hg19\.fa'\?"):
        Genome(tmp_path / "hg18.fa")
    with pytest.raises(MissingFileError, match="Received: a folder"):
        Genome(tmp_path)


@pytest.mark.parametrize(("content", "received"), [
    (b"", "an empty file"), (b"ACGT\n", "b'ACGT\\n'"), (b"\x00\x01", "b'\\x00\\x01'"),
])
def test_no_fasta(tmp_path, content, received):
    path = tmp_path / "a.fa"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Genome(path)
    assert str(caught.value) == f"{path}: a FASTA must start with '>'. Received: {received}."


def test_gzip_is_refused_with_the_command_that_mends_it(tmp_path):
    import gzip

    path = tmp_path / "a.fa.gz"
    path.write_bytes(gzip.compress(b">a\nACGT\n"))
    with pytest.raises(DataError) as caught:
        Genome(path)
    assert str(caught.value) == (
        f"{path}: a compressed genome must be bgzip, which can be read at any place. "
        "Received: gzip. Run: gunzip -k a.fa.gz && bgzip a.fa")


def test_a_truncated_bgzip_file_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    packed = bgzip(write_fasta(tmp_path / "in" / "g.fa", {"a": letters(rng, 300_000)}, 60))
    packed.write_bytes(packed.read_bytes()[:60_000])
    with pytest.raises(DataError):
        fetched(packed, ("a", 0, 5, "+"))


def test_a_bgzip_file_cut_after_it_was_indexed_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    packed = bgzip(write_fasta(tmp_path / "in" / "g.fa", {"a": letters(rng, 300_000)}, 60))
    pysam.faidx(str(packed))
    packed.write_bytes(packed.read_bytes()[:60_000])
    os.utime(packed, (1, 1))
    with pytest.raises(DataError):
        fetched(packed, ("a", 299_000, 299_005, "+"))


def test_an_index_of_another_file_is_refused_or_harmless(tmp_path, fasta):
    fasta.with_name("g.fa.fai").write_text("no index\n", encoding="ascii")
    with pytest.raises(DataError, match=r"readable index\..*Remove .*g\.fa\.fai and repeat"):
        Genome(fasta)


def test_unknown_is_what_padding_writes():
    assert decode(np.array([UNKNOWN], np.uint8)) == "N"


def test_a_contig_twice_is_refused(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\nACGT\n>chr1\nTTTT\n")
    (tmp_path / "g.fa.fai").write_text("chr1\t4\t6\t4\t5\nchr1\t4\t17\t4\t5\n")
    with pytest.raises(DataError, match=r"name each contig differently\. Received: 'chr1' twice"):
        Genome(tmp_path / "g.fa")

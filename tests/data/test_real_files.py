"""Real genomes, peaks and sequences, against pyfaidx and against what their headers say."""

import gzip
import os
from pathlib import Path

import numpy as np
import pyfaidx
import pytest

from dlgenomics.data.encoding import decode
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import make_intervals, read_intervals
from dlgenomics.data.sequences import read_sequences
from dlgenomics.errors import ContigError

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folder():
    named = os.environ.get("DLG_TEST_DATA")
    if not named:
        pytest.skip("DLG_TEST_DATA does not name the folder of test data")
    return Path(named)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLG_CACHE", str(tmp_path))


def test_a_bgzip_genome_gives_what_pyfaidx_gives(folder, tmp_path):
    path = folder / "basenji" / "hg38_1m.fa.gz"
    plain = tmp_path / "plain.fa"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    expected = pyfaidx.Fasta(str(plain))
    (name,) = expected.keys()
    rng = np.random.default_rng(0)
    starts = [0, len(expected[name]) - 131, *rng.integers(0, len(expected[name]) - 131, 500)]
    rows = [(name, int(s), int(s) + 131, "+-"[i % 2]) for i, s in enumerate(starts)]
    with Genome(path) as genome:
        codes = genome.fetch(make_intervals(rows))
    for (_, start, end, strand), found in zip(rows, codes, strict=True):
        one = expected[name][start:end]
        assert decode(found) == str(-one if strand == "-" else one).upper()


def test_peaks_of_a_small_genome(folder):
    mini = folder / "bpnet" / "mini_genome"
    peaks = read_intervals(mini / "peaks.bed")
    expected = pyfaidx.Fasta(str(mini / "mini.genome.fa"))
    with Genome(mini / "mini.genome.fa") as genome:
        for i in range(len(peaks)):
            one = peaks[i:i + 1]
            sequence = expected[one.contig_names[0]][int(one.start[0]):int(one.end[0])]
            assert decode(genome.fetch(one)[0]) == str(sequence).upper()


def test_narrow_peaks_have_their_columns_and_are_not_of_another_genome(folder):
    peaks = read_intervals(folder / "bpnet" / "loci.bed")
    assert len(peaks) == len((folder / "bpnet" / "loci.bed").read_text().splitlines())
    summits = peaks.columns["peak"].astype(int)
    assert ((summits >= 0) & (summits < peaks.end - peaks.start)).all()
    with Genome(folder / "bpnet" / "mini_genome" / "mini.genome.fa") as genome, \
            pytest.raises(ContigError):
        genome.fetch(peaks)


@pytest.mark.parametrize(("name", "count"), [("ctcf", 39_184), ("pu1", 28_677)])
def test_peak_sequences_keep_their_lower_case_letters(folder, name, count):
    path = folder / "tf_peaks" / f"{name}.fa.gz"
    found = read_sequences(path, 100)
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    assert found.codes.shape == (count, 100)
    assert found.names[:3] == tuple(line[1:] for line in lines[:6:2])
    assert (found.codes == 4).sum() == sum(line.upper().count("N") for line in lines[1::2])
    assert decode(found.codes[-1]) == lines[2 * count - 1].upper()

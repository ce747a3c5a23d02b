"""Simulations as files, read back."""

import numpy as np
import pytest

from dlgenomics.data.encoding import reverse_complement
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import read_intervals
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.tables import read_table
from dlgenomics.simulate import load_motif, simulate, write_genome, write_simulation


@pytest.fixture
def simulation(tmp_path, monkeypatch):
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "cache"))
    return simulate("density-localization", load_motif("TAL1"), count=41, length=200, center=130)


def test_sequences_and_labels_are_read_back(simulation, tmp_path):
    files = write_simulation(simulation, tmp_path / "out")
    assert [path.name for path in files] == ["sequences.fa.gz", "labels.tsv", "motifs.bed"]
    found = read_sequences(files[0], 200)
    assert (found.codes == simulation.codes).all()
    labels = read_table(files[1]).joined(found.names, "x")
    assert (labels.numbers("bound") == simulation.labels[:, 0]).all()


def test_the_truth_is_a_bed_file_of_motifs(simulation, tmp_path):
    files = write_simulation(simulation, tmp_path)
    names = read_sequences(files[0], 200).names
    truth, embedded = read_intervals(files[2]), simulation.embeddings
    assert [names.index(c) for c in truth.contig_names] == embedded.sequence.tolist()
    assert (truth.start == embedded.start).all()
    assert (truth.end - truth.start == 16).all()
    assert ((truth.strand == "-") == embedded.minus).all()
    assert set(truth.columns["name"]) == {"TAL1"}


def test_the_same_simulation_gives_the_same_bytes(simulation, tmp_path):
    one = write_simulation(simulation, tmp_path / "a")
    two = write_simulation(simulation, tmp_path / "b")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


@pytest.mark.parametrize("spacer", [0, 50])
def test_intervals_of_a_written_genome_give_the_sequences_back(simulation, tmp_path, spacer):
    fasta, bed = write_genome(simulation, tmp_path, spacer=spacer)
    intervals = read_intervals(bed)
    assert (intervals.columns["bound"].astype(int) == simulation.labels[:, 0]).all()
    assert intervals.contigs == ("chr1", "chr2")
    assert set(intervals.strand) == {"+", "-"}
    with Genome(fasta) as genome:
        codes = genome.fetch(intervals)
        assert sum(genome.lengths.values()) == 41 * (200 + spacer)
    minus = intervals.strand == "-"
    assert (codes[~minus] == simulation.codes[~minus]).all()
    assert (codes[minus] == reverse_complement(simulation.codes[minus])).all()


def test_a_written_genome_has_unknown_bases_between(simulation, tmp_path):
    fasta, _ = write_genome(simulation, tmp_path, spacer=50)
    text = "".join(line for line in fasta.read_text().split("\n") if not line.startswith(">"))
    assert text.count("N") == 41 * 50
    assert max(map(len, fasta.read_text().split("\n"))) == 80
    assert not np.isin(list("acgtn"), list(text)).any()


def test_several_motifs_have_a_label_each_and_their_names_in_the_truth(tmp_path):
    motifs = (load_motif("CTCF"), load_motif("ZNF143"), load_motif("SIX5"))
    made = simulate("multi-motif", motifs, count=50, length=200, seed=2)
    files = write_simulation(made, tmp_path)
    names = read_sequences(files[0], 200).names
    table, truth = read_table(files[1]).joined(names, "x"), read_intervals(files[2])
    for column, motif in enumerate(motifs):
        labels = table.numbers(motif.name)
        assert (labels == made.labels[:, column]).all()
        here = truth.columns["name"] == motif.name
        holders = {truth.contig_names[i] for i in np.flatnonzero(here)}
        assert holders == {n for n, label in zip(names, labels, strict=True) if label}
        assert (truth.end - truth.start)[here].tolist() == [motif.width] * int(here.sum())
    _, bed = write_genome(made, tmp_path)
    columns = read_intervals(bed).columns
    found = np.stack([columns[motif.name].astype(int) for motif in motifs], axis=1)
    assert (found == made.labels).all()

"""Labelled examples from FASTA and labels, and from intervals and a genome."""

import hashlib
import textwrap

import numpy as np
import pytest

from dlgenomics.data.encoding import decode
from dlgenomics.data.examples import labels_of, load_examples
from dlgenomics.data.intervals import make_intervals, read_intervals
from dlgenomics.data.loaded import interval_names
from dlgenomics.data.places import fit_length
from dlgenomics.errors import BoundsError, DataError, MissingFileError
from dlgenomics.spec import parse_spec

SPEC = textwrap.dedent("""\
    spec: 1
    name: small
    task: binary_classification
    data:
      train: TRAIN
      reference: {fasta: genome.fa}
      inputs:
        dna: {kind: dna, length: 4, center: CENTER}
      targets:
        bound: {column: bound}
      split: {by: random, test: 0, validation: 0.5}
      augment: [AUGMENT]
    model:
      layers:
        - Flatten
        - Dense: {units: 1, name: bound}
    """)
GENOME = ">chr1\nAACCGGTTAC\n>chr2\nTTTTGGGG\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "cache"))
    files = {
        "genome.fa": GENOME,
        "sequences.fa": ">s1\nACGT\n>s2\nTTNN\n>s3\nGGGG\n",
        "labels.tsv": "name\tbound\tpart\ns3\t1\ttrain\ns1\t0\ttrain\nextra\t1\ttest\n"
                      "s2\t1\tvalidation\n",
        "peaks.bed": "#chrom\tstart\tend\tname\tscore\tstrand\tbound\n"
                     "chr1\t1\t5\tp1\t0\t+\t1\nchr2\t3\t7\tp2\t0\t-\t0\nchr1\t4\t8\tp3\t0\t.\t1\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


FASTA = "{fasta: sequences.fa, labels: labels.tsv}"
PEAKS = "{intervals: peaks.bed}"


def spec_of(train, *, center="false", augment="", changes=()):
    text = SPEC.replace("TRAIN", train).replace("CENTER", center).replace("AUGMENT", augment)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_spec(text)


def texts(examples):
    return [decode(row) for row in examples.sequences.take(np.arange(len(examples.names)))]


def labels(examples, target="bound"):
    return labels_of(examples, target, np.arange(len(examples.names)))


def test_sequences_and_labels(folder):
    found = load_examples(spec_of(FASTA), folder)
    assert found.names == ("s1", "s2", "s3")
    assert texts(found) == ["ACGT", "TTNN", "GGGG"]
    assert labels(found).tolist() == [[0], [1], [1]]
    assert labels(found).dtype == np.float32
    assert found.margin == 0


def test_intervals_with_labels_of_their_own(folder):
    found = load_examples(spec_of(PEAKS), folder)
    assert found.names == ("p1", "p2", "p3")
    assert texts(found) == ["ACCG", "CCCA", "GGTT"]
    assert labels(found).tolist() == [[1], [0], [1]]


def test_intervals_with_labels_in_a_table(folder):
    (folder / "t.tsv").write_text("id\tbound\np3\t0\np2\t1\np1\t0\n", encoding="utf-8")
    found = load_examples(spec_of("{intervals: peaks.bed, labels: t.tsv}"), folder)
    assert labels(found).tolist() == [[0], [1], [0]]


def test_intervals_without_names_are_joined_by_place(folder):
    (folder / "peaks.bed").write_text("chr1\t1\t5\nchr2\t3\t7\n", encoding="utf-8")
    (folder / "t.tsv").write_text("id\tbound\nchr2:3-7\t1\nchr1:1-5\t0\n", encoding="utf-8")
    found = load_examples(spec_of("{intervals: peaks.bed, labels: t.tsv}"), folder)
    assert found.names == ("chr1:1-5", "chr2:3-7")
    assert labels(found).tolist() == [[0], [1]]


def test_a_name_that_is_a_dot_is_no_name(folder):
    (folder / "a.bed").write_text("chr1\t1\t5\t.\nchr2\t3\t7\tx\n", encoding="utf-8")
    assert interval_names(read_intervals(folder / "a.bed")) == ("chr1:1-5", "x")


def test_several_columns_keep_the_specs_order(folder):
    spec = spec_of("{fasta: sequences.fa, labels: t.tsv}", changes=[
        ("binary_", "multilabel_"), ("{column: bound}", "{columns: [b, a]}"),
        ("units: 1", "units: 2")])
    (folder / "t.tsv").write_text("n\ta\tb\ns1\t1\t0\ns2\t1\t0\ns3\t0\t1\n", encoding="utf-8")
    assert labels(load_examples(spec, folder)).tolist() == [[0, 1], [0, 1], [1, 0]]


def test_center_takes_the_middle_of_sequences_and_intervals(folder):
    (folder / "sequences.fa").write_text(">s1\nAACGTA\n>s2\nTTTTNNNN\n>s3\nGGGG\n", encoding="utf-8")
    assert texts(load_examples(spec_of(FASTA, center="true"), folder)) == ["ACGT", "TTNN", "GGGG"]
    (folder / "peaks.bed").write_text("#chrom\tstart\tend\tbound\nchr1\t2\t8\t1\nchr2\t3\t4\t0\n",
                                      encoding="utf-8")
    assert texts(load_examples(spec_of(PEAKS, center="true"), folder)) == ["CGGT", "TTTG"]


def test_a_shift_reads_a_margin_around_the_windows(folder):
    found = load_examples(spec_of(PEAKS, augment="{shift: {max: 2}}"), folder)
    assert found.margin == 2
    assert texts(found) == ["NAACCGGT", "NCCCCAAA", "CCGGTTAC"]


def test_sequences_have_unknown_bases_around_them(folder):
    found = load_examples(spec_of(FASTA, augment="{shift: {max: 1}}"), folder)
    assert texts(found) == ["NACGTN", "NTTNNN", "NGGGGN"]


def test_splits_by_column_and_by_chromosome(folder):
    split = "split: {by: random, test: 0, validation: 0.5}"
    found = load_examples(spec_of(FASTA, changes=[
        (split, "split: {by: column, column: part}")]), folder)
    assert found.parts.sizes() == {"train": 2, "validation": 1, "test": 0}
    assert found.parts.validation.tolist() == [1]
    by_chromosome = [(split, "split: {by: chromosome, test: [], validation: [chr2]}")]
    found = load_examples(spec_of(PEAKS, changes=by_chromosome), folder)
    assert (found.parts.train.tolist(), found.parts.validation.tolist()) == ([0, 2], [1])
    (folder / "sequences.fa").write_text(">chr1:1-5\nACGT\n>chr2:3-7\nTTTT\n", encoding="utf-8")
    (folder / "labels.tsv").write_text("n\tbound\nchr1:1-5\t1\nchr2:3-7\t0\n", encoding="utf-8")
    found = load_examples(spec_of(FASTA, changes=by_chromosome), folder)
    assert (found.parts.train.tolist(), found.parts.validation.tolist()) == ([0], [1])


def test_the_hash_of_each_file_is_kept(folder):
    def sha256(name):
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()

    assert load_examples(spec_of(PEAKS), folder).files == {
        name: sha256(name) for name in ("peaks.bed", "genome.fa")}


def test_fit_length():
    intervals = make_intervals([("c", 0, 4, "+"), ("c", 10, 15, "-")])
    assert fit_length(intervals, 4, "center").end.tolist() == [4, 14]
    with pytest.raises(DataError) as caught:
        fit_length(intervals, 4, None)
    assert str(caught.value) == (
        "<intervals>: every interval must have the 4 bp that the model takes. Received: 5 bp at "
        "c:10-15. Resize around the centre with --resize center (resize='center'), or "
        "data.inputs.*.center: true in the spec; --resize start and end keep that side.")


def test_a_wrong_length_has_its_line(folder):
    (folder / "peaks.bed").write_text("# x\nchr1\t1\t5\nchr1\t1\t6\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_examples(spec_of(PEAKS), folder)
    assert (caught.value.line, caught.value.path) == (3, str(folder / "peaks.bed"))


def without_train(spec):
    return spec.model_copy(update={"data": spec.data.model_copy(update={"train": None})})


@pytest.mark.parametrize(("name", "text", "train", "changes", "error", "message"), [
    ("labels.tsv", "n\tbound\ns1\t2\ns2\t1\ns3\t0\n", FASTA, (), DataError,
     "labels for binary_classification must be 0 or 1. Received: 2 in target 'bound'. "
     "Use task: regression for measured values."),
    ("labels.tsv", "n\tbond\ns1\t2\n", FASTA, (), DataError,
     "the labels must name every sequence of sequences.fa. Received: no row for 's2' and 1 more."),
    ("labels.tsv", "n\tbond\ns1\t1\ns2\t1\ns3\t0\n", FASTA, (), DataError,
     "the labels must have the column 'bound'. Received: n, bond. Did you mean 'bond'?"),
    ("peaks.bed", "chr1\t1\t5\nchr2\t3\t7\n", PEAKS, (), DataError,
     "the labels must have the column 'bound'. Received: ."),
    ("peaks.bed", "#chrom\ts\te\tbound\nchr1\t1\t5\t1\nchr2\t5\t9\t0\n", PEAKS, (), BoundsError,
     "intervals must lie within chr2, which ends at 8. Received: chr2:5-9"),
    ("x", "", FASTA, [("split: {by: random, test: 0, validation: 0.5}",
     "split: {by: chromosome, test: [], validation: [chr1]}")], DataError,
     "a split by chromosome needs intervals, or sequences named contig:start-end. Received: 's1'."),
    ("x", "", "{fasta: sequence.fa, labels: labels.tsv}", (), MissingFileError,
     "the FASTA of sequences must be a file that exists. Received: no such file. "
     "Did you mean 'sequences.fa'?"),
    ("x", "", PEAKS, [("genome.fa", "genom.fa")], MissingFileError,
     "the genome FASTA must be a file that exists. Received: no such file. "
     "Did you mean 'genome.fa'?"),
])
def test_refused(folder, name, text, train, changes, error, message):
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(error) as caught:
        load_examples(spec_of(train, changes=changes), folder)
    assert message in str(caught.value)


def test_a_spec_without_examples_says_so(folder):
    with pytest.raises(DataError, match=r"data\.train must say where the examples are"):
        load_examples(without_train(spec_of(FASTA)), folder)


def test_measured_values_are_for_regression(folder):
    (folder / "labels.tsv").write_text("n\tbound\ns1\t2.5\ns2\t-1\ns3\t0\n", encoding="utf-8")
    found = load_examples(spec_of(FASTA, changes=[("binary_classification", "regression")]), folder)
    assert labels(found).tolist() == [[2.5], [-1], [0]]

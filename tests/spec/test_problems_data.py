"""Rules of data, targets and examples, broken: the message in full, at the place at fault (§)."""

import textwrap

import pytest

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec

SMALL = textwrap.dedent("""\
    spec: 1
    name: small
    task: multitask
    data:
      reference: {fasta: g.fa}
      train: {intervals: a.bed, arrays: a.h5, labels: l.tsv}
      inputs:
        dna: {kind: dna, length: 20}
        words: {kind: kmer, length: 20, k: 2}
        signal: {kind: bigwig, files: [a.bw, b.bw], length: 20, bin: 2}
        age: {kind: numeric, columns: [age, dose]}
        more: {kind: array, shape: [2]}
      targets:
        bound: {column: bound, task: binary_classification}
        tissue: {kind: classes, column: tissue, classes: [liver, lung]}
        counts: {kind: bigwig_counts, files: [p.bw, m.bw], length: 20}
        made: {kind: array, shape: [2], task: regression}
        back: {kind: input, input: age, task: regression}
      split: {by: random}
    model:
      layers:
        - Flatten: {from: dna, name: d}
        - Embedding: {from: words, input_dim: 17, output_dim: 2}
        - Flatten: {name: w}
        - Flatten: {from: signal, name: s}
        - Concatenate: {from: [d, w, s, age, more], name: all}
        - Dense: {from: all, units: 1, name: bound}
        - Dense: {from: all, units: 2, name: tissue, activation: softmax}
        - Dense: {from: all, units: 2, name: counts}
        - Dense: {from: all, units: 2, name: made}
        - Dense: {from: all, units: 2, name: back}
      outputs: [bound, tissue, counts, made, back]
    """)


@pytest.fixture
def small():
    assert parse_spec(SMALL)
    return SMALL


INPUTS = [
    ("length: 20, k: 2", "length: 1, k: §2", "k must be at most the length, 1. Received: 2."),
    ("bin: 2", "bin: §3", "bin must divide the length, 20. Received: 3."),
    ("[a.bw, b.bw], length: 20", "§[a.bw], stranded: true, length: 20",
     "stranded files come in pairs, plus strand then minus strand. Received: 1."),
    ("length: 20, bin: 2", "length: §21", "lengths around one centre must differ by an even number of bp, "
     "or the strands have different centres. Received: 21 beside 'dna' with 20. Write 22 or 20."),
    ("[p.bw, m.bw], length: 20", "[p.bw, m.bw], length: §19", "lengths around one centre must differ by an "
     "even number of bp, or the strands have different centres. Received: 19 beside 'dna' with 20. "
     "Write 20 or 18."),
    ("[age, dose]", "§[age, age]", "columns must differ. Received: 'age' twice."),
    ("[age, dose]", "[age, dose], fitted: {center: §[1.0], spread: [1.0, 1.0]}",
     "center must hold a number for each of the 2 columns. Received: 1."),
    ("[age, dose]", "[age, dose], fitted: {center: [1.0, 1.0], spread: §[1.0, 0.0]}",
     "spread must hold numbers above 0. Received: 0."),
    ("[age, dose]", "§[]", "data.inputs.age.columns must be a list of at least 1. Received: a list of 0."),
    ("kind: array, shape: [2]}\n  targets", "kind: array, shape: [§0]}\n  targets",
     "data.inputs.more.shape.0 must be a number of at least 1. Received: 0."),
    ("kind: array, shape: [2]}\n  targets", "kind: array, shape: §[]}\n  targets",
     "data.inputs.more.shape must be a list of at least 1. Received: a list of 0."),
    ("length: 20, k", "length: §20000000, k", "data.inputs.words.length must be a number of at most "
     "10000000. Received: 20000000."),
]

TARGETS = [
    ("input: age,", "input: §agee,", "input must be one of data.inputs. Received: 'agee'. "
     "Did you mean 'age'?"),
    ("[liver, lung]", "§[liver, liver]", "classes must differ. Received: one of them twice."),
    ("[liver, lung]", "§[liver]", "data.targets.tissue.classes must be a list of at least 2. "
     "Received: a list of 1."),
    ("shape: [2], task", "shape: [2], columns: §[a], task", "columns must name each place along the "
     "last axis, 2. Received: 1."),
    ("shape: [2], task", "shape: [2], columns: §[a, a], task", "columns must differ. Received: 'a' "
     "twice."),
    ("[p.bw, m.bw]", "§[p.bw], stranded: true", "stranded files come in pairs, plus strand then minus "
     "strand. Received: 1."),
    ("    tissue: {kind", "    §tissue: {task: regression, kind", "a target of kind classes is for "
     "multiclass_classification. Received: regression. Change the task, or the kind."),
    ("    bound: {column: bound, task: binary_classification}", "    §bound: {column: bound, "
     "task: profile}", "a target of kind columns is for binary_classification or "
     "multilabel_classification or multiclass_classification or regression. Received: profile. "
     "Change the task, or the kind."),
    ("    bound: {column: bound, task: binary_classification}", "    §bound: {column: bound}",
     "each target of a multitask spec must say its task, or have a loss that implies it. Received: "
     "neither for 'bound'. Add task: binary_classification or multilabel_classification or "
     "multiclass_classification or regression or profile or language_model."),
    ("column: bound, task", "columns_from: §a.txt, task", "binary_classification has one column a "
     "target. Received: a file of columns. Use multilabel_classification."),
]

SAMPLED = [
    ("{of: §counts, balance: true}", "kind: bigwig_profile, bin: 2", "sampling looks at a target with "
     "labels in columns. Received: 'counts', which has (10, 2)."),
    ("{of: bound, positives: 0.5, threshold: §high}", "kind: bigwig_counts",
     "data.sampling.threshold must be a number. Received: the text 'high'."),
]

EXAMPLES = [
    ("§train: {table: t.tsv, arrays: a.h5}", "'dna' needs fasta or intervals in data.train. "
     "Received: table."),
    ("§train: {fasta: t.fa, labels: l.tsv, arrays: a.h5}", "'signal' needs intervals in data.train. "
     "Received: fasta."),
    ("§train: {intervals: t.bed}", "'more' needs data.train.arrays, an .npz or HDF5 file. "
     "Received: none."),
    ("train: {intervals: t.bed, arrays: a.h5}\n  §test: {intervals: t.bed, arrays: a.h5}",
     "data.test is for 'split: {by: file}'. Received: a split by random. Change data.split, or add "
     "the source to data.train."),
]

SPLITS = [
    ("§split: {by: file}", "a split by file needs data.validation. Received: none."),
    ("split: {by: random}\n  sampling: {of: §bond, positives: 0.5}",
     "sampling looks at a target. Received: 'bond'. Did you mean 'bound'?"),
    ("split: {by: random}\n  §sampling: {of: bound}", "sampling needs either 'positives', a share, or "
     "'balance: true'. Received: neither."),
    ("split: {by: random}\n  §sampling: {of: bound, positives: 0.5, balance: true}", "sampling needs "
     "either 'positives', a share, or 'balance: true'. Received: both."),
    ("split: {by: random}\n  sampling: {of: counts, balance: §true}", "balance is for targets that are "
     "classes. Received: 'counts', regression. Write positives and threshold."),
    ("split: {by: random}\n  sampling: {of: bound, positives: §1.0}", "data.sampling.positives must be "
     "a number below 1. Received: 1.0."),
    ("split: {by: random}\n  sampling: {of: bound, positives: §0.0}", "data.sampling.positives must be "
     "a number above 0. Received: 0.0."),
]


@pytest.mark.parametrize(("old", "new", "message"), [*INPUTS, *TARGETS])
def test_inputs_and_targets(small, refusals, places, old, new, message):
    assert small.count(old) == 1, "the row does not fit the spec"
    marked = small.replace(old, new)
    found, at = refusals(marked)
    assert message in found
    assert at[found.index(message)] == places(marked)[0]


@pytest.mark.parametrize(("section", "message"), EXAMPLES)
def test_sources(refused_once, section, message):
    refused_once("train: {intervals: a.bed, arrays: a.h5, labels: l.tsv}", section, message)


@pytest.mark.parametrize(("section", "message"), SPLITS)
def test_splits_and_sampling(refused_once, section, message):
    refused_once("split: {by: random}", section, message)


@pytest.mark.parametrize(("section", "kind", "message"), SAMPLED)
def test_sampling_looks_at_labels_in_columns(small, refusals, places, section, kind, message):
    marked = small.replace("split:", f"sampling: {section}\n  split:").replace(
        "kind: bigwig_counts", kind)
    messages, at = refusals(marked)
    assert message in messages
    assert places(marked)[0] in at


@pytest.mark.parametrize(("old", "new"), [
    ("[p.bw, m.bw], length: 20", "[p.bw, m.bw], length: 18"), ("length: 20, bin: 2", "length: 8"),
    ("[liver, lung]", "[liver, lung], missing: mask"),
    ("split: {by: random}", "split: {by: column, column: part}"),
    ("split: {by: random}", "split: {by: random}\n  sampling: {of: tissue, balance: true}"),
    ("split: {by: random}", "split: {by: random}\n  sampling: {of: counts, positives: 0.5}"),
    ("split: {by: random}", "split: {by: random}\n  augment: [reverse_complement]"),
    ("shape: [2], task", "shape: [2], columns: [a, b], task"),
])
def test_what_is_right_is_taken(small, old, new):
    assert small.count(old) == 1
    assert parse_spec(small.replace(old, new))


TABLE = textwrap.dedent("""\
    spec: 1
    name: table
    task: binary_classification
    data:
      train: {table: t.tsv}
      inputs: {x: {kind: numeric, columns: [a, b]}}
      targets: {y: {column: y}}
      split: {by: random}
    model:
      layers: [{Dense: {units: 1}}]
    """)

TABLES = [
    ("{by: random}", "{by: §chromosome, test: [chr1], validation: [chr2]}", "a split by chromosome "
     "needs intervals, or sequences named contig:start-end. Received: a table in data.train. Split "
     "by column instead."),
    ("{by: random}", "{by: random}\n  augment: [§reverse_complement]", "reverse_complement changes "
     "sequences and tracks. Received: inputs of neither. Leave it out."),
    ("{table: t.tsv}", "{table: t.tsv, labels: §l.tsv}", "'labels' joins fasta or intervals by name. "
     "Received: table in data.train. The table has the labels."),
    ("  train: {table: t.tsv}", "  §train: {arrays: t.h5}", "columns need a file that has them beside "
     "data.train.arrays: table, or fasta or intervals with labels. Received: arrays alone."),
]


@pytest.mark.parametrize(("old", "new", "message"), TABLES)
def test_tables(refusals, places, old, new, message):
    marked = TABLE.replace(old, new)
    assert refusals(marked) == ([message], places(marked))


def test_labels_are_not_for_arrays_either(refusals):
    text = TABLE.replace("{table: t.tsv}", "{arrays: t.h5, labels: l.tsv}")
    text = text.replace("kind: numeric, columns: [a, b]", "kind: array, shape: [2]")
    messages, _ = refusals(text.replace("y: {column: y}", "y: {kind: array, shape: [1]}"))
    assert messages == ["'labels' joins fasta or intervals by name. Received: arrays in data.train. "
                        "Write a table."]


def test_a_column_to_split_or_stratify_by_needs_labels(small, refusals):
    text = TABLE.replace("{table: t.tsv}", "{fasta: t.fa}")
    text = text.replace("kind: numeric, columns: [a, b]", "kind: dna, length: 4")
    text = text.replace("y: {column: y}", "y: {kind: input, input: x}").replace(
        "{by: random}", "{by: random, stratify: y}")
    text = text.replace("Dense: {units: 1}", "Dense: {units: 4}")
    assert refusals(text)[0] == ["a FASTA of sequences needs 'labels', a table joined by name. "
                                 "Received: none."]
    assert parse_spec(text.replace(", stratify: y", ""))


PROTEIN = textwrap.dedent("""\
    spec: 1
    name: protein
    task: binary_classification
    data:
      train: {fasta: p.fa, labels: l.tsv}
      inputs:
        p: {kind: protein, length: 9}
      targets: {y: {column: y}}
      augment: [{shift: {max: 1}}]
    model:
      layers: [Flatten, {Dense: {units: 1}}]
    """)


def test_a_protein_is_not_in_the_genome(refusals, places):
    marked = PROTEIN.replace("  train: {fasta: p.fa,", "  §train: {intervals: p.bed,").replace(
        "  inputs", "  reference: {fasta: g.fa}\n  inputs")
    assert refusals(marked) == (
        ["'p' is a protein, which needs fasta in data.train. Received: intervals."], places(marked))


@pytest.mark.parametrize("kind", ["protein", "rna"])
def test_only_dna_has_another_strand(refusals, places, kind):
    marked = PROTEIN.replace("kind: protein", f"kind: {kind}").replace(
        "[{shift: {max: 1}}]", "[{shift: {max: 1}}, §reverse_complement]")
    assert refusals(marked) == (["reverse_complement is for DNA, which has two strands. Received: "
                                 f"'p', {kind}. Leave it out."], places(marked))


def test_one_source_has_one_alphabet(refusals, places):
    marked = PROTEIN.replace("    p: {", "    d: {kind: dna, length: 9}\n    §p: {")
    messages, at = refusals(marked)
    assert messages[0] == ("sequences of one source are of one alphabet. Received: protein ('p') "
                           "beside nucleotides.")
    assert at[0] == places(marked)[0]


def test_the_kind_of_a_target_that_is_none_is_told(small, refusals, places):
    marked = small.replace("tissue: {kind: classes,", "tissue: §{task: regression, kind: klasses,")
    messages, at = refusals(marked)
    assert messages[0].startswith("data.targets.tissue must be a mapping whose kind is one of 'columns', "
                                  "'classes', 'bigwig_profile', 'bigwig_counts', 'array', 'tokens', 'input'. "
                                  "Received: a mapping with 'task', 'kind', ")
    assert at[0] == places(marked)[0]


def test_a_file_of_validation_examples_is_for_a_split_by_file(small):
    text = small.replace("split: {by: random}", "split: {by: file}\n  validation: {intervals: v.bed, "
                         "arrays: v.h5}\n  test: [{intervals: t.bed, arrays: t.h5}]")
    assert parse_spec(text).data.split.by == "file"
    with pytest.raises(SpecError, match=r"data.test.0 needs one of 'fasta' .* Received: none of them"):
        parse_spec(text.replace("[{intervals: t.bed, arrays: t.h5}]", "[{}]"))

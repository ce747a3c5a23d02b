"""The exception tree: what each error says and the data that it carries."""

import inspect
import pickle

import pytest

from dlgenomics import errors
from dlgenomics.errors import (
    BuildError,
    DataError,
    DlgError,
    EndingError,
    HashMismatchError,
    ModelNotFoundError,
    ReplayError,
    RunError,
    ShapeError,
    did_you_mean,
    near_contig,
    near_match,
)

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass)
           if issubclass(c, Exception) and c.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_ours_and_stands_in_the_tree(kind):
    assert issubclass(kind, DlgError)
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(("word", "known", "near"), [
    ("conv1d", ["Conv1D", "Conv2D"], "Conv1D"), ("kernal_size", ["kernel_size"], "kernel_size"),
    ("zzz", ["Conv1D"], None), ("", ["a"], None), ("a", [], None),
])
def test_near_match(word, known, near):
    assert near_match(word, known) == near
    assert did_you_mean(word, known) == (f" Did you mean {near!r}?" if near else "")


@pytest.mark.parametrize(("contig", "known", "near"), [
    ("1", ["chr1", "chr10"], "chr1"), ("chrX", ["X", "Y"], "X"), ("Chr1", ["chr1"], "chr1"),
    ("contig_9", ["chr1"], None),
])
def test_near_contig(contig, known, near):
    assert near_contig(contig, known) == near


def test_data_errors_name_file_and_line():
    assert str(DataError("x", path="a.bed", line=3)) == "a.bed:3: x"
    assert str(DataError("x", path="a.bed")) == "a.bed: x"


def test_an_error_of_a_copy_becomes_one_of_its_source():
    copied = errors.ContigError("1", ["chr1"], "copy", line=3)
    found = copied.of_file("-")
    assert type(found) is errors.ContigError
    assert (found.path, found.line, found.contig, found.near) == ("-", 3, "1", "chr1")
    assert (str(found), copied.path) == (str(copied).replace("copy:3:", "-:3:"), "copy")
    assert str(DataError("x", path="copy").of_file("in.vcf")) == "in.vcf: x"


@pytest.mark.parametrize(("expected", "received", "message"), [
    ((None, 50, 4), (50, 4), "x must have shape (batch, 50, 4). Received: (50, 4). "
     "Add a batch axis: x[None]."),
    ((None, 50, 4), (2, 4, 50), "x must have shape (batch, 50, 4). Received: (2, 4, 50). "
     "The last two axes are exchanged: x.transpose(0, 2, 1)."),
    ((None, 50, 4), (2, 49, 4), "x must have shape (batch, 50, 4). Received: (2, 49, 4). "
     "Reshape or resize the input to that length and alphabet."),
])
def test_shape_errors_say_both_shapes_and_what_to_do(expected, received, message):
    error = ShapeError("x", expected, received)
    assert str(error) == message
    assert (error.expected, error.received) == (expected, received)


def test_unknown_models_have_near_matches_and_a_next_step():
    error = ModelNotFoundError("dragon/tal1", ["dragonn/tal1", "basset"])
    assert (error.near, error.name, error.next_step) == ("dragonn/tal1", "dragon/tal1", "dlg ls")
    assert str(error).endswith("Received: 'dragon/tal1'. Did you mean 'dragonn/tal1'?")


def test_package_and_run_errors_name_the_folder():
    damaged = HashMismatchError("m/model.yaml", "a" * 64, "b" * 64)
    assert (damaged.folder, damaged.path) == ("m", "m/model.yaml")
    assert f"sha256 {'a' * 12}…. Received: {'b' * 12}…." in str(damaged)
    replay = ReplayError("m", 0.25, 1e-5, 1e-6)
    assert replay.difference == 0.25
    assert "(rtol 1e-05, atol 1e-06). Received: a largest difference of 0.25." in str(replay)
    assert str(RunError("x", folder="r", next_step="dlg train")) == "r: x"


@pytest.mark.parametrize(("swapped", "told"), [(6, True), (5, False), (0, False)])
def test_columns_that_look_exchanged_are_named(swapped, told):
    error = BuildError(4, 10, swapped, "a.vcf", "Use another FASTA")
    assert ("columns REF and ALT look exchanged" in str(error)) == told


@pytest.mark.parametrize(("name", "came"), [("a.csv", "'.csv'"), ("a", "no ending")])
def test_an_ending_of_no_format_is_no_question_of_writing(name, came):
    assert str(EndingError(name, (".tsv", ".parquet", ".h5"))) == (
        f"{name}: the name must end in .tsv, .parquet or .h5. Received: {came}. Choose one of these.")


@pytest.mark.parametrize("error", [
    errors.RunError("it must be whole.", folder="o.parts", next_step="dlg ls"),
    errors.OutputError("o.tsv", "a full disk", "Free some."),
    errors.ContigError("1", ["chr1"], "a.bed", line=3),
    errors.SpecNotFoundError("x", ["y"]),
    errors.HashMismatchError("a/b", "1", "2"),
])
def test_an_error_reaches_another_process_with_its_type_and_data(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))

"""Substitutions: how they are written, listed and checked."""

import pytest

from dlgenomics.data.sequences import Record
from dlgenomics.errors import DataError, MissingFileError
from dlgenomics.language.mutations import (
    MutationError,
    all_substitutions,
    alphabet_of,
    check_mutation,
    parse_mutation,
    parse_mutations,
    read_mutations,
)
from dlgenomics.language.tokenized import tokens_input

RECORDS = [Record("a", "MKTA", 1), Record("b", "LAGX", 3)]


@pytest.fixture
def tokenizer(spec):
    return tokens_input(spec.data.inputs).tokenizer


def test_one_and_several_at_once():
    one = parse_mutation("A23V")
    assert (str(one), one.places) == ("A23V", (22,))
    two = parse_mutation(" k45r:A23V ")
    assert (str(two), two.places) == ("K45R:A23V", (22, 44))
    assert [str(m) for m in parse_mutations("A23V, K45R:A1L,")] == ["A23V", "K45R:A1L"]


@pytest.mark.parametrize("text", ["", "A23", "23V", "A0V", "A-1V", "AA23V", "A23VV", "A23V:", "A2.3V",
                                  "p.A23V", "A23del"])
def test_what_is_no_substitution(text):
    with pytest.raises(MutationError, match=r"written as the letter.*Write A23V"):
        parse_mutation(text)


def test_a_position_changes_once():
    with pytest.raises(MutationError, match="each position may change once"):
        parse_mutation("A23V:A23L")


@pytest.mark.parametrize(("text", "message"), [
    ("A2V", r"A2V of 'a': position 2 must hold A\. Received: K\. Count positions from 1"),
    ("M5V", r"positions must be from 1 to 4\. Received: 5"),
    ("M1J", r"its letters must be tokens of the model\. Received: J"),
])
def test_a_mutation_must_fit_its_sequence(tokenizer, text, message):
    with pytest.raises(MutationError, match=message):
        check_mutation(parse_mutation(text), RECORDS[0], tokenizer)


def test_lower_case_in_the_sequence_counts_as_upper(tokenizer):
    check_mutation(parse_mutation("M1V"), Record("a", "mkta", 1), tokenizer)


def test_all_single_substitutions_of_residues(tokenizer):
    found = [str(one) for one in all_substitutions("MXk", tokenizer)]
    assert len(found) == len(set(found)) == 2 * 19  # X is left as it is
    assert found[:3] == ["M1A", "M1C", "M1D"]
    assert found[-1] == "K3Y"
    assert "M1M" not in found


def test_bases_are_those_that_the_sequence_has(rna):
    one = tokens_input(rna.inputs)
    assert alphabet_of("ACGT", one.tokenizer) == "ACGT"
    assert alphabet_of("acgu", one.tokenizer) == "ACGU"
    assert [str(m) for m in all_substitutions("U", one.tokenizer)] == ["U1A", "U1C", "U1G"]


def write(tmp_path, text, name="m.tsv"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_a_table_of_mutations(tmp_path):
    found = read_mutations(write(tmp_path, "name\tmutation\nb\tL1A\na\tM1V:K2R\nb\tA2G\n"), RECORDS)
    assert {name: [str(m) for m in ones] for name, ones in found.items()} == {
        "a": ["M1V:K2R"], "b": ["L1A", "A2G"]}


@pytest.mark.parametrize("header", ["mutation", "mutant", "mutant\tscore"])
def test_one_sequence_needs_no_names(tmp_path, header):
    cells = "M1V" + "\t0.5" * header.count("\t")
    found = read_mutations(write(tmp_path, f"{header}\r\n{cells}\r\n"), RECORDS[:1])
    assert [str(m) for m in found["a"]] == ["M1V"]


@pytest.mark.parametrize("text", ["", " ", ","])
def test_no_mutations_are_not_asked_for(text):
    with pytest.raises(MutationError, match="a substitution is written as"):
        parse_mutations(text)


@pytest.mark.parametrize(("text", "message"), [
    ("name\tmutatoin\na\tM1V\n", r"the column 'mutation'.*Did you mean 'mutatoin'"),
    ("mutation\nM1V\n", r"mutations of 2 sequences must say whose they are"),
    ("name\tmutation\nc\tM1V\n", r"m\.tsv:2: a mutation's sequence must be in the FASTA"),
    ("name\tmutation\n", "a header and at least one row"),
    ("name\tmutation\na\n", "every line must have the 2 columns"),
])
def test_tables_that_cannot_be_used(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_mutations(write(tmp_path, text), RECORDS)


def test_no_table(tmp_path):
    with pytest.raises(MissingFileError):
        read_mutations(tmp_path / "none.tsv", RECORDS)

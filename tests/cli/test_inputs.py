"""The options of input: what goes together, what a dataloader gets, what is said otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from dlgenomics.errors import DataError, DlgError
from dlgenomics.predict.loaders.opening import own_dataloader
from dlgenomics.progress import silent
from dlgenomics.spec.inputs import DnaInput, NumericInput
from dlgenomics_cli.inputs import input_options, open_inputs


def files_of(*arguments: str) -> Any:
    """Return what a command gets for some arguments, or the text of the usage error."""
    found: dict[str, Any] = {}

    @click.command()
    @input_options
    @click.option("--other", default=1)
    def command(files: dict[str, Any], other: int) -> None:
        assert other == 1
        found.update(files)

    done = CliRunner().invoke(command, list(arguments))
    return found if done.exit_code == 0 else done.output


GENOME = ("--fasta", "g.fa")


@pytest.mark.parametrize(("arguments", "expected"), [
    ((*GENOME, "--intervals", "i.bed"), {"fasta_file": "g.fa", "intervals_file": "i.bed"}),
    ((*GENOME, "--intervals", "-", "--pad", "--resize", "start", "--rename-contigs", "--table", "t"),
     {"fasta_file": "g.fa", "intervals_file": "-", "pad": True, "resize": "start",
      "rename_contigs": True, "table_file": "t"}),
    ((*GENOME, "--gtf", "g.gtf", "--anchor", "tes", "--upstream", "0", "--downstream", "9",
      "--feature", "mRNA"), {"fasta_file": "g.fa", "gtf_file": "g.gtf", "anchor": "tes", "upstream": 0,
                             "downstream": 9, "feature": "mRNA"}),
    ((*GENOME, "--vcf", "v.vcf.gz", "--track", "a=x=1.bw", "--track", "b=y.bw", "--track", "a=z.bw"),
     {"fasta_file": "g.fa", "vcf_file": "v.vcf.gz",
      "tracks": {"a": ["x=1.bw", "z.bw"], "b": ["y.bw"]}}),
    ((*GENOME, "--tile", "200", "--stride", "50", "--contigs", "chr1, chr2", "--blacklist", "b.bed",
      "--skip-n", "0"), {"fasta_file": "g.fa", "tile": 200, "stride": 50, "contigs": ["chr1", "chr2"],
                         "blacklist_file": "b.bed", "skip_n": 0.0}),
    (("--sequences", "s.fa", "--resize", "end"), {"sequences_file": "s.fa", "resize": "end"}),
    (("--table", "t.tsv"), {"table_file": "t.tsv"}),
])
def test_options_become_arguments_of_a_dataloader(
    arguments: tuple[str, ...], expected: dict[str, Any]
) -> None:
    found = files_of(*arguments)
    assert found == expected
    assert set(found) <= set(own_dataloader({"dna": DnaInput(kind="dna", length=4)}).args)


@pytest.mark.parametrize(("arguments", "message"), [
    ((), "Received: none of them."),
    (GENOME, "give --fasta with one of"),
    (("--intervals", "i.bed"), "give --fasta with one of"),
    ((*GENOME, "--intervals", "i.bed", "--tile", "9"), "Received: --fasta and --intervals and --tile."),
    ((*GENOME, "--sequences", "s.fa"), "--sequences stands without --fasta"),
    (("--sequences", "s.fa", "--pad"), "--pad is for a genome"),
    (("--sequences", "s.fa", "--track", "a=b"), "--track is for a genome"),
    ((*GENOME, "--intervals", "i.bed", "--stride", "9"), "--stride goes with --tile"),
    ((*GENOME, "--intervals", "i.bed", "--blacklist", "b"), "--blacklist goes with --tile"),
    ((*GENOME, "--intervals", "i.bed", "--skip-n", "0"), "--skip-n goes with --tile"),
    ((*GENOME, "--vcf", "v.vcf", "--upstream", "0"), "--upstream goes with --gtf"),
    ((*GENOME, "--intervals", "-", "--table", "-"), "only one file can be standard input"),
    ((*GENOME, "--intervals", "i", "--track", "bw"), "--track reads INPUT=FILE"),
    ((*GENOME, "--intervals", "i", "--track", "=x"), "Received: '=x'"),
    ((*GENOME, "--gtf", "g", "--anchor", "tsss"), "'tsss' is not one of 'tss', 'tes'"),
    ((*GENOME, "--tile", "0"), "0 is not in the range x>=1"),
    ((*GENOME, "--tile", "5", "--skip-n", "2"), "2.0 is not in the range 0<=x<=1"),
    ((*GENOME, "--intervals", "i", "--resize", "middle"), "'middle' is not one of"),
])
def test_options_that_do_not_go_together(arguments: tuple[str, ...], message: str) -> None:
    found = files_of(*arguments)
    assert isinstance(found, str)
    assert message in " ".join(found.split())


DNA = DnaInput(kind="dna", length=6)
AGE = NumericInput(kind="numeric", columns=("years",))
GIVE = "give --fasta with --intervals, --gtf, --vcf or --tile, or --sequences"


@pytest.mark.parametrize(("inputs", "names", "words"), [
    ({"dna": DNA}, ("table_file",), f"takes dna (dna). Leave --table out, and {GIVE}."),
    ({"dna": DNA}, ("fasta_file", "intervals_file", "table_file"), "Leave --table out"),
    ({"dna": DNA}, ("sequences_file", "table_file"), "Leave --table out"),
    ({"dna": DNA, "age": AGE}, ("table_file",),
     f"takes dna (dna), age (numeric). G{GIVE[1:]}, besides."),
    ({"age": AGE}, ("fasta_file", "intervals_file"), "Give --table alone."),
])
def test_a_table_goes_with_numbers_and_sequences_with_letters(
    inputs: Any, names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DlgError) as caught:
        open_inputs(inputs, dict.fromkeys(names, "missing"), silent)
    assert not isinstance(caught.value, DataError)  # said before a file is looked for
    assert words in str(caught.value)
    assert "Received: " in str(caught.value)


def test_a_table_is_read_where_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("name\tyears\nb\t3\na\t1\n")
    (tmp_path / "s.fa").write_text(">a\nACGTAC\n>b\nTTTTTT\n")
    table, sequences = str(tmp_path / "t.tsv"), str(tmp_path / "s.fa")
    alone = open_inputs({"age": AGE}, {"table_file": table}, silent)
    assert alone.batch(np.arange(2))["inputs"].tolist() == [[3.0], [1.0]]
    both = open_inputs({"dna": DNA, "age": AGE},
                       {"table_file": table, "sequences_file": sequences}, silent)
    assert both.batch(np.arange(2))["inputs"]["age"].tolist() == [[1.0], [3.0]]

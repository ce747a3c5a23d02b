"""The command ``dlg score-mutations``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.language import Opening, language_options, note_unknown
from dlgenomics_cli.output import json_option, progress, say, show_json

if TYPE_CHECKING:
    from dlgenomics.data.sequences import Record
    from dlgenomics.language.mutations import Mutation
    from dlgenomics.language.subjects import Subject
    from dlgenomics.spec.inputs import TokensInput
    from dlgenomics.spec.types import Spec


@click.command("score-mutations", epilog=example(
    "dlg score-mutations ./protein-model --sequences protein.fa --mutations A4V,K8R:Y5F "
    "-o scores.tsv"))
@click.argument("name")
@language_options
@click.option("--mutations", metavar="WHAT", help="Substitutions such as A23V, separated by "
              "commas, several at once as A23V:K45R; or a table (.tsv, .tsv.gz) with a column "
              "mutation and, for several sequences, name.  [default: every single substitution]")
@click.option("--marginal", type=click.Choice(["masked", "wild-type"]), default="masked",
              show_default=True, help="Hide the changed positions, one pass for each set of them; "
              "or read all probabilities off the sequence as it is, in one pass.")
@click.option("--window", is_flag=True, help="Read sequences that are too long for the model in a "
              "window around the mutation, instead of refusing them.")
@click.option("-o", "--output", default="-", show_default=True,
              help="A file that ends in .tsv, .tsv.gz or .parquet; - prints TSV.")
@json_option
def score_mutations(name: str, sequences: str, mutations: str | None, output: str, window: bool,
                    as_json: bool, **chosen: Any) -> None:
    """Say how well a language model likes substitutions.

    NAME is as in `dlg embed`; the model must have been trained to fill in masked tokens. A score is
    log p(new letter) - log p(letter that was there), summed over the changed positions: below 0
    where the model finds the new letter less likely (Meier et al. 2021,
    doi:10.1101/2021.07.09.450648). Rows come sequence by sequence.
    """
    if as_json and output == "-":
        raise click.UsageError("--json prints a summary; name a file with -o for the scores.")
    from dlgenomics.data.sequences import read_records
    from dlgenomics.errors import plural
    from dlgenomics.language.network import logits
    from dlgenomics.language.score import score
    from dlgenomics.language.score_tables import check_ending, write_scores
    from dlgenomics.language.subjects import Asking
    from dlgenomics.language.tokenized import first_unknown, tokens_input, unknown_tokens

    check_ending(output)
    opening = Opening(name, chosen["precision"], chosen["yes"], chosen["ignore_memory"])
    records = read_records(sequences)
    written = _written(mutations, records)

    def asked(spec: Spec) -> tuple[Asking, list[Subject]]:
        asking = Asking(tokens_input(spec.data.inputs), chosen["marginal"], window)
        mutations = _asked(written, records, asking.one)
        return asking, asking.subjects(records, mutations, sequences)

    # All that can be wrong with names and files is found before TensorFlow takes its seconds.
    known = opening.known_spec()
    ready = asked(known) if known else None
    model = opening.model()
    asking, subjects = ready or asked(model.spec)
    tokens = ([one.record for one in subjects], [one.ids for one in subjects],
              asking.one.tokenizer)
    unknown = unknown_tokens(*tokens)
    note_unknown(unknown, first_unknown(*tokens), asking.one.tokenizer)
    with progress() as following:
        rows = write_scores(output, score(logits(model), subjects, asking,
                                          chosen["batch_tokens"], following))
    if as_json:
        show_json({"model": model.name, "sequences": len(subjects), "mutations": rows,
                   "marginal": asking.marginal, "unknown_tokens": unknown, "output": output})
    elif output != "-":
        say(f"{plural(rows, 'mutation')} of {plural(len(subjects), 'sequence')} in {output}")


def _written(text: str | None,
             records: Sequence[Record]) -> Mapping[str, Sequence[Mutation]] | None:
    """Return the mutations that were asked for, by sequence; None for all."""
    from dlgenomics.language.mutations import parse_mutations, read_mutations

    if text is None:
        return None
    if text == "-" or text.endswith((".tsv", ".tsv.gz", ".txt")) or Path(text).is_file():
        return read_mutations(text, records)
    if len(records) > 1:
        raise click.UsageError(f"--mutations as text is for one sequence, and the FASTA holds "
                               f"{len(records):,}; give a table with the columns name and "
                               "mutation.")
    return {records[0].name: parse_mutations(text)}


def _asked(written: Mapping[str, Sequence[Mutation]] | None, records: Sequence[Record],
           one: TokensInput) -> Mapping[str, Sequence[Mutation]]:
    from dlgenomics.language.mutations import all_substitutions

    if written is not None:
        return written
    return {record.name: list(all_substitutions(record.letters, one.tokenizer))
            for record in records}

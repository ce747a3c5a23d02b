"""The command ``dlg predict``."""

from __future__ import annotations

from typing import Any

import click

from dlgenomics_cli.downloads import length_option, terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.feeding import Feeding, feeding_options, open_model
from dlgenomics_cli.inputs import input_options
from dlgenomics_cli.output import json_option, progress, say, show_json


@click.command(epilog=example(
    "dlg predict dragonn/tal1 --fasta genome.fa --intervals peaks.bed -o predictions.tsv"))
@click.argument("name")
@input_options
@click.option("-o", "--output", default="-", show_default=True,
              help="A file that ends in .tsv, .tsv.gz, .parquet, .bed or .h5; - prints TSV.")
@click.option("--batch-size", type=click.IntRange(1), default=128, show_default=True,
              help="Rows at a time.")
@feeding_options
@length_option
@yes_option
@json_option
def predict(name: str, files: dict[str, Any], output: str, batch_size: int, length: int | None,
            yes: bool, as_json: bool, feeding: Feeding) -> None:
    """Predict from files: one row per interval or sequence, in input order.

    NAME is a name that `dlg ls` lists, or a package's folder. Intervals on the minus strand are
    reverse-complemented. A model of Kipoi takes --dataloader-args, too, as it does there.
    """
    if as_json and output == "-":
        raise click.UsageError("--json prints a summary; name a file with -o for the predictions.")
    from dlgenomics.predict.writers import check_ending

    check_ending(output)
    with progress() as following:
        model, loader = open_model(name, files, feeding, terms(length, yes, following))
    with progress() as following:
        rows = model.pipeline.write_predictions(output, loader, batch_size, **feeding.kept,
                                                progress=following)
    if as_json:
        show_json({"model": model.name, "rows": rows, "columns": model.columns, "output": output})
    elif output != "-":
        say(f"{rows:,} predictions ({', '.join(model.columns[:6])}) in {output}")

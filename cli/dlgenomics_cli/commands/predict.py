"""The command ``dlg predict``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.downloads import length_option, terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.feeding import Feeding, feeding_options, open_model
from dlgenomics_cli.inputs import input_options, say_skipped
from dlgenomics_cli.output import json_option, progress, say, show_json
from dlgenomics_cli.running import (
    COLUMN,
    PREDICTIONS,
    Running,
    before_the_run,
    keeping_shards,
    running_options,
)

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model
    from dlgenomics.predict.summary import Summary


@click.command(epilog=example(
    "dlg predict dragonn/tal1 --fasta genome.fa --intervals peaks.bed -o predictions.tsv"))
@click.argument("name")
@input_options
@click.option("-o", "--output", default="-", show_default=True,
              help="A file that ends in .tsv, .bed (both also .gz), .parquet, .h5, .zarr, .npz, "
              ".bedgraph or .bw ('{column}.bw' writes one a column); - prints TSV.")
@running_options
@feeding_options
@length_option
@yes_option
@json_option
def predict(name: str, files: dict[str, Any], output: str, length: int | None, yes: bool,
            as_json: bool, feeding: Feeding, running: Running) -> None:
    """Predict from files: one row per interval or sequence, in input order.

    NAME is a name that `dlg ls` lists, or a package's folder. Intervals on the minus strand are
    reverse-complemented. A model of Kipoi takes --dataloader-args, too, as it does there.
    """
    running.check(output, feeding, as_json=as_json)
    from dlgenomics.predict.writers import check_ending

    check_ending(output)
    with before_the_run(output), progress() as following:
        model, loader = open_model(name, files, feeding, terms(length, yes, following))
    running.check_model(model)
    if running.dry_run:
        from dlgenomics_cli.costs import cost_of, show_cost

        show_cost(model, cost_of(model, loader, running.order(feeding)), as_json=as_json)
        return
    with keeping_shards(output), progress() as following:
        if running.dask:
            from dlgenomics_cli.workers import write_on_dask

            done = write_on_dask(name, model, loader, files, feeding, running, output, following)
        else:
            done = model.pipeline.write_predictions(
                output, loader, running.order(feeding), arguments=files, intent=running.intent,
                column=running.column, progress=following)
    written = running.written(feeding)
    if as_json:
        columns = model.columns if written == PREDICTIONS else []
        show_json({"model": model.name, "written": written, "columns": columns, "output": output,
                   **done.to_data()})
    else:
        say_skipped(loader, output)
        report(model, output, done, running, written)


def report(model: Model, output: str, done: Summary, running: Running, written: str) -> None:
    """Print what was done, by which engine, and what memory or a piece of a run asks for."""
    from dlgenomics.errors import plural

    if done.halved:
        say(f"Memory was short: batches had {done.halved} rows instead of {done.batch_size}. The "
            "last digits may differ from those of other runs.")
    if done.comparison:
        off = done.comparison
        say(f"Engine {done.engine}: its test numbers differ from TensorFlow's by "
            f"{off.difference:.3g} at most (allowed: rtol {off.rtol:g}, atol {off.atol:g}).")
    if running.piece:
        say(f"Piece {running.piece} is done. When all are: dlg merge {output}")
    elif output != "-":
        rows = (f"{plural(done.rows, 'prediction')} ({', '.join(model.columns[:6])})"
                if written == PREDICTIONS else f"{plural(done.rows, 'row')} of {written}")
        say(f"{rows} in {output}" + (", a file for each column" if COLUMN in output else ""))

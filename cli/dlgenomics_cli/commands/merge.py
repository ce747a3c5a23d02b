"""The command ``dlg merge``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, say, show_json
from dlgenomics_cli.running import PREDICTIONS, check_name, what_is_written


@click.command(epilog=example("dlg merge predictions.parquet"))
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--column", help="The column that a .bedgraph or .bw holds, of several.")
@json_option
def merge(output: Path, column: str | None, as_json: bool) -> None:
    """Make one file of the pieces that `dlg predict --shard I/N -o OUTPUT` made.

    The pieces lie in OUTPUT.parts, which is removed when the file is whole. It has the same bytes
    as that of one run. Starts no TensorFlow.
    """
    from dlgenomics.predict.writers import check_ending
    from dlgenomics.predict.writing import merge as merge_shards

    check_name(str(output), column)
    check_ending(output)
    with progress() as following:
        plan = merge_shards(output, column, following)
    written = what_is_written(plan.options.get("layer"), plan.options.get("gradients"))
    if as_json:
        show_json({"output": output, "rows": plan.rows, "shards": plan.shards,
                   "model": plan.model["name"], "written": written})
    else:
        from dlgenomics.errors import plural

        rows = (plural(plan.rows, "prediction") if written == PREDICTIONS
                else f"{plural(plan.rows, 'row')} of {written}")
        say(f"{rows}, from {plural(plan.shards, 'shard')}, in {output}")

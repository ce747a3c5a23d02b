"""The command ``dlg resume``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, starting_tensorflow
from dlgenomics_cli.runs import finish_run


@click.command(epilog=example("dlg resume runs/tal1"))
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@json_option
def resume(run: Path, as_json: bool) -> None:
    """Go on with a training that was interrupted.

    It ends with the weights that it would have had without the interruption.
    """
    with starting_tensorflow():
        from dlgenomics.train.fit import resume as resume_run
    with progress() as following, finish_run(run, as_json=as_json) as done:
        done.append(resume_run(run, progress=following))

"""The command ``dlg resume``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, starting_tensorflow
from dlgenomics_cli.runs import finish_run
from dlgenomics_cli.searches import finish_search


@click.command(epilog=example("dlg resume runs/tal1"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--workers", type=click.IntRange(1, 1_000),
              help="Trainings at once, other than before; for a search.")
@json_option
def resume(folder: Path, workers: int | None, as_json: bool) -> None:
    """Go on with a training or a search that was interrupted.

    A training ends with the weights that it would have had without the interruption; a search
    keeps its finished trials and goes on with the others.
    """
    from dlgenomics.search.folder import is_search

    if is_search(folder):
        _resume_search(folder, workers, as_json=as_json)
    elif workers is not None:
        raise click.UsageError("--workers is for a search. Received: the folder of a training.")
    else:
        _resume_run(folder, as_json=as_json)


def _resume_run(folder: Path, *, as_json: bool) -> None:
    with starting_tensorflow():
        from dlgenomics.train.fit import resume as resume_run
    with progress() as following, finish_run(folder, as_json=as_json) as done:
        done.append(resume_run(folder, progress=following))


def _resume_search(folder: Path, workers: int | None, *, as_json: bool) -> None:
    from dlgenomics.search.conduct import resume_search

    with progress() as following, finish_search(folder, as_json=as_json) as done:
        done.append(resume_search(folder, workers=workers, progress=following))

"""The command ``dlg search``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress
from dlgenomics_cli.runs import command_line
from dlgenomics_cli.searches import finish_search


@click.command(epilog=example("dlg search dragonn/tutorial2 --data data --strategy random "
                              "--trials 2 -o searches/widths"))
@click.argument("spec")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), default=".",
              show_default="here", help="Folder where the spec's relative paths start.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Search folder to write.  [default: searches/NAME]")
@click.option("--trials", type=click.IntRange(1, 10_000), help="Trainings, instead of the spec's.")
@click.option("--workers", type=click.IntRange(1, 1_000),
              help="Trainings at once, each in a process; processors are shared among them.")
@click.option("--strategy", type=click.Choice(["grid", "random", "bayesian"]),
              help="How trials are chosen, instead of the spec's.")
@click.option("--replace", is_flag=True, help="Write over a search that is in the folder.")
@json_option
def search(spec: str, data: Path, output: Path | None, trials: int | None, workers: int | None,
           strategy: str | None, replace: bool, as_json: bool) -> None:
    """Train a spec many times, with the settings that its section 'search' varies.

    SPEC is a YAML file or the name of a built-in spec. Trials are compared on the validation set.
    The search folder receives table.tsv, report.html, best.yaml for `dlg train`, and a run folder
    for each trial. Whenever it is stopped, `dlg resume` goes on with it.
    """
    from dlgenomics.files import open_text
    from dlgenomics.registry import registry
    from dlgenomics.search.conduct import search as make_search

    entry = registry[spec]
    with open_text(entry.path, "the spec") as stream:
        text = stream.read()
    folder = output or Path("searches") / entry.name
    wanted = {"trials": trials, "workers": workers, "strategy": strategy}
    with progress() as following, finish_search(folder, as_json=as_json) as done:
        done.append(make_search(
            text, data, folder, source=str(entry.path) if Path(spec).suffix else spec,
            changes={k: v for k, v in wanted.items() if v is not None}, replace=replace,
            command=command_line(), progress=following))

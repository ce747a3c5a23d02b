"""The command ``dlg train``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, starting_tensorflow
from dlgenomics_cli.runs import command_line, finish_run


@click.command(epilog=example("dlg train dragonn/tal1 --data data -o runs/tal1"))
@click.argument("spec")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), default=".",
              show_default="here", help="Folder where the spec's relative paths start.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Run folder to write.  [default: runs/NAME]")
@click.option("--replace", is_flag=True, help="Write over a run that is in the folder.")
@json_option
def train(spec: str, data: Path, output: Path | None, replace: bool, as_json: bool) -> None:
    """Train the network of a spec.

    SPEC is a YAML file or the name of a built-in spec. The run folder receives a checkpoint after
    each epoch, the history, the weights of the best epoch, metrics on the test set and report.html.
    """
    from dlgenomics.registry import registry

    loaded = registry[spec].load()
    folder = output or Path("runs") / loaded.name
    with starting_tensorflow():
        from dlgenomics.train.fit import train as train_spec
    with progress() as following, finish_run(folder, as_json=as_json) as done:
        done.append(train_spec(loaded, data, folder, replace=replace, command=command_line(),
                               progress=following))

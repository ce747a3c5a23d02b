"""The command ``dlg get-example``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import say, show_json


@click.command("get-example", epilog=example("dlg get-example dragonn/tal1 -o example"))
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default="example",
              show_default=True, help="The folder of the files.")
def get_example(name: str, output: Path) -> None:
    """Fetch a model's example files; print the arguments with which its dataloader reads them.

    NAME is a name that `dlg ls` lists, or a model's folder. Nothing of the model is run.
    """
    from dlgenomics_zoo.example_files import ARGUMENTS
    from dlgenomics_zoo.example_files import get_example as get_files

    show_json(get_files(name, output))
    say(f"Next: dlg predict {name} --dataloader-args {shlex.quote(str(output / ARGUMENTS))} "
        "-o predictions.tsv")

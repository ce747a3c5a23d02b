"""The command ``dlg init``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json


@click.command(epilog=example("dlg init my-model"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", default="", help="What the model is called.  [default: the folder's name]")
@click.option("--from", "source", default="", help="A spec to start from, such as one that "
              "`dlg show` lists.  [default: a small network, with data to try it on]")
@json_option
def init(folder: Path, name: str, source: str, as_json: bool) -> None:
    """Start a new model: write FOLDER with a commented spec, data to try it on, and the next steps.

    What is written validates and trains as it is; put your own data and network in its place.
    """
    from dlgenomics.scaffold import SPEC_FILE, write_scaffold

    files = write_scaffold(folder, name, source)
    if as_json:
        show_json(files)
    else:
        show("\n".join(map(str, files)))
    data = "" if source else f" --data {folder / 'data'} -o {folder / 'run'}"
    say(f"Next: dlg {'validate' if source else 'train'} {folder / SPEC_FILE}{data}")

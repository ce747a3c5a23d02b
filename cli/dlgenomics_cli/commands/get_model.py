"""The command ``dlg get-model``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.models import facts_of, manifest_data
from dlgenomics_cli.output import json_option, say, show_facts, show_json


@click.command("get-model", epilog=example("dlg get-model dragonn/tal1"))
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Copy the package into this folder.")
@json_option
def get_model(name: str, output: Path | None, as_json: bool) -> None:
    """Fetch a model, verify every file, and say where it is and how to use it.

    NAME is a name that `dlg ls` lists, or a package's folder.
    """
    from dlgenomics_zoo.catalogue import find_model
    from dlgenomics_zoo.client import fetch_model

    _, source = find_model(name)
    manifest, folder = fetch_model(name, output)
    if as_json:
        show_json(manifest_data(manifest, folder, source))
        return
    count = len(manifest.package.files) + 1
    show_facts({**facts_of(manifest, folder, source), "verified": f"{count} files"})
    usable = output if output else name
    say(f"Next: dlg predict {usable} --fasta genome.fa --intervals intervals.bed "
        "-o predictions.tsv")

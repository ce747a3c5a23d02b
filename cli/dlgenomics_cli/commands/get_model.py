"""The command ``dlg get-model``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.downloads import length_option, terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.models import facts_of, manifest_data
from dlgenomics_cli.output import json_option, progress, say, show_facts, show_json


@click.command("get-model", epilog=example("dlg get-model dragonn/tal1"))
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Copy the package into this folder.")
@length_option
@yes_option
@json_option
def get_model(name: str, output: Path | None, length: int | None, yes: bool,
              as_json: bool) -> None:
    """Fetch a model, verify every file, and say where it is and how to use it.

    NAME is a name that `dlg ls` lists, or a package's folder. A model of Kipoi is fetched and made
    into a package.
    """
    from dlgenomics_zoo.catalogue import locate
    from dlgenomics_zoo.client import fetch_model

    source = locate(name).source
    with progress() as following:
        manifest, folder = fetch_model(name, output, terms(length, yes, following))
    if as_json:
        show_json(manifest_data(manifest, folder, source))
        return
    count = len(manifest.package.files) + 1
    show_facts({**facts_of(manifest, folder, source), "verified": f"{count} files"})
    usable = output if output else name
    say(f"Next: dlg predict {usable} --fasta genome.fa --intervals intervals.bed "
        "-o predictions.tsv")

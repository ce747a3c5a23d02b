"""The command ``dlg info``."""

from __future__ import annotations

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.models import facts_of, manifest_data
from dlgenomics_cli.output import json_option, say, show_facts, show_json


@click.command(epilog=example("dlg info dragonn/tal1"))
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Show what a model takes and gives, how good it is and where it comes from.

    NAME is a name that `dlg ls` lists, or a package's folder. Starts no TensorFlow.
    """
    from dlgenomics_zoo.catalogue import model_manifest

    manifest, folder, source = model_manifest(name)
    if as_json:
        show_json(manifest_data(manifest, folder, source))
        return
    show_facts(facts_of(manifest, folder, source))
    say(f"Next: dlg predict {name} --fasta genome.fa --intervals intervals.bed -o predictions.tsv")

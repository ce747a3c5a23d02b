"""The command ``dlg get-model``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.downloads import (
    ignore_memory_option,
    length_option,
    terms,
    trust_option,
    yes_option,
)
from dlgenomics_cli.example import example
from dlgenomics_cli.hub import get_from_hub
from dlgenomics_cli.models import facts_of, manifest_data
from dlgenomics_cli.output import json_option, progress, say, show_facts, show_json
from dlgenomics_cli.programs import load, packaged, program_facts


@click.command("get-model", epilog=example("dlg get-model dragonn/tal1"))
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Copy the package into this folder.")
@trust_option
@length_option
@ignore_memory_option
@yes_option
@json_option
def get_model(name: str, output: Path | None, trust: bool, length: int | None,
              ignore_memory: bool, yes: bool, as_json: bool) -> None:
    """Fetch a model, verify every file, and say where it is and how to use it.

    NAME is a name that `dlg ls` lists, a package's folder, or a model of the Hugging Face Hub,
    hf://org/name[@revision][/subfolder][#file]. A model of Kipoi, or of the Hub that Keras saved,
    is made into a package. One that only runs as code of its authors is fetched with --trust.
    """
    from dlgenomics_zoo.hub.address import is_hub_address

    if is_hub_address(name):
        with progress() as following:
            agreed = terms(length, yes, following, ignore_memory=ignore_memory)
            get_from_hub(name, agreed, output, trust=trust, as_json=as_json)
        return
    from dlgenomics_zoo.catalogue import locate

    source = locate(name).source
    with progress() as following:
        agreed = terms(length, yes, following)
        found = packaged(name, agreed, output, trust=trust)
        if found is None and output is not None:
            raise click.UsageError("-o copies a package; what runs as code of its authors is none.")
        if found is None:
            (show_json if as_json else show_facts)(program_facts(load(name, agreed, trust=True)))
            return
    manifest, folder = found
    if as_json:
        show_json(manifest_data(manifest, folder, source))
        return
    count = len(manifest.package.files) + 1
    show_facts({**facts_of(manifest, folder, source), "verified": f"{count} files"})
    usable = output if output else name
    say(f"Next: dlg predict {usable} --fasta genome.fa --intervals intervals.bed "
        "-o predictions.tsv")

"""The command ``dlg info``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.hub import show_hub_plan
from dlgenomics_cli.kipoi import kipoi_data, kipoi_facts
from dlgenomics_cli.models import facts_of, language_facts, manifest_data
from dlgenomics_cli.output import json_option, say, show_facts, show_json

if TYPE_CHECKING:
    from dlgenomics_zoo.catalogue import Location
    from dlgenomics_zoo.kipoi.descriptor import Descriptor

_PREDICT = "Next: dlg predict {} --fasta genome.fa --intervals intervals.bed -o predictions.tsv"
_EMBED = "Next: dlg embed {} --sequences sequences.fa -o embeddings.parquet"


@click.command(epilog=example("dlg info Basset"))
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Show what a model takes and gives, how good it is and where it comes from.

    NAME is a name that `dlg ls` lists, a model's folder, or hf://org/name, whose plan it shows. For
    a model of Kipoi it says whether it runs here, and where not, why and what can be done. Starts
    no TensorFlow.
    """
    from dlgenomics_zoo.hub.address import is_hub_address

    if is_hub_address(name):
        show_hub_plan(name, as_json=as_json)
        return
    from dlgenomics_zoo.catalogue import locate

    location = locate(name)
    if not isinstance(location.found, Path):
        _kipoi(location, location.found, as_json=as_json)
        return
    from dlgenomics.package.manifest import read_manifest
    from dlgenomics_zoo.language.load import is_language_model

    if is_language_model(location.found):
        _language(name, location.found, location.source, as_json=as_json)
        return
    manifest = read_manifest(location.found)
    if as_json:
        show_json(manifest_data(manifest, location.found, location.source))
        return
    show_facts(facts_of(manifest, location.found, location.source))
    tokens = any(one.kind == "tokens" for one in manifest.spec.data.inputs.values())
    say((_EMBED if tokens else _PREDICT).format(name))


def _language(name: str, folder: Path, source: str, *, as_json: bool) -> None:
    from dlgenomics_zoo.language.load import language_model_spec

    if as_json:
        show_json({**language_model_spec(folder).to_data(), "source": source,
                   "folder": str(folder)})
        return
    show_facts(language_facts(folder, source))
    say(_EMBED.format(name))


def _kipoi(location: Location, one: Descriptor, *, as_json: bool) -> None:
    if as_json:
        show_json(kipoi_data(location, one))
    else:
        show_facts(kipoi_facts(location, one))

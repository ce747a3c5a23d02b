"""The command ``dlg plan``."""

from __future__ import annotations

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.hub import show_hub_plan
from dlgenomics_cli.output import json_option


@click.command(epilog=example("dlg plan hf://my-lab/tal1"))
@click.argument("address")
@json_option
def plan(address: str, as_json: bool) -> None:
    """Say what a model of the Hugging Face Hub would fetch, need and run, before it does.

    ADDRESS is hf://org/name[@revision][/subfolder][#file]. Only descriptions of a few kilobytes
    are fetched: how it would be opened and why, which files, their size and licence, memory, and
    whether code of its authors would run.
    """
    show_hub_plan(address, as_json=as_json)

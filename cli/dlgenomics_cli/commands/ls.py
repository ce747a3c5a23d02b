"""The command ``dlg ls``."""

from __future__ import annotations

import dataclasses

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show_json, show_table, size_text


@click.command(epilog=example("dlg ls tal1"))
@click.argument("words", nargs=-1)
@click.option("--source", type=click.Choice(["local", "built-in"]), help="Only this source.")
@json_option
def ls(words: tuple[str, ...], source: str | None, as_json: bool) -> None:
    """List models; WORDS must all occur in name, description, task or tags."""
    from dlgenomics_zoo.catalogue import list_models

    found = list_models(" ".join(words), source)
    if as_json:
        show_json([dataclasses.asdict(entry) for entry in found])
        return
    if not found:
        say("No model matches. Try fewer words: dlg ls")
        return
    show_table(["model", "source", "task", "size", "description"], [
        (e.name, e.source, e.task, size_text(e.bytes) if e.bytes else "",
         e.problem or e.description) for e in found])

"""The command ``dlg test``."""

from __future__ import annotations

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, show, show_json, starting_tensorflow


@click.command(epilog=example("dlg test dragonn/tal1"))
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> None:
    """Verify a model: the hash of each file, and its stored inputs against its stored outputs."""
    from dlgenomics_zoo.client import fetch_model, get_model

    manifest, folder = fetch_model(name)
    with starting_tensorflow():
        model = get_model(name)
    result = model.test()
    if as_json:
        show_json({"name": manifest.spec.name, "folder": folder, "examples": result.examples,
                   "largest_difference": result.difference, "passed": True})
        return
    show(f"{manifest.spec.name}: ok ({len(manifest.package.files) + 1} files verified, "
         f"{result.examples} examples replayed, largest difference {result.difference:.2g})")

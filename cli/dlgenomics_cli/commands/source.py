"""The commands ``dlg source add``, ``ls``, ``update`` and ``rm``."""

from __future__ import annotations

import dataclasses

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json, show_table


@click.group(epilog=example("dlg source ls"))
def source() -> None:
    """Add sources of models in Kipoi's form: a folder, a git repository, a commit.

    Models of a source NAME are NAME:MODEL. The sources in ~/.kipoi/config.yaml count as well.
    """


@source.command()
@click.argument("name")
@click.argument("location")
def add(name: str, location: str) -> None:
    """Add a source and fetch it.

    LOCATION is a folder, the address of a git repository, or a link to a folder at a commit such as
    https://github.com/ORG/REPO/tree/COMMIT/FOLDER. Nothing of it is run.
    """
    from dlgenomics_zoo.sources.checkouts import source_models, update_source
    from dlgenomics_zoo.sources.declared import add_source, prepare_source

    prepared = prepare_source(name, location)
    update_source(prepared)
    count = len(source_models(prepared))
    add_source(prepared)
    show(f"{name}: {count:,} models in {prepared.location}")
    say(f"Next: dlg ls --source {name}")


@source.command("ls")
@json_option
def list_sources(as_json: bool) -> None:
    """List the sources that were added, here or in Kipoi's settings."""
    from dlgenomics_zoo.sources.declared import declared_sources

    found = declared_sources()
    if as_json:
        show_json([dataclasses.asdict(one) for one in found])
    elif found:
        show_table(["source", "kind", "location", "listed by"],
                   [(one.name, one.kind, one.location, one.by) for one in found])
    else:
        say("No source was added. Next: dlg source add NAME FOLDER-OR-ADDRESS")


@source.command()
@click.argument("name")
def update(name: str) -> None:
    """Fetch the newest models of a source; if that fails, the old ones stay."""
    from dlgenomics_zoo.sources.checkouts import source_models, update_source
    from dlgenomics_zoo.sources.declared import declared_source

    found = declared_source(name)
    update_source(found)
    show(f"{name}: {len(source_models(found)):,} models")


@source.command("rm")
@click.argument("name")
def remove(name: str) -> None:
    """Forget a source that was added here; a folder of yours stays as it is."""
    from dlgenomics_zoo.sources.declared import remove_source

    show(f"{name}: no longer a source ({remove_source(name).location})")

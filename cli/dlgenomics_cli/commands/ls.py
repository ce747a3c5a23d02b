"""The command ``dlg ls``."""

from __future__ import annotations

import dataclasses

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.hub_listing import NAMES, show_hub
from dlgenomics_cli.listing import COLUMNS, SHORT, entry_row, folded_rows, short_row
from dlgenomics_cli.output import json_option, say, show, show_json, show_list

_FEW = 30


@click.command(epilog=example("dlg ls splicing --status native"))
@click.argument("words", nargs=-1)
@click.option("--group", help="Only this group, such as DeepBind.")
@click.option("--tag", help="Only models with a tag that holds this text.")
@click.option("--framework", help="Only keras, pytorch, tensorflow, sklearn or other.")
@click.option("--status",
              help="Only native, portable, trust, gone, out-of-scope or unreadable.")
@click.option("--source",
              help="Only local, built-in, kipoi or one of `dlg source ls`; hf asks the Hub.")
@click.option("--author", default="", help="With --source hf: of this organisation or person.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="With --source hf: the most models.")
@click.option("--all", "everything", is_flag=True, help="List every model of every group.")
@click.option("--tsv", is_flag=True, help="Print every model with licence and tags, tab-separated.")
@json_option
def ls(
    words: tuple[str, ...], group: str | None, tag: str | None, framework: str | None,
    status: str | None, source: str | None, author: str, limit: int, everything: bool, tsv: bool,
    as_json: bool,
) -> None:
    """List models; WORDS must all occur in name, description, task or tags.

    A large group is one line, unless it is named, --all is given or few models fit. The Hugging
    Face Hub is searched only with --source hf: each model that is found is looked into, and its
    route is how it would be opened here.
    """
    if source in NAMES:
        if group or framework or status or everything or tsv:
            raise click.UsageError("--source hf goes with words, --author, --tag, --limit and "
                                   "--json.")
        show_hub(words, author, tag, limit, as_json=as_json)
        return
    if author:
        raise click.UsageError("--author goes with --source hf.")
    from dlgenomics_zoo.catalogue import list_models

    found = list_models(" ".join(words), source, group=group, tag=tag, framework=framework,
                        status=status)
    if as_json:
        show_json([dataclasses.asdict(entry) for entry in found])
    elif tsv:
        for row in (COLUMNS, *map(entry_row, found)):
            show("\t".join(row))
    elif not found:
        say("No model matches. Try fewer words: dlg ls")
    else:
        unfolded = bool(everything or group or len(found) <= _FEW)
        show_list(SHORT, [*(map(short_row, found) if unfolded else folded_rows(found))])
        if not unfolded:
            say(f"{len(found):,} models. A group's: dlg ls --group NAME. One: dlg info NAME")

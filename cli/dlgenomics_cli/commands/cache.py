"""The commands ``dlg cache ls``, ``path``, ``verify`` and ``rm``."""

from __future__ import annotations

import dataclasses
import sys

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json, show_table, size_text


@click.group(epilog=example("dlg cache ls"))
def cache() -> None:
    """Look at fetched files: where they lie, where they come from, whether they are whole.

    They lie in the folder files/ of DLG_CACHE, each under its checksum.
    """


@cache.command("ls")
@json_option
def list_files(as_json: bool) -> None:
    """List fetched files with size, licence and source; cut downloads, which go on, among them."""
    from dlgenomics_zoo.fetch import open_cache

    found = open_cache().entries()
    if as_json:
        show_json([dataclasses.asdict(entry) for entry in found])
        return
    if not found:
        say("Nothing was fetched yet. See where it would lie: dlg cache path")
        return
    show_table(["file", "size", "checksum", "licence", "from"], [
        (e.name, size_text(e.bytes), _short(e.checksum), e.license,
         e.source if e.complete else "(a part; goes on when it is asked for again)")
        for e in found])
    say(f"{len(found):,} files, {size_text(sum(e.bytes for e in found))}")


def _short(checksum: str) -> str:
    algorithm, _, digits = checksum.partition(" ")
    return f"{algorithm} {digits[:12]}…" if digits else ""


@cache.command()
@click.argument("name", required=False)
def path(name: str | None) -> None:
    """Print the folder of fetched files, or the path of the file NAME.

    NAME is a file's name or the first digits of its checksum.
    """
    from dlgenomics_zoo.fetch import open_cache

    opened = open_cache()
    if name is None:
        show(str(opened.root))
        return
    for entry in opened.named(name):
        if entry.complete:
            show(str(entry.path))


@cache.command()
@json_option
def verify(as_json: bool) -> None:
    """Hash every file anew; the exit status is 1 if one is not what it must be."""
    from dlgenomics_zoo.fetch import open_cache
    from dlgenomics_zoo.fetch.cache import verify_entry

    found = [entry for entry in open_cache().entries() if entry.complete]
    problems = [verify_entry(entry) for entry in found]
    if as_json:
        show_json([{"path": entry.path, "checksum": entry.checksum, "problem": problem}
                   for entry, problem in zip(found, problems, strict=True)])
    else:
        for problem in filter(None, problems):
            say(problem)
        show(f"{len(found) - sum(map(bool, problems)):,} of {len(found):,} files are whole")
    sys.exit(1 if any(problems) else 0)


@cache.command("rm")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Remove every fetched file.")
def remove(names: tuple[str, ...], everything: bool) -> None:
    """Remove fetched files and cut downloads by NAME, or by the first digits of a checksum."""
    if bool(names) == everything:
        raise click.UsageError("name files (see dlg cache ls), or give --all.")
    from dlgenomics_zoo.fetch import open_cache

    opened = open_cache()
    chosen = opened.entries() if everything else [e for name in names for e in opened.named(name)]
    for entry in chosen:
        opened.remove(entry)
    freed = sum(entry.bytes for entry in {e.path: e for e in chosen}.values())
    show(f"{size_text(freed)} freed")

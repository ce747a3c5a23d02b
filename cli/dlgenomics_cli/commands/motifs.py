"""The command ``dlg motifs``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlgenomics.motifs import Pattern
    from dlgenomics.motifs.naming import Match


@click.command(epilog=example("dlg motifs scores.h5 --database motifs.meme -o motifs"))
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--database", type=click.Path(path_type=Path), help="Known motifs to name them "
              "after: MEME or JASPAR.  [default: the seven of dlg simulate]")
@click.option("--most-places", type=click.IntRange(100), default=20_000, show_default=True,
              help="Places that are clustered, of each sign; fewer are faster.")
@click.option("--clusterings", type=click.IntRange(1), default=2, show_default=True,
              help="Clusterings with different seeds, of which the best counts.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder to write: motifs.tsv, motifs.meme, places.tsv and motifs.html.")
@json_option
def motifs(scores: Path, database: Path | None, most_places: int, clusterings: int, output: Path,
           as_json: bool) -> None:
    """Find the motifs that contributions repeat, and name them.

    SCORES is what `dlg explain` writes as .h5 or .npz, of some hundred sequences or more.
    TF-MoDISco-lite finds the motifs; TOMTOM compares them with known ones. Both come with pip
    install 'dlgenomics[motifs]'. The first run compiles for about a minute.
    """
    from dlgenomics.explain.read import read_contributions
    from dlgenomics.motifs import find_patterns, name_patterns, write_patterns
    from dlgenomics.report.motifs import write_motifs
    from dlgenomics.simulate import built_in_motifs, read_motifs

    known = read_motifs(database) if database is not None else built_in_motifs()
    found = read_contributions(scores)
    say("Looking for motifs …")
    patterns = find_patterns(found, most_places=most_places, clusterings=clusterings)
    say("Comparing them with known motifs …")
    names = name_patterns(patterns, known)
    files = write_patterns(output, patterns, names, found)
    files.append(write_motifs(output / "motifs.html", found, patterns, names, len(known)))
    _report(patterns, names, files, as_json)


def _report(patterns: Sequence[Pattern], names: Sequence[Sequence[Match]], files: list[Path],
            as_json: bool) -> None:
    from dlgenomics.report.motifs import named

    rows = [(one.name, one.letters, len(one.places), named(matches),
             f"{matches[0].e:.2g}" if matches else "")
            for one, matches in zip(patterns, names, strict=True)]
    header = ("pattern", "letters", "places", "motif", "e")
    if as_json:
        show_json({"motifs": [dict(zip(header, row, strict=True)) for row in rows],
                   "files": [str(path) for path in files]})
        return
    if rows:
        show_table(header, rows)
    else:
        show("No motif was found. Explain more sequences, those with high predictions.")
    for path in files:
        say(str(path))

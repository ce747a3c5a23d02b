"""The command ``dlg design``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import (
    json_option,
    progress,
    say,
    show_json,
    show_table,
    starting_tensorflow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlgenomics.data.encoding import Codes
    from dlgenomics.design import Constraints, Design
    from dlgenomics.explain.point import On
    from dlgenomics.progress import Progress
    from dlgenomics.simulate import Motif

_METHODS = ("greedy", "beam", "motifs")


def _shares(text: str) -> tuple[float, float]:
    """Return the two ends of ``0.4-0.6``."""
    low, dash, high = text.partition("-")
    try:
        return float(low), float(high if dash else low)
    except ValueError:
        raise click.BadParameter(f"must be two shares such as 0.4-0.6. Received: {text!r}.") from (
            None)


def _stretch(text: str) -> tuple[int, int]:
    """Return the two ends of ``100-120``."""
    first, dash, end = text.partition("-")
    if not dash or not first.isdecimal() or not end.isdecimal():
        raise click.BadParameter("must be first position and end, 0-based and half-open, such as "
                                 f"100-120. Received: {text!r}.")
    return int(first), int(end)


@click.command(epilog=example(
    "dlg design dragonn/tal1 --maximize --forbid EcoRI --gc-range 0.3-0.6 --steps 2 -o designs"))
@click.argument("name")
@click.option("--maximize/--minimize", default=True, show_default=True,
              help="Whether the model's number is to become large or small.")
@click.option("--method", type=click.Choice(_METHODS), default="greedy", show_default=True,
              help="How sequences change; see above.")
@click.option("--steps", type=click.IntRange(1), default=20, show_default=True,
              help="Most substitutions (greedy, beam).")
@click.option("--beam", type=click.IntRange(2), default=10, show_default=True,
              help="Sequences that are kept at each step (beam).")
@click.option("--motif", multiple=True, help="A motif to put in, by name (motifs); repeat it for "
              "each, or to put one in twice.")
@click.option("--motifs", type=click.Path(path_type=Path), help="A file that has these motifs: "
              "MEME or JASPAR.  [default: those of dlg simulate]")
@click.option("--sequences", type=click.Path(), help="A FASTA of sequences to begin with.")
@click.option("--random", "count", type=click.IntRange(1), default=1, show_default=True,
              help="Without --sequences: begin with so many random ones.")
@click.option("--gc", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="Share of G and C in random sequences.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="Of random sequences; the same seed gives the same designs.")
@click.option("--fixed", multiple=True, type=_stretch, metavar="FIRST-END",
              help="A stretch that stays as it is, 0-based and half-open; may be repeated.")
@click.option("--gc-range", type=_shares, metavar="LEAST-MOST",
              help="Shares of G and C that sequences may have, such as 0.4-0.6.")
@click.option("--forbid", multiple=True, metavar="SITE", help="A site that must not stand on "
              "either strand: letters, IUPAC codes among them, or an enzyme such as EcoRI; may be "
              "repeated.")
@click.option("--target", metavar="COLUMN", help="The column of the output, or with --layer the "
              "number of a unit from 0.")
@click.option("--layer", help="A unit of this layer instead of the output.")
@click.option("--on", type=click.Choice(["logit", "output"]), default="logit", show_default=True,
              help="What comes before the last activation, or after it.")
@click.option("--batch-size", type=click.IntRange(1), default=128, show_default=True,
              help="Rows that go through the network at once.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder to write: designs.fa, starts.fa, trajectory.tsv, .svg and .png, and "
              "designs.html.")
@json_option
def design(name: str, maximize: bool, method: str, output: Path, target: str | None,
           layer: str | None, on: On, batch_size: int, as_json: bool, **options: Any) -> None:
    """Design sequences that a model gives a high or low number.

    NAME is a name that `dlg ls` lists, or a package's folder; sequences must be all that the model
    takes. Files have the number before the last activation unless --on says otherwise.

    \b
    greedy   at each step the one substitution that helps most, until none does
    beam     the same with several sequences at once: gets out of dead ends
    motifs   puts in motifs, each at the place and on the strand where it helps most

    A model is no proof: what it says of sequences unlike those it was trained on may be wrong.
    """  # noqa: D301 - the mark of click for lines that stay as they are
    from dlgenomics.design import write_designs
    from dlgenomics.design.targets import check_design
    from dlgenomics.explain.point import find_point
    from dlgenomics.report.design import write_design_page, write_trajectory
    from dlgenomics_zoo.catalogue import model_manifest

    # All that can be wrong with names and files is found before TensorFlow takes its seconds.
    spec = model_manifest(name)[0].spec
    length, words = check_design(spec), find_point(spec, target, layer, on).words
    limits = _constraints(options)
    limits.free(length)
    motifs = _motifs(method, options)
    names, starts = _starts(length, limits, options)
    with starting_tensorflow():
        from dlgenomics.design.objective import objective_of
        from dlgenomics_zoo.client import get_model

        objective = objective_of(get_model(name), target, layer=layer, on=on, maximize=maximize,
                                 batch_size=batch_size)
    with progress() as following:
        found = [_designed(objective, codes, limits, one, motifs, method, options, following)
                 for one, codes in zip(names, starts, strict=True)]
    sign = 1 if maximize else -1
    facts = {"Model": name, "Explained": words, "Wanted": "large" if maximize else "small",
             "Method": method, **_limits_in_words(options)}
    files = write_designs(output, found, sign)
    files += [write_trajectory(output / f"trajectory.{ending}", found, sign, words)
              for ending in ("svg", "png")]
    files.append(write_design_page(output / "designs.html", found, facts, sign))
    _report(found, sign, files, as_json)


def _constraints(options: dict[str, Any]) -> Constraints:
    from dlgenomics.design import Constraints
    from dlgenomics.design.sites import parse_site

    return Constraints(options["fixed"], options["gc_range"],
                       tuple(parse_site(site) for site in options["forbid"]))


def _limits_in_words(options: dict[str, Any]) -> dict[str, str]:
    fixed = ", ".join(f"{first}-{end}" for first, end in options["fixed"])
    gc = "" if options["gc_range"] is None else "{:g}-{:g}".format(*options["gc_range"])
    given = {"Fixed positions": fixed, "GC content": gc, "Forbidden": ", ".join(options["forbid"])}
    return {key: value for key, value in given.items() if value}


def _motifs(method: str, options: dict[str, Any]) -> list[Motif]:
    from dlgenomics.simulate import load_motif

    if (method == "motifs") != bool(options["motif"]):
        raise click.UsageError("--method motifs puts in each --motif, and no other method takes "
                               f"any. Received: --method {method} with "
                               f"{len(options['motif'])} motifs.")
    given = options["motifs"]
    return [load_motif(one, given) if given else load_motif(one) for one in options["motif"]]


def _starts(length: int, limits: Constraints,
            options: dict[str, Any]) -> tuple[Sequence[str], Codes]:
    from dlgenomics.data.sequences import read_sequences
    from dlgenomics.design import random_starts

    if options["sequences"] is None:
        codes = random_starts(options["count"], length, limits, gc=options["gc"],
                              seed=options["seed"])
        return [f"random_{i}" for i in range(1, len(codes) + 1)], codes
    given = read_sequences(options["sequences"], length)
    for one, codes in zip(given.names, given.codes, strict=True):
        limits.require(codes, one)
    return given.names, given.codes


def _designed(objective: Any, start: Codes, limits: Constraints, name: str, motifs: list[Motif],
              method: str, options: dict[str, Any], following: Progress) -> Design:
    from dlgenomics.design import evolve, insert_motifs

    if method == "motifs":
        return insert_motifs(objective, start, motifs, limits, name=name, progress=following)
    beam = options["beam"] if method == "beam" else 1
    return evolve(objective, start, limits, steps=options["steps"], beam=beam, name=name,
                  progress=following)


def _report(found: list[Design], sign: int, files: list[Path], as_json: bool) -> None:
    header = ("design", "start", "value", "steps")
    rows = [(one.name, round(sign * one.start_value, 4), round(sign * one.value, 4),
             len(one.changes)) for one in sorted(found, key=lambda one: -one.value)]
    if as_json:
        show_json({"designs": [dict(zip(header, row, strict=True)) for row in rows],
                   "files": [str(path) for path in files]})
        return
    show_table(header, rows)
    for path in files:
        say(str(path))

"""The command ``dlg simulate`` and its tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json

if TYPE_CHECKING:
    from dlgenomics.simulate import Background, Motif

Command = Callable[..., None]


class _Tasks(click.Group):
    """Tasks in the order in which they stand here; a wrong name is told what is near."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Return the names of all tasks."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the task that is named."""
        from dlgenomics.errors import did_you_mean

        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            raise click.UsageError(f"a task must be one of {', '.join(self.commands)}. Received: "
                                   f"{name!r}.{did_you_mean(name, self.commands)}", ctx)
        return super().resolve_command(ctx, args)


def _range(text: str) -> tuple[int, int]:
    """Return the two ends of ``2-4``, both included; or a number twice."""
    ends = text.split("-")
    if len(ends) > 2 or not all(end.isascii() and end.isdigit() for end in ends):
        raise click.BadParameter(f"must be a number or two, such as 2-4. Received: {text!r}.")
    return int(ends[0]), int(ends[-1])


_COMMON = (
    click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True,
                 help="Folder to write."),
    click.option("--motifs", type=click.Path(path_type=Path),
                 help="A file with your own motifs: MEME or JASPAR."),
    click.option("--count", type=click.IntRange(2), default=20_000, show_default=True,
                 help="Number of sequences."),
    click.option("--length", type=click.IntRange(1), default=500, show_default=True,
                 help="bp in each."),
    click.option("--background", type=click.Choice(["independent", "dinucleotide", "shuffled"]),
                 default="independent", show_default=True,
                 help="What stands around motifs: independent letters; a chain with the "
                      "dinucleotides of --like; or the sequences of --like, each shuffled with all "
                      "its dinucleotides."),
    click.option("--gc", type=click.FloatRange(0, 1), default=0.4, show_default=True,
                 help="Share of G and C among independent letters."),
    click.option("--like", type=click.Path(path_type=Path),
                 help="A FASTA for the background; the middle --length bp of each are used."),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
                 help="The same seed gives the same bytes."),
    click.option("--genome", type=click.IntRange(0), default=0, show_default=True,
                 help="Also write genome.fa and intervals.bed with so many new sequences."),
    json_option,
)


def _common(command: Command) -> Command:
    for option in reversed(_COMMON):
        command = option(command)
    return command


@click.group(cls=_Tasks, subcommand_metavar="TASK [OPTIONS]",
             epilog=example("dlg simulate density-localization --motif TAL1 -o data"))
def simulate() -> None:
    """Simulate sequences with known motifs, after DragoNN's tutorials.

    Each task writes sequences.fa.gz, labels.tsv (the column name and one for each label) and
    motifs.bed (the truth: where each motif lies, on which strand). Motifs are drawn from their
    matrices, lie on either strand and never overlap. dlg simulate TASK --help says what a task
    asks and takes.

    Motifs that are there by name: TAL1_known4, CTCF, ZNF143, SIX5, SPI1 and IRF, as in the
    tutorials, and TAL1, a longer one. Others come from a file (--motifs).
    """


@simulate.command("single-motif",
                  epilog=example("dlg simulate single-motif --motif CTCF --count 2000 -o data"))
@click.option("--motif", default="TAL1", show_default=True, help="The motif.")
@_common
def single_motif(motif: str, **common: Any) -> None:
    """Is the motif there?

    Half of the sequences hold the motif once, anywhere; the others are background, in which it may
    stand by chance: no network can be right about those. The label is bound.
    """
    _write("single-motif", _loaded(common, motif), {}, common)


@simulate.command("motif-counting", epilog=example(
    "dlg simulate motif-counting --positive 2-4 --negative 0-1 --count 2000 -o data"))
@click.option("--motif", default="TAL1", show_default=True, help="The motif.")
@click.option("--positive", type=_range, metavar="LEAST-MOST", default="3-5", show_default=True,
              help="Motifs in a positive; each number is equally likely.")
@click.option("--negative", type=_range, metavar="LEAST-MOST", default="0-2", show_default=True,
              help="Motifs in a negative.")
@_common
def motif_counting(motif: str, positive: tuple[int, int], negative: tuple[int, int],
                   **common: Any) -> None:
    """Are there many motifs, or few?

    Half of the sequences hold many instances of the motif, the others few, all anywhere. The label
    is bound.
    """
    _write("motif-counting", _loaded(common, motif),
           {"positive": positive, "negative": negative}, common)


@simulate.command("density-localization", epilog=example(
    "dlg simulate density-localization --length 1000 --count 2000 -o data"))
@click.option("--motif", default="TAL1", show_default=True, help="The motif.")
@click.option("--counts", type=_range, metavar="LEAST-MOST", default="2-4", show_default=True,
              help="Motifs in a sequence; each number is equally likely.")
@click.option("--center", type=click.IntRange(1), default=150, show_default=True,
              help="bp in the middle where the motifs of positives lie.")
@_common
def density_localization(motif: str, counts: tuple[int, int], center: int, **common: Any) -> None:
    """Are the motifs in the centre, or anywhere?

    All sequences hold the motif equally often; in half of them all instances lie in the centre.
    Negatives whose motifs lie there by chance keep their label. The label is bound.
    """
    motifs = _loaded(common, motif)
    _write("density-localization", motifs, {"counts": counts, "center": center}, common)
    if motifs[0].name == "TAL1" and not common["as_json"]:
        say(f"Next: dlg train dragonn/tal1 --data {common['output']}")


@simulate.command("multi-motif", epilog=example(
    "dlg simulate multi-motif --motif CTCF --motif SPI1 --count 2000 -o data"))
@click.option("--motif", multiple=True, default=["CTCF", "ZNF143", "SIX5"], show_default=True,
              help="A motif; repeat it for each.")
@click.option("--counts", type=_range, metavar="LEAST-MOST", default=None,
              help="How many of the motifs a sequence holds; each number is equally likely. The "
                   "tutorial has 0-1.  [default: a coin is tossed for each motif]")
@_common
def multi_motif(motif: tuple[str, ...], counts: tuple[int, int] | None, **common: Any) -> None:
    """Which of several motifs are there?

    A sequence holds any of the motifs, each once at most and anywhere. There is a label for each
    motif, named after it: a task for a network with several outputs. With --counts, one motif says
    something about the others; without it, nothing.
    """
    _write("multi-motif", [tuple(_loaded(common, *motif))], {"counts": counts}, common)


@simulate.command("differential-accessibility", epilog=example(
    "dlg simulate differential-accessibility --first CTCF --second SPI1 --count 2000 -o data"))
@click.option("--first", multiple=True, default=["CTCF"], show_default=True,
              help="A motif that opens the first condition; repeat it for each.")
@click.option("--second", multiple=True, default=["ZNF143"], show_default=True,
              help="A motif that opens the second; repeat it for each.")
@click.option("--counts", type=_range, metavar="LEAST-MOST", default="1", show_default=True,
              help="How many different motifs of its condition a sequence holds.")
@_common
def differential_accessibility(first: tuple[str, ...], second: tuple[str, ...],
                               counts: tuple[int, int], **common: Any) -> None:
    """In which of two conditions is it open?

    Half of the sequences hold motifs of the first condition, the others of the second, anywhere.
    The labels are condition1 and condition2; always one of them is 1.
    """
    motifs = [tuple(_loaded(common, *names)) for names in (first, second)]
    _write("differential-accessibility", motifs, {"counts": counts}, common)


@simulate.command("heterodimer-grammar", epilog=example(
    "dlg simulate heterodimer-grammar --spacing 2-5 --count 2000 -o data"))
@click.option("--first", default="SPI1", show_default=True, help="The motif that comes first.")
@click.option("--second", default="IRF", show_default=True, help="The motif that follows.")
@click.option("--spacing", type=_range, metavar="LEAST-MOST", default="2-5", show_default=True,
              help="bp between them in positives; each number is equally likely.")
@_common
def heterodimer_grammar(first: str, second: str, spacing: tuple[int, int], **common: Any) -> None:
    """Do two motifs stand side by side, or anywhere?

    All sequences hold both motifs. In half of them they stand side by side on one strand, the
    second after the first, the pair anywhere on either strand; in the others each lies anywhere, on
    a strand of its own, and never at such a distance. The label is bound.
    """
    _write("heterodimer-grammar", _loaded(common, first, second), {"spacing": spacing}, common)


def _loaded(common: Mapping[str, Any], *names: str) -> list[Motif]:
    from dlgenomics.simulate import load_motif

    given = common["motifs"]
    return [load_motif(name, given) if given else load_motif(name) for name in names]


def _write(task: str, motifs: Sequence[Any], options: Mapping[str, Any],
           common: Mapping[str, Any]) -> None:
    """Simulate, write and print the names of the files."""
    from dlgenomics.simulate import simulate as simulate_task
    from dlgenomics.simulate import write_genome, write_simulation

    shape = {"length": common["length"], "background": _background(common), **options}
    made = simulate_task(task, *motifs, count=common["count"], seed=common["seed"], **shape)
    files = write_simulation(made, common["output"])
    if common["genome"]:
        # Sequences that no training has seen: another stream of the same seed.
        fresh = simulate_task(task, *motifs, count=common["genome"], seed=common["seed"] + 2**32,
                              **shape)
        files += write_genome(fresh, common["output"])
    if common["as_json"]:
        show_json({"task": task, "motifs": [motif.name for motif in made.motifs],
                   "labels": made.columns, "count": common["count"], "files": files})
        return
    for file in files:
        show(str(file))


def _background(common: Mapping[str, Any]) -> Background:
    from dlgenomics.data.sequences import read_sequences
    from dlgenomics.simulate import Independent, Shuffles, learn_chain

    kind, like = common["background"], common["like"]
    if (kind == "independent") != (like is None):
        raise click.UsageError("--background dinucleotide and --background shuffled need sequences "
                               "(--like), which independent letters do not. Received: "
                               f"--background {kind} {'without' if like is None else 'with'} "
                               "--like.")
    if like is None:
        return Independent(common["gc"])
    codes = read_sequences(like, common["length"], anchor="center").codes
    return Shuffles(codes) if kind == "shuffled" else learn_chain(codes)

"""The command ``dlg simulate``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json


@click.command(epilog=example("dlg simulate density-localization --motif TAL1 -o data"))
@click.argument("task")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder to write.")
@click.option("--motif", default="TAL1", show_default=True, help="TAL1, CTCF, or one of --motifs.")
@click.option("--motifs", type=click.Path(path_type=Path), help="A MEME file with your own motifs.")
@click.option("--count", type=click.IntRange(2), default=20_000, show_default=True,
              help="Sequences, half of them positive.")
@click.option("--length", type=click.IntRange(1), default=500, show_default=True,
              help="bp in each.")
@click.option("--center", type=click.IntRange(1), default=150, show_default=True,
              help="bp in the middle where the motifs of density-localization lie.")
@click.option("--gc", type=click.FloatRange(0, 1), default=0.4, show_default=True,
              help="Share of G and C in the background.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="The same seed gives the same bytes.")
@click.option("--genome", type=click.IntRange(0), default=0, show_default=True,
              help="Also write genome.fa and intervals.bed with so many new sequences.")
@json_option
def simulate(task: str, output: Path, motif: str, motifs: Path | None, count: int, length: int,
             center: int, gc: float, seed: int, genome: int, as_json: bool) -> None:
    """Simulate sequences with a known motif, after DragoNN's tutorials.

    TASK is one of

    \b
    single-motif          Is the motif there?
    motif-counting        Are there many motifs (2 to 4) or few (0 or 1)?
    density-localization  Are 2 to 4 motifs in the centre, or anywhere?

    Writes sequences.fa.gz, labels.tsv (columns name and bound) and motifs.bed (the truth).
    """  # noqa: D301 - \b is click's mark for lines to keep
    from dlgenomics.errors import did_you_mean
    from dlgenomics.simulate import TASKS, load_motif, write_genome, write_simulation
    from dlgenomics.simulate import simulate as simulate_task

    if task not in TASKS:
        raise click.UsageError(f"a task must be one of {', '.join(TASKS)}. Received: {task!r}."
                               f"{did_you_mean(task, TASKS)}")
    chosen = load_motif(motif, motifs) if motifs else load_motif(motif)
    settings = {"length": length, "center": center, "gc": gc}
    made = simulate_task(task, chosen, count=count, seed=seed, **settings)  # type: ignore[arg-type]
    files = write_simulation(made, output, chosen.name)
    if genome:
        # Sequences that no training has seen: another stream of the same seed.
        fresh = simulate_task(task, chosen, count=genome, seed=seed + 2**32, **settings)  # type: ignore[arg-type]
        files += write_genome(fresh, output)
    if as_json:
        show_json({"task": task, "motif": chosen.name, "count": count, "files": files})
        return
    for file in files:
        show(str(file))
    if (task, chosen.name) == ("density-localization", "TAL1"):
        say(f"Next: dlg train dragonn/tal1 --data {output}")

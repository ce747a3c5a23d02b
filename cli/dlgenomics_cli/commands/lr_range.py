"""The command ``dlg lr-range``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from dlgenomics_cli.donors import package_folder
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, say, show, show_json, starting_tensorflow


@click.command("lr-range", epilog=example(
    "dlg lr-range dragonn/tal1 --data data --steps 60 -o rates.png"))
@click.argument("spec")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), default=".",
              show_default="here", help="Folder where the spec's relative paths start.")
@click.option("--low", type=float, default=1e-6, show_default=True, help="The first rate.")
@click.option("--high", type=float, default=10.0, show_default=True, help="The last rate.")
@click.option("--steps", type=click.IntRange(20, 100_000), default=150, show_default=True,
              help="Batches at the most; the test ends when the loss explodes.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="A picture (.png, .svg, .pdf) or the numbers (.json).")
@json_option
def lr_range(spec: str, data: Path, low: float, high: float, steps: int, output: Path | None,
             as_json: bool) -> None:
    """Find a learning rate: one short training in which it rises from batch to batch.

    SPEC is a YAML file or the name of a built-in spec. The rate that is suggested is a tenth of the
    one at which the smoothed loss was lowest.
    """
    from dlgenomics.registry import registry

    if output is not None and output.suffix not in (".png", ".svg", ".pdf", ".json"):
        raise click.UsageError("-o must end in .png, .svg, .pdf or .json. "
                               f"Received: {output.name}.")
    loaded = registry[spec].load(package_folder)
    with starting_tensorflow():
        from dlgenomics.train.rate_range import range_test
    with progress() as following:
        found = range_test(loaded, data, low=low, high=high, steps=steps, progress=following)
    if output is not None:
        _write(output, found, loaded.name)
    if as_json:
        show_json(asdict(found))
        return
    show("none" if found.suggestion is None else f"{found.suggestion:g}")
    say(found.why)


def _write(path: Path, found: object, name: str) -> None:
    from dlgenomics.report.rate_range import draw_rate_range
    from dlgenomics.train.rate_range import RateRange
    from dlgenomics.train.run import write_json

    assert isinstance(found, RateRange)  # noqa: S101
    if path.suffix == ".json":
        write_json(path, asdict(found))
    else:
        draw_rate_range(path, found, f"{name}: loss by learning rate")

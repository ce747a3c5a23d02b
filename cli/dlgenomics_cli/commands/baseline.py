"""The command ``dlg baseline``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.donors import package_folder
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, show, show_json, show_table

if TYPE_CHECKING:
    from dlgenomics.baseline import Record


@click.command(epilog=example("dlg baseline runs/tal1"))
@click.argument("run_or_spec")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), default=".",
              show_default="here", help="Folder where a spec's relative paths start; a run knows "
              "its own.")
@click.option("-k", "k", type=click.IntRange(1, 10), default=6, show_default=True,
              help="Length of the k-mers.")
@click.option("--one-strand", is_flag=True, help="Do not count a k-mer and its reverse complement "
              "as one.")
@json_option
def baseline(run_or_spec: str, data: Path, k: int, one_strand: bool, as_json: bool) -> None:
    """Fit k-mer logistic regression and a random forest on a network's own split.

    For measured values it is ridge regression and a random forest. RUN_OR_SPEC is a run folder,
    which receives baselines.json and a report that compares, or a spec, whose baselines are only
    printed. Needs scikit-learn: pip install 'dlgenomics[baseline]'.
    """
    from dlgenomics.baseline import fit_baselines, fit_run_baselines
    from dlgenomics.data.examples import load_examples
    from dlgenomics.data.labels import resolve_columns
    from dlgenomics.registry import registry

    counting: dict[str, Any] = {"k": k, "both_strands": not one_strand}
    with progress() as following:
        if not Path(run_or_spec).is_dir():
            spec = resolve_columns(registry[run_or_spec].load(package_folder), data)
            record = fit_baselines(spec, load_examples(spec, data), progress=following, **counting)
        else:
            record = fit_run_baselines(Path(run_or_spec), progress=following, **counting)
            _draw_report(Path(run_or_spec))
    if as_json:
        show_json(dataclasses.asdict(record))
    else:
        _show(record)


def _draw_report(folder: Path) -> None:
    from dlgenomics.report import write_report

    write_report(folder)


def _show(record: Record) -> None:
    from dlgenomics.baseline import judge

    models = {**record.metrics, **({"network": record.network} if record.network else {})}
    rows = [
        (name, part, target, metric, "n/a" if value is None else f"{value:.4f}")
        for name, parts in models.items() for part, targets in parts.items()
        for target, values in targets.items() for metric, value in values.items()
    ]
    show_table(["model", "part", "target", "metric", "value"], rows)
    for verdict in judge(record):
        show(f"\n{verdict.target}: {verdict.words}")

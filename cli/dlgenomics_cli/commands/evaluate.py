"""The command ``dlg evaluate``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.donors import package_folder
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show_json, show_table, starting_tensorflow

if TYPE_CHECKING:
    from dlgenomics.package.evaluate import Trained
    from dlgenomics.train.score import Score

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=example("dlg evaluate runs/tal1 --part validation --by-column"))
@click.argument("model_or_run")
@click.option("--part", type=click.Choice(["test", "validation", "train", "all"]),
              help="Which part of the network's own split.  [default: test]")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False),
              help="Folder where the spec's relative paths start.  [default: the run's, or here]")
@click.option("--sequences", type=_FILE, help="Instead of the split: a FASTA of sequences.")
@click.option("--intervals", type=_FILE, help="Instead of the split: a BED file.")
@click.option("--fasta", type=_FILE, help="The genome of the intervals.")
@click.option("--table", type=_FILE, help="Instead of the split: a table with inputs and labels.")
@click.option("--arrays", type=_FILE, help="An .npz or HDF5 file, alone or beside the others.")
@click.option("--labels", type=_FILE, help="A table of labels, joined by name; without it they are "
              "columns of the intervals file.")
@click.option("--by-column", is_flag=True, help="A line for each column of a target.")
@json_option
def evaluate(model_or_run: str, part: str | None, data: Path | None, by_column: bool,
             as_json: bool, **files: Path | None) -> None:
    """Measure a model on labelled examples.

    MODEL_OR_RUN is a run folder, a package's folder or a name that `dlg ls` lists. Without files,
    a part of the split with which it was trained is measured. Metrics are those of its spec,
    computed on all examples at once.
    """
    given = {name: path for name, path in files.items() if path is not None}
    sources = given.keys() - {"fasta", "labels"}
    if given and part is not None:
        raise click.UsageError("--part is for the network's own split; files are measured whole.")
    if given and (not sources or len(sources - {"arrays"}) > 1):
        raise click.UsageError("give one of --sequences, --intervals and --table, or --arrays.")
    is_run = (Path(model_or_run) / "run.json").is_file()
    folder = Path(model_or_run) if is_run else package_folder(model_or_run)
    with starting_tensorflow():
        from dlgenomics.package.evaluate import open_trained

        trained = open_trained(folder)
    score = _score(trained, part, data, given)
    what = "files" if given else part or "test"
    if as_json:
        show_json(_finite({"model": trained.spec.name, "part": what, **asdict(score)}))
        return
    say(f"{trained.spec.name} on {score.examples:,} examples ({what})")
    show_table(*_table(score, by_column=by_column))


def _score(trained: Trained, part: Any, data: Path | None, given: Mapping[str, Path]) -> Score:
    from dlgenomics.package import evaluate as library
    from dlgenomics.spec.sources import Source

    if not given:
        return library.evaluate(trained, data, part or "test")
    names = {"sequences": "fasta"}
    source = Source(**{names.get(k, k): str(v) for k, v in given.items() if k != "fasta"})
    return library.evaluate_files(trained, source, given.get("fasta"), data)


def _table(score: Score, *, by_column: bool) -> tuple[list[str], list[tuple[Any, ...]]]:
    if by_column:
        return (["target", "column", "labels", "metric", "value"], list(_columns(score)))
    rows = [(target, one.labels, metric, _text(value)) for target, one in score.targets.items()
            for metric, value in {"loss": one.loss, **one.metrics}.items()]
    return ["target", "labels", "metric", "value"], rows


def _columns(score: Score) -> Iterator[tuple[Any, ...]]:
    for target, one in score.targets.items():
        for column, values in one.columns.items():
            for metric, value in values.items():
                yield target, column, one.known[column], metric, _text(value)


def _text(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:.4f}"


def _finite(value: Any) -> Any:
    """Return data in which NaN, which JSON does not know, is null."""
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value

"""The command ``dlg train``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.donors import models_to_start_from, package_folder
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, starting_tensorflow
from dlgenomics_cli.runs import command_line, finish_run


@click.command(epilog=example("dlg train dragonn/tal1 --data data -o runs/tal1"))
@click.argument("spec")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), default=".",
              show_default="here", help="Folder where the spec's relative paths start.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Run folder to write.  [default: runs/NAME]")
@click.option("--replace", is_flag=True, help="Write over a run that is in the folder.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1),
              help="Another seed than the spec's, for members of an ensemble.")
@click.option("--devices", type=click.IntRange(1, 1_000), default=1, show_default=True,
              help="Devices that share each batch: GPUs, or CPUs where there are none.")
@click.option("--tensorboard", is_flag=True,
              help="Write logs for TensorBoard too, into the run folder's tensorboard/.")
@json_option
def train(spec: str, data: Path, output: Path | None, replace: bool, seed: int | None,
          devices: int, tensorboard: bool, as_json: bool) -> None:
    """Train the network of a spec.

    SPEC is a YAML file or the name of a built-in spec. The run folder receives a checkpoint after
    each epoch, the history, the weights of the best epoch, metrics on the test set and report.html.
    """
    from dlgenomics.registry import registry

    loaded = registry[spec].load(package_folder)
    if seed is not None:
        training = loaded.training.model_copy(update={"seed": seed})
        loaded = loaded.model_copy(update={"training": training})
    folder = output or Path("runs") / loaded.name
    with starting_tensorflow():
        from dlgenomics.train.fit import train as train_spec
    donors = models_to_start_from(loaded)
    with progress() as following, finish_run(folder, as_json=as_json) as done:
        done.append(train_spec(loaded, data, folder, replace=replace, command=command_line(),
                               progress=following, donors=donors, devices=devices,
                               tensorboard=tensorboard))

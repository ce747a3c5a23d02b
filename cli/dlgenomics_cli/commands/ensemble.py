"""The command ``dlg ensemble``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.donors import package_folder
from dlgenomics_cli.example import example
from dlgenomics_cli.output import (
    json_option,
    say,
    show,
    show_json,
    size_text,
    starting_tensorflow,
)
from dlgenomics_cli.runs import command_line


@click.command(epilog=example("dlg ensemble ./fold1 ./fold2 -o both"))
@click.argument("models", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Folder to write.  [default: the model's place in your zoo]")
@click.option("--name", help="Name of the new model.  [default: that of the first, with -ensemble]")
@json_option
def ensemble(models: tuple[str, ...], output: Path | None, name: str | None,
             as_json: bool) -> None:
    """Package the average of several models as one model.

    MODELS are names that `dlg ls` lists, or folders of packages, with the same inputs and targets:
    the folds of a cross-validation, or trainings with other seeds. The new package holds all of
    their weights and needs none of theirs.
    """
    from dlgenomics.package.donors import packaged_in
    from dlgenomics_zoo.catalogue import folder_size
    from dlgenomics_zoo.client import place_in_zoo

    name = name or f"{packaged_in(package_folder(models[0])).spec.name}-ensemble"
    folder = output or place_in_zoo(name)
    with starting_tensorflow():
        from dlgenomics.package.ensemble import make_ensemble
    make_ensemble(models, folder, name=name, find=package_folder, command=command_line())
    if as_json:
        show_json({"name": name, "folder": folder, "members": list(models),
                   "bytes": folder_size(folder)})
        return
    show(f"{name}: {folder} ({size_text(folder_size(folder))}), the average of {len(models)} "
         "models, verified")
    say(f"Next: dlg get-model {folder if output else name}")

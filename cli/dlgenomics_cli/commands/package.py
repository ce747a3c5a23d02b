"""The command ``dlg package``."""

from __future__ import annotations

from pathlib import Path

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import (
    json_option,
    say,
    show,
    show_json,
    size_text,
    starting_tensorflow,
)


@click.command(epilog=example("dlg package runs/tal1"))
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Folder to write.  [default: the model's place in your zoo]")
@json_option
def package(run: Path, output: Path | None, as_json: bool) -> None:
    """Package a finished run, so that it can be found and used by name.

    The package is verified before it appears: loaded again, it must give the same predictions.
    """
    from dlgenomics.train.run import RunFolder, read_record
    from dlgenomics_zoo.catalogue import folder_size
    from dlgenomics_zoo.client import place_in_zoo

    record = read_record(RunFolder(run))
    name = record["name"]
    folder = output or place_in_zoo(name)
    with starting_tensorflow():
        from dlgenomics.package.write import package_run
    package_run(run, folder)
    if as_json:
        show_json({"name": name, "folder": folder, "bytes": folder_size(folder)})
        return
    show(f"{name}: {folder} ({size_text(folder_size(folder))}), verified")
    say(f"Next: dlg get-model {folder if output else name}")

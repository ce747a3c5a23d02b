"""The example files of a dataloader: those beside its descriptor, or fetched."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlgenomics.errors import DlgError
from dlgenomics.files import atomic_path, require_file
from dlgenomics.predict.dataloader import LoaderArgument
from dlgenomics_zoo.fetch import fetch_file
from dlgenomics_zoo.kipoi.descriptor import RemoteFile
from dlgenomics_zoo.kipoi.files import fetchable


def example_arguments(name: str, arguments: Sequence[LoaderArgument], folder: Path | None,
                      output_dir: str | None) -> dict[str, Any]:
    """Return the arguments of a dataloader's example; its files are here afterwards.

    Args:
        name: the dataloader's.
        arguments: what it takes, with the examples.
        folder: where paths of local example files start.
        output_dir: where the files are put; None leaves them where they are, or in the cache.

    Raises:
        DlgError: an argument that is needed has no example.
        MissingFileError: a local file is not there.
        FetchError: a file cannot be had.
    """
    missing = [one.name for one in arguments if one.required and one.example is None]
    if missing:
        raise DlgError(f"an example of {name} needs an example of {', '.join(missing)}. Received: "
                       "none in the descriptor. Open it with files of your own.")
    found = {one.name: _here(one, folder) for one in arguments if one.example is not None}
    if output_dir is not None:
        found = {name: _copied(value, Path(output_dir)) if isinstance(value, Path) else value
                 for name, value in found.items()}
    return found


def _here(one: LoaderArgument, folder: Path | None) -> Any:
    if isinstance(one.example, RemoteFile):
        return fetch_file(fetchable(one.example))
    if isinstance(one.example, str) and one.name.endswith("_file"):
        return require_file((folder or Path()) / one.example, f"the example of {one.name}")
    return one.example


def _copied(file: Path, folder: Path) -> Path:
    with atomic_path(folder / file.name) as part:
        shutil.copyfile(file, part)
    return folder / file.name

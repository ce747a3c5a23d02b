"""A name → a model, a copy of it, or a place in the zoo."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from dlgenomics.errors import OutputError
from dlgenomics.files import atomic_folder
from dlgenomics.package.manifest import Manifest, read_manifest, verify_files
from dlgenomics_zoo.catalogue import find_model
from dlgenomics_zoo.sources.folders import local_zoo

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model


def get_model(name: str | Path) -> Model:
    """Load a model.

    Args:
        name: a name that `list_models` lists, or the folder of a package.

    Returns:
        The model, verified: every file has the hash that its package records.

    Raises:
        ModelNotFoundError: no such model; with the nearest name.
        HashMismatchError: a file was changed after packaging.
    """
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow

    folder, kind = find_model(str(name))
    return load_package(folder, kind)


def fetch_model(name: str, folder: Path | None = None) -> tuple[Manifest, Path]:
    """Make sure that a model's files are here and whole.

    Args:
        name: see `get_model`.
        folder: where a copy goes; None leaves the files where they are.

    Returns:
        The manifest, and the folder that holds the files.

    Raises:
        ModelNotFoundError, HashMismatchError: see `get_model`.
        OutputError: ``folder`` holds something else.
    """
    found, _ = find_model(name)
    manifest = read_manifest(found)
    verify_files(found, manifest.package)
    if folder is None or folder.resolve() == found.resolve():
        return manifest, found
    if folder.exists() and any(folder.iterdir()) and not (folder / "model.yaml").exists():
        raise OutputError(folder, "a folder with other things in it", "Choose a new folder (-o).")
    with atomic_folder(folder) as part:
        shutil.copytree(found, part, dirs_exist_ok=True, symlinks=False)
        verify_files(part, manifest.package)
    return manifest, folder


def place_in_zoo(name: str) -> Path:
    """Return the folder in the local zoo where a package of that name belongs."""
    return local_zoo().folder(name)

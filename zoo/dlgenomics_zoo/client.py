"""A name → a model, a copy of it, or a place in the zoo."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dlgenomics.errors import OutputError
from dlgenomics.files import atomic_folder
from dlgenomics.package.manifest import Manifest, read_manifest, verify_files
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.catalogue import locate
from dlgenomics_zoo.fetch import Confirm
from dlgenomics_zoo.fetch.consent import within_limit
from dlgenomics_zoo.sources.folders import all_sources, local_zoo

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model


@dataclass(frozen=True)
class Terms:
    """On what terms a model is fetched.

    Attributes:
        length: bases of the input, for a network that takes sequences of any length.
        confirm: asked before a download: bytes, licence and name. Default: yes up to
            ``DLG_MAX_DOWNLOAD``.
        progress: told of downloads.
    """

    length: int | None = None
    confirm: Confirm = within_limit
    progress: Progress = silent


_AS_USUAL: Final = Terms()


def get_model(name: str | Path, source: str | None = None, *, length: int | None = None,
              confirm: Confirm = within_limit, progress: Progress = silent) -> Model:
    """Load a model.

    A model of Kipoi is fetched and made into a package in the cache when it is first asked for.

    Args:
        name: a name that `list_models` lists, the folder of a package or of a model in Kipoi's
            form, or a link to a commit on a git host that holds one.
        source: where to look: ``kipoi``, ``dir``, ``github-permalink`` as in Kipoi, or a source
            that you declared; default: see `dlgenomics_zoo.catalogue`.
        length: see `Terms`.
        confirm: see `Terms`.
        progress: see `Terms`.

    Returns:
        The model, verified: every file has the hash that its package records.

    Raises:
        ModelNotFoundError: no such model; with the nearest name.
        NotNativeError: a model of Kipoi that cannot be read here; the message says why.
        FetchError: its files cannot be had.
        HashMismatchError: a file was changed after packaging.
    """
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow

    folder, kind = open_package(qualified(str(name), source), Terms(length, confirm, progress))
    return load_package(folder, kind)


def qualified(name: str, source: str | None) -> str:
    """Return a name that leads to one source; Kipoi's own words for sources are understood."""
    if source == "dir":
        return str(Path(name).expanduser().absolute())
    if source in (None, "github-permalink", *(one.kind for one in all_sources())):
        return name
    return f"{source}:{name}"


def open_package(name: str, terms: Terms = _AS_USUAL) -> tuple[Path, str]:
    """Return the folder of a model's package and its source; a Kipoi model becomes a package first.

    Raises:
        ModelNotFoundError, NotNativeError, FetchError: see `get_model`.
    """
    location = locate(name)
    if isinstance(location.found, Path):
        return location.found, location.source
    from dlgenomics_zoo.imports.store import kipoi_package  # noqa: PLC0415 - readers of formats

    folder = kipoi_package(location.found, length=terms.length, confirm=terms.confirm,
                           progress=terms.progress)
    return folder, location.source


def fetch_model(name: str, folder: Path | None = None,
                terms: Terms = _AS_USUAL) -> tuple[Manifest, Path]:
    """Make sure that a model's files are here and whole.

    Args:
        name: see `get_model`.
        folder: where a copy goes; None leaves the files where they are.
        terms: on what terms files are fetched.

    Returns:
        The manifest, and the folder that holds the files.

    Raises:
        ModelNotFoundError, HashMismatchError: see `get_model`.
        OutputError: ``folder`` holds something else.
    """
    found, _ = open_package(name, terms)
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

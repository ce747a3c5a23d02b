"""All models by name, without loading any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dlgenomics.errors import DlgError, ModelNotFoundError
from dlgenomics.package.manifest import MANIFEST, Manifest, read_manifest
from dlgenomics_zoo.sources.folders import FolderSource, all_sources


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue.

    Attributes:
        name: what `get_model` takes.
        source: where it comes from, ``local`` or ``built-in``.
        folder: its package.
        task, description, license, tags: from its spec; empty where it cannot be read.
        bytes: the size of all its files.
        problem: why it cannot be used, or an empty text.
    """

    name: str
    source: str
    folder: Path
    task: str = ""
    description: str = ""
    license: str = ""
    tags: tuple[str, ...] = ()
    bytes: int = 0
    problem: str = ""


def list_models(query: str = "", source: str | None = None) -> list[Entry]:
    """Return the models whose name, description or tags hold ``query``, by name.

    A package that cannot be read is listed with its problem; it does not stop the listing.

    Args:
        query: words that must all occur; case does not matter.
        source: only this source.
    """
    words = query.casefold().split()
    found = [entry for entry in _entries() if source in (None, entry.source)]
    return [e for e in found if all(word in _searched(e) for word in words)]


def _searched(entry: Entry) -> str:
    return " ".join((entry.name, entry.description, entry.task, *entry.tags)).casefold()


def _entries() -> Iterator[Entry]:
    for source in all_sources():
        for name in source.names():
            yield _entry(source, name)


def _entry(source: FolderSource, name: str) -> Entry:
    folder = source.folder(name)
    try:
        spec = read_manifest(folder).spec
    except DlgError as error:
        return Entry(name, source.kind, folder, problem=str(error).splitlines()[0])
    return Entry(
        name, source.kind, folder, task=spec.task, description=spec.description,
        license=spec.license or "", tags=spec.info.tags, bytes=folder_size(folder),
    )


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def find_model(name: str) -> tuple[Path, str]:
    """Return the folder of a model and its source.

    Args:
        name: a name in the catalogue, or the path of a folder that holds a package. A name that is
            also a folder here means the catalogue's model; write ``./name`` for the folder.

    Raises:
        ModelNotFoundError: with the nearest name.
    """
    for source in all_sources():
        if not _is_path(name) and (source.folder(name) / MANIFEST).is_file():
            return source.folder(name), source.kind
    path = Path(name).expanduser()
    if path.is_dir():
        return path, "folder"
    known = {entry for source in all_sources() for entry in source.names()}
    raise ModelNotFoundError(name, sorted(known))


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "~"))


def model_manifest(name: str) -> tuple[Manifest, Path, str]:
    """Return the manifest, folder and source of a model, without TensorFlow.

    Raises:
        ModelNotFoundError, PackageError: see `find_model` and `read_manifest`.
    """
    folder, kind = find_model(name)
    return read_manifest(folder), folder, kind

"""Declared sources → the descriptors of their models, from an index that is kept in the cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dlgenomics.errors import DataError, DlgError
from dlgenomics.settings import load_settings
from dlgenomics_zoo.kipoi.checkout import DESCRIPTOR_FILES, Checkout
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.document import read_mapping, read_text
from dlgenomics_zoo.kipoi.index import Index, Origin, read_index, write_index
from dlgenomics_zoo.sources.declared import FOLDER, GIT, Declared
from dlgenomics_zoo.sources.git import SourceError, clone, clone_folder
from dlgenomics_zoo.sources.permalink import Permalink, parse_permalink

# Any of these in a model.yaml makes it a descriptor of Kipoi's and no package of ours.
_KIPOI_KEYS: Final = {"defined_as", "default_dataloader", "schema", "args"}


def source_models(source: Declared) -> dict[str, Descriptor]:
    """Return the models of a declared source by name, without using the network.

    Raises:
        SourceError: the source is not here (yet).
        DataError: its folder cannot be read.
    """
    root = source_folder(source)
    if not root.is_dir():
        step = f"dlg source update {source.name}" if source.kind != FOLDER else None
        raise SourceError(f"the source {source.name!r} must be here to be listed. "
                          f"Received: no copy of {source.location}.", source.location, step)
    return folder_models(root)


def source_folder(source: Declared) -> Path:
    """Return the folder of a source's models, which may not be there yet."""
    if source.kind == FOLDER:
        return Path(source.location)
    link = _link(source)
    return clone_folder(link.repository, link.commit) / link.path


def update_source(source: Declared) -> Path:
    """Fetch a source's newest models; a folder is where it is, and a commit never changes.

    Raises:
        SourceError: it cannot be fetched.
    """
    if source.kind != FOLDER:
        link = _link(source)
        clone(link.repository, link.commit, renew=source.kind == GIT)
    return source_folder(source)


def _link(source: Declared) -> Permalink:
    return parse_permalink(source.location) or Permalink(source.location, "")


def folder_models(root: Path) -> dict[str, Descriptor]:
    """Return the models of a folder; they are read again when a descriptor there has changed.

    Raises:
        DataError: the folder holds too much.
    """
    path = load_settings().cache / "sources" / f"index-{_fingerprint(root)}.json.gz"
    if path.is_file():
        try:
            return dict(read_index(path).models)
        except DataError:
            path.unlink()  # a damaged copy of what can be read anew
    models = Checkout(root).models()
    write_index(Index(Origin(root.as_uri()), models), path)
    return models


def _fingerprint(root: Path) -> str:
    """Return a word that changes with the place, size or time of any descriptor."""
    digest = hashlib.sha256(str(root.resolve()).encode())
    for line in sorted(_marks(root)):
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def _marks(root: Path) -> Iterator[str]:
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in files:
            if name in DESCRIPTOR_FILES or name.endswith((".txt", ".json", ".csv")):
                facts = os.stat(f"{folder}/{name}", follow_symlinks=False)  # noqa: PTH116
                yield f"{folder}/{name} {facts.st_size} {facts.st_mtime_ns}\n"


def is_descriptor_folder(folder: Path) -> bool:
    """Say whether a folder holds one model in Kipoi's form."""
    path = folder / "model.yaml"
    if not path.is_file():
        return False
    try:
        return not _KIPOI_KEYS.isdisjoint(read_mapping(read_text(path), path))
    except DlgError:
        return False


def folder_descriptor(folder: Path) -> Descriptor:
    """Return the descriptor of a folder that holds one model.

    Its relative paths may lead to its neighbours, as in a checkout: up to the repository's top,
    or else to the folder above it.
    """
    folder = folder.resolve()
    root = next((p for p in folder.parents if (p / ".git").exists()), folder.parent)
    return Checkout(root).model(folder.relative_to(root).as_posix())


def linked_descriptor(link: Permalink) -> Descriptor:
    """Return the descriptor that a link to a commit names, fetching the repository once.

    Raises:
        SourceError: it cannot be fetched, or no model lies there.
    """
    root = clone(link.repository, link.commit)
    found = folder_models(root).get(link.path)
    if found is None:
        raise SourceError(
            "a link must lead to the folder of a model. Received: no model at "
            f"{link.path or 'the top'} of {link.repository} ({link.commit[:12]}).", link.repository)
    return found

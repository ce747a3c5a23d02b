"""All models by name, without loading any: yours, the built-in, Kipoi's, those in wheels, sources.

A name is looked up in that order. Models of a source that you declared are listed as
``source:name``; the bare name finds them too where nothing before them has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dlgenomics.errors import DlgError, ModelNotFoundError
from dlgenomics.package.seal import MANIFEST, read_sealed
from dlgenomics_zoo.hub.address import is_hub_address
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.document import read_mapping
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import NATIVE, about, framework_of, standing_of, status_of
from dlgenomics_zoo.kipoi.values import text_of, texts_of
from dlgenomics_zoo.sources.checkouts import (
    folder_descriptor,
    is_descriptor_folder,
    linked_descriptor,
    source_models,
)
from dlgenomics_zoo.sources.declared import Declared, declared_sources, unknown_source
from dlgenomics_zoo.sources.folders import FolderSource, all_sources
from dlgenomics_zoo.sources.permalink import parse_permalink
from dlgenomics_zoo.sources.wheel_models import PYPI, wheel_models

if TYPE_CHECKING:
    from dlgenomics.package.manifest import Manifest

KIPOI: Final = "kipoi"


def _kipoi_models() -> Mapping[str, Descriptor]:
    return kipoi_index().models


_DESCRIBED: Final[dict[str, Callable[[], Mapping[str, Descriptor]]]] = {
    KIPOI: _kipoi_models, PYPI: wheel_models,
}
"""Sources that come with dlgenomics whose models are described, and packaged when asked for."""


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue.

    Attributes:
        name: what `get_model` takes.
        source: where it comes from: ``local``, ``built-in``, ``kipoi``, ``pypi`` or a source you
            declared.
        folder: its package; None where it is not one.
        task, description, license, tags: from its spec or descriptor; empty where not stated.
        bytes: the size of all files of its package.
        problem: why it cannot be used, or an empty text.
        group: the first part of its name.
        framework: what it was made with.
        status: native, portable, trust, gone, out-of-scope or unreadable.
    """

    name: str
    source: str
    folder: Path | None = None
    task: str = ""
    description: str = ""
    license: str = ""
    tags: tuple[str, ...] = ()
    bytes: int = 0
    problem: str = ""
    group: str = ""
    framework: str = ""
    status: str = ""


@dataclass(frozen=True)
class Location:
    """Where a name leads.

    Attributes:
        name: the name, as it is unambiguous.
        source: the source that has it.
        found: the folder of a package, or the descriptor of a model in Kipoi's form.
    """

    name: str
    source: str
    found: Path | Descriptor


def list_models(
    query: str = "", source: str | None = None, *, group: str | None = None,
    tag: str | None = None, framework: str | None = None, status: str | None = None,
) -> list[Entry]:
    """Return the models that fit, in the order of the sources and then by name.

    What cannot be read is listed with its problem and does not stop the listing. Nothing is
    fetched.

    Args:
        query: words that must all occur in name, description, task or tags; case does not matter.
        source: only this source.
        group: only names that start with this part.
        tag: only models with a tag that holds this text.
        framework: only models made with this.
        status: only models of this status; see `Entry`.

    Raises:
        DlgError: ``source`` is none.
    """
    words = query.casefold().split()
    wanted = {"group": group, "framework": framework, "status": status}
    return [
        entry for entry in _entries(source)
        if all(value is None or getattr(entry, name).casefold() == value.casefold()
               for name, value in wanted.items())
        and (tag is None or any(tag.casefold() in one.casefold() for one in entry.tags))
        and all(word in _searched(entry) for word in words)
    ]


def _searched(entry: Entry) -> str:
    return " ".join((entry.name, entry.description, entry.task, *entry.tags)).casefold()


def _entries(wanted: str | None) -> Iterator[Entry]:
    packages = {source.kind: source for source in all_sources()}
    declared = {one.name: one for one in declared_sources()}
    if wanted is not None and wanted not in (*packages, *_DESCRIBED, *declared):
        raise unknown_source(wanted, {**packages, **_DESCRIBED, **declared})
    for source in packages.values():
        if wanted in (None, source.kind):
            yield from (_package_entry(source, name) for name in source.names())
    for name, models in _DESCRIBED.items():
        if wanted in (None, name):
            yield from (_kipoi_entry(one, one.name, name) for one in models().values())
    for one in declared.values():
        if wanted in (None, one.name):
            yield from _declared_entries(one)


def _package_entry(source: FolderSource, name: str) -> Entry:
    folder, group = source.folder(name), name.partition("/")[0]
    try:
        # What is sealed was checked when it was packaged; checking it anew takes a second.
        spec = read_mapping(read_sealed(folder)[0], folder / MANIFEST)
    except DlgError as error:
        return Entry(name, source.kind, folder, problem=str(error).splitlines()[0], group=group)
    return Entry(
        name, source.kind, folder, task=text_of(spec.get("task")),
        description=text_of(spec.get("description")), license=text_of(spec.get("license")),
        tags=texts_of((spec.get("info") or {}).get("tags")), bytes=folder_size(folder),
        group=group, framework="keras", status=NATIVE,
    )


def _kipoi_entry(one: Descriptor, name: str, source: str) -> Entry:
    return Entry(
        name, source, description=about(one), license=one.license,
        tags=one.tags, group=one.group, framework=framework_of(one), status=status_of(one),
        problem=next(iter(one.problems), ""),
    )


def _declared_entries(source: Declared) -> Iterator[Entry]:
    try:
        models = source_models(source)
    except DlgError as error:
        yield Entry(f"{source.name}:", source.name, problem=str(error))
        return
    for one in models.values():
        yield _kipoi_entry(one, f"{source.name}:{one.name}", source.name)


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def locate(name: str) -> Location:
    """Return where a name leads.

    Args:
        name: a name in the catalogue; ``source:name``; a link to a commit on a git host, whose
            repository is fetched once; or a folder with a package or a Kipoi model. A name that is
            also a folder here means the catalogue's model; write ``./name`` for the folder.

    Raises:
        ModelNotFoundError: with the nearest name.
        SourceError: a repository cannot be fetched.
    """
    if is_hub_address(name):
        raise DlgError("a model of the catalogue, a folder or a link to a commit is needed here. "
                       f"Received: {name}, a model of the Hugging Face Hub. See it with dlg plan; "
                       "get_model and dlg predict open it.")
    if link := parse_permalink(name):
        return Location(name, link.repository, linked_descriptor(link))
    if not _is_path(name) and (found := _by_name(name)):
        return found
    path = Path(name).expanduser()
    if path.is_dir() and is_descriptor_folder(path):
        return Location(name, "folder", folder_descriptor(path))
    if path.is_dir():
        return Location(name, "folder", path)
    raise _not_found(name)


def _by_name(name: str) -> Location | None:
    for source in all_sources():
        if (source.folder(name) / MANIFEST).is_file():
            return Location(name, source.kind, source.folder(name))
    for source_name, models in _DESCRIBED.items():
        if descriptor := models().get(name.removeprefix(f"{source_name}:")):
            return Location(name, source_name, descriptor)
    return next(filter(None, (_in_declared(one, name) for one in declared_sources())), None)


def _in_declared(source: Declared, name: str) -> Location | None:
    """Return the model that a declared source has under ``source:name`` or the bare name."""
    named = name.startswith(f"{source.name}:")
    bare = name.removeprefix(f"{source.name}:")
    try:
        descriptor = source_models(source).get(bare)
    except DlgError:
        if named:
            raise
        return None  # a source that is not here does not hide the others
    return Location(f"{source.name}:{bare}", source.name, descriptor) if descriptor else None


def _not_found(name: str) -> ModelNotFoundError:
    prefix = name.partition(":")[0]
    known = ([f"{prefix}:{one}" for one in _DESCRIBED[prefix]()] if prefix in _DESCRIBED
             else _known_names())
    error = ModelNotFoundError(name, sorted({*known, *_folders_beside(name)}))
    if any(one.group == name for models in _DESCRIBED.values() for one in models().values()):
        error.next_step = f"dlg ls --group {name}"
    return error


def _folders_beside(name: str) -> list[str]:
    """Return the models' folders that lie where the named one would, written as it is."""
    typed = name.rstrip("/")
    place = Path(typed).expanduser()
    if not place.parent.is_dir() or not os.access(place.parent, os.R_OK | os.X_OK):
        return []
    written = typed.removesuffix(place.name)
    return [f"{written}{one.name}" for one in place.parent.iterdir()
            if any((one / file).is_file() for file in (MANIFEST, "config.json"))]


def _known_names() -> Iterable[str]:
    for source in all_sources():
        yield from source.names()
    for models in _DESCRIBED.values():
        yield from models()
    for one in declared_sources():
        yield from (entry.name for entry in _declared_entries(one) if not entry.problem)


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "~"))


def find_model(name: str) -> tuple[Path, str]:
    """Return the folder of a packaged model and its source; one of the Hub is fetched.

    Raises:
        ModelNotFoundError: with the nearest name.
        NotPackagedError: the name is that of a Kipoi model, which has no package.
        LanguageModelError: the folder holds a language model, which is no package either.
        DlgError: a model of the Hub cannot be had, or is none that a package can hold.
    """
    if is_hub_address(name):
        from dlgenomics_zoo.hub.open import SOURCE, hub_package  # noqa: PLC0415 - many routes

        return hub_package(name), SOURCE
    location = locate(name)
    if isinstance(location.found, Descriptor):
        raise NotPackagedError(location, location.found)
    require_package(location.found)
    return location.found, location.source


def require_package(folder: Path) -> None:
    """Refuse a folder that holds a language model, which is no package.

    Raises:
        LanguageModelError: it does.
    """
    from dlgenomics_zoo.language.load import is_language_model  # noqa: PLC0415 - many readers

    if is_language_model(folder):
        raise LanguageModelError(folder)


class LanguageModelError(DlgError):
    """A package is needed, and the folder holds a language model as transformers has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.next_step = f"dlg info {folder}"
        super().__init__(
            f"{folder}: a packaged model (with {MANIFEST}) is needed here. Received: a language "
            "model as transformers has it. Its commands are `dlg embed`, for vectors of sequences, "
            "and `dlg score-mutations`.")


class NotPackagedError(DlgError):
    """A package is needed, and the name is that of a model in Kipoi's form; ``.location``."""

    def __init__(self, location: Location, descriptor: Descriptor) -> None:
        self.location = location
        self.next_step = f"dlg info {location.name}"
        standing = standing_of(descriptor)
        super().__init__(
            f"a packaged model is needed here. Received: {location.name!r}, a model of "
            f"{location.source} in Kipoi's form ({standing.status}). {standing.reason}".rstrip())


def kipoi_descriptor(name: str) -> Descriptor:
    """Return the descriptor of a model in Kipoi's form; names as in `locate`.

    Raises:
        ModelNotFoundError: no such model, or a package of ours.
    """
    found = locate(name).found
    if not isinstance(found, Descriptor):
        raise ModelNotFoundError(name, list(kipoi_index().models))
    return found


def model_manifest(name: str) -> tuple[Manifest, Path, str]:
    """Return the manifest, folder and source of a packaged model, without TensorFlow.

    Raises:
        ModelNotFoundError, NotPackagedError, PackageError: see `find_model` and `read_manifest`.
    """
    folder, kind = find_model(name)
    from dlgenomics.package.manifest import read_manifest  # noqa: PLC0415 - reads whole specs

    return read_manifest(folder), folder, kind

"""A name → a model, a copy of it, or a place in the zoo."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from dlgenomics.errors import DlgError, OutputError
from dlgenomics.files import atomic_folder
from dlgenomics.package.manifest import MANIFEST, Manifest, read_manifest, verify_files
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.catalogue import Location, locate, require_package
from dlgenomics_zoo.fetch import Confirm
from dlgenomics_zoo.fetch.consent import within_limit
from dlgenomics_zoo.formats.errors import UnknownLayersError
from dlgenomics_zoo.hub.address import is_hub_address
from dlgenomics_zoo.kipoi.dataloader import LIBRARY
from dlgenomics_zoo.kipoi.descriptor import Dataloader, Descriptor
from dlgenomics_zoo.kipoi.standing import GONE, NotNativeError
from dlgenomics_zoo.sources.folders import all_sources, local_zoo
from dlgenomics_zoo.terms import Precision
from dlgenomics_zoo.terms import Terms as Terms  # noqa: PLC0414 - public here, too

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model


_AS_USUAL: Final = Terms()

UNREAD: Final = (NotNativeError, UnknownLayersError)
"""What is raised for a model of Kipoi that cannot be read here."""


@overload
def get_model(
    name: str | Path, source: str | None = ..., with_dataloader: bool = ..., *,
    default_dataloader_name: str | None = ..., length: int | None = ...,
    trust: Literal[False] = ..., confirm: Confirm = ..., progress: Progress = ...,
    precision: Precision = ..., ignore_memory: bool = ...,
) -> Model: ...


@overload
def get_model(
    name: str | Path, source: str | None = ..., with_dataloader: bool = ..., *,
    default_dataloader_name: str | None = ..., length: int | None = ..., trust: bool,
    confirm: Confirm = ..., progress: Progress = ..., precision: Precision = ...,
    ignore_memory: bool = ...,
) -> Any: ...


def get_model(
    name: str | Path, source: str | None = None, with_dataloader: bool = True, *,
    default_dataloader_name: str | None = None, length: int | None = None, trust: bool = False,
    confirm: Confirm = within_limit, progress: Progress = silent, precision: Precision = "float32",
    ignore_memory: bool = False,
) -> Any:
    """Load a model.

    A model of Kipoi is fetched and made into a package in the cache when it is first asked for.

    Args:
        name: a name that `list_models` lists, the folder of a package, of a language model of
            transformers or of a model in Kipoi's form, a link to a commit on a git host that
            holds one, or a model on the Hugging Face Hub:
            ``hf://org/name[@revision][/subfolder][#file]``.
        source: where to look: ``kipoi``, ``dir``, ``github-permalink`` as in Kipoi, or a source
            that you declared; default: see `dlgenomics_zoo.catalogue`.
        with_dataloader: whether a model of Kipoi takes files as it does there; without, as the
            models of dlgenomics do.
        default_dataloader_name: another dataloader of kipoiseq for it, such as
            ``kipoiseq.dataloaders.StringSeqIntervalDl``.
        length: see `Terms`.
        trust: whether code of its authors may run: its own dataloader or model class, by the
            package kipoi, a graph of TensorFlow 1 or a SavedModel. What runs is said first, on
            standard error. A model of the Hub must be named with its commit then.
        confirm: see `Terms`.
        progress: see `Terms`.
        precision: see `Terms`.
        ignore_memory: see `Terms`.

    Returns:
        The model, verified: every file has the hash that its package records. Only with trust it
        may be something else that predicts: a `Program`, or a `SavedModel`.

    Raises:
        ModelNotFoundError: no such model; with the nearest name.
        NotNativeError: a model of Kipoi that cannot be read here; the message says why.
        FetchError: its files cannot be had.
        HashMismatchError: a file was changed after packaging.
        UnsafeModelError: it is a program, and there is no trust.
        HubError, NoRouteError, AmbiguousModelError, MemoryLimitError: see `hub.open`.
    """
    terms = Terms(length, confirm, progress, precision, ignore_memory)
    if is_hub_address(str(name)):
        from dlgenomics_zoo.hub.open import open_model  # noqa: PLC0415 - routes of many kinds

        return open_model(str(name), terms, trust=trust)
    location = locate(qualified(str(name), source))
    if isinstance(location.found, Path):
        return _open_folder(location, location.found, terms, trust=trust)
    from dlgenomics_zoo.feeder import dataloader_of  # noqa: PLC0415 - reads genomes

    descriptor = _fed_by(location.found, default_dataloader_name)
    try:
        model = _packaged(location, location.found, terms)
    except UNREAD as error:
        if not trust or not runs_with_trust(error):
            raise
        from dlgenomics_zoo.trusted.program import run_program  # noqa: PLC0415 - on demand

        return run_program(location, descriptor, terms, with_dataloader=with_dataloader)
    if not with_dataloader:
        return model
    return replace(model, dataloader=dataloader_of(location, descriptor, model.inputs, trust=trust))


def runs_with_trust(error: NotNativeError | UnknownLayersError) -> bool:
    """Say whether a model that cannot be read may run as code of its authors; not if it is gone."""
    return not isinstance(error, NotNativeError) or error.status != GONE


def _packaged(location: Location, descriptor: Descriptor, terms: Terms) -> Model:
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow
    from dlgenomics_zoo.imports.store import kipoi_package  # noqa: PLC0415 - readers of formats

    folder = kipoi_package(descriptor, length=terms.length, confirm=terms.confirm,
                           progress=terms.progress)
    return replace(load_package(folder, location.source),
                   type=descriptor.defined_as, args=dict(descriptor.arguments))


def _open_folder(location: Location, folder: Path, terms: Terms, *, trust: bool) -> Any:
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow
    from dlgenomics_zoo.language.load import is_language_model  # noqa: PLC0415
    from dlgenomics_zoo.trusted.saved_model import open_program, program_in  # noqa: PLC0415

    if (folder / MANIFEST).is_file():
        return load_package(folder, location.source)
    if is_language_model(folder):
        return _open_language_model(folder, terms)
    program = program_in(folder)
    if program is not None:
        return open_program(folder, program, trust=trust)
    return load_package(folder, location.source)


def _open_language_model(folder: Path, terms: Terms) -> Model:
    """Open a language model of any size that fits in memory."""
    from dlgenomics_zoo.hub.memory import counted, require_memory  # noqa: PLC0415
    from dlgenomics_zoo.language.load import (  # noqa: PLC0415
        count_parameters,
        open_language_model,
    )

    parameters = count_parameters(folder)
    if not terms.ignore_memory:
        require_memory(str(folder), counted(parameters, "its config"), terms.precision)
    return open_language_model(folder, terms.precision, limit=parameters, progress=terms.progress)


def _fed_by(descriptor: Descriptor, name: str | None) -> Descriptor:
    """Return a descriptor with another dataloader of kipoiseq, if one is named."""
    if name is None:
        return descriptor
    if not name.startswith(LIBRARY):
        raise DlgError(f"default_dataloader_name must be a class of kipoiseq, such as "
                       f"kipoiseq.dataloaders.SeqIntervalDl. Received: {name!r}, which is code of "
                       "someone else. Call it yourself and pass its arrays to predict_on_batch.")
    given = descriptor.dataloader.default_args if not descriptor.dataloader.own else {}
    return replace(descriptor, dataloader=Dataloader(name, default_args=given))


def qualified(name: str, source: str | None) -> str:
    """Return a name that leads to one source; Kipoi's own words for sources are understood."""
    if source == "dir":
        return str(Path(name).expanduser().absolute())
    if source in (None, "github-permalink", *(one.kind for one in all_sources())):
        return name
    return f"{source}:{name}"


def open_package(name: str, terms: Terms = _AS_USUAL) -> tuple[Path, str]:
    """Return the folder of a model's package and its source; other models become packages first.

    Raises:
        ModelNotFoundError, NotNativeError, FetchError: see `get_model`.
        LanguageModelError: the folder holds a language model, which is no package.
    """
    if is_hub_address(name):
        from dlgenomics_zoo.hub.open import SOURCE, hub_package  # noqa: PLC0415 - see above

        return hub_package(name, terms), SOURCE
    location = locate(name)
    if isinstance(location.found, Path):
        require_package(location.found)
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

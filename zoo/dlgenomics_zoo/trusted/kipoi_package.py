"""The real ``kipoi`` package, imported only when its user's trust asks for it.

On import it writes its settings into ``.kipoi`` of the home folder; here that folder is in the
cache.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlgenomics.errors import DlgError
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch import fetch_file
from dlgenomics_zoo.kipoi.checkout import DESCRIPTOR_FILES
from dlgenomics_zoo.kipoi.descriptor import Descriptor, RemoteFile
from dlgenomics_zoo.kipoi.files import fetchable, local_path


def kipoi_package() -> Any:
    """Return the module ``kipoi``.

    Raises:
        DlgError: it is not installed, or cannot be imported here.
    """
    if importlib.util.find_spec("kipoi") is None:
        raise DlgError("the code of Kipoi's models runs with the package kipoi. Received: a Python "
                       "without it. Install it: pip install 'dlgenomics[kipoi]'")
    with _home(load_settings().cache / "kipoi"):
        try:
            return importlib.import_module("kipoi")
        except ImportError as error:
            raise DlgError("the package kipoi must be one that can be imported. Received: "
                           f"{error}. Install it anew: pip install 'dlgenomics[kipoi]'"
                           ) from error


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """Let ``~`` be a folder, as long as the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = before


def run_dataloader_code(descriptor: Descriptor, root: Path) -> Any:
    """Return the dataloader class of a model, after running its Python file.

    Args:
        descriptor: the model.
        root: the folder of its source.

    Raises:
        DlgError: its code fails; the message holds what it said.
    """
    kipoi = kipoi_package()
    source, own = kipoi.sources.LocalSource(str(root)), descriptor.dataloader.own
    for one in descriptor.dataloader.arguments:
        if isinstance(one.default, RemoteFile):
            _place(source.get_dataloader_download_dir(own), one.default,
                   fetch_file(fetchable(one.default)))
    _forget_others(Path(source.get_dataloader_dir(own)))
    return _ran(descriptor, lambda: kipoi.get_dataloader_factory(own, source=source))


def run_model_code(descriptor: Descriptor, root: Path, fetched: Mapping[str, Path]) -> Any:
    """Return kipoi's own model object, after running the model's Python files.

    Args:
        descriptor: the model.
        root: the folder of its source.
        fetched: its files by role, verified; kipoi's own download verifies nothing.

    Raises:
        DlgError: its code fails; the message holds what it said.
    """
    kipoi = kipoi_package()
    source = kipoi.sources.LocalSource(str(root))
    for file in descriptor.files:
        if local_path(file) is None:
            _place(f"{source.get_model_download_dir(descriptor.name)}/{file.role}", file,
                   fetched[file.role])
    _forget_others(Path(source.get_model_dir(descriptor.name)))
    return _ran(descriptor, lambda: kipoi.get_model(
        descriptor.name, source=source, with_dataloader=False))


def _forget_others(folder: Path) -> None:
    """Let a model's own modules be imported, not those of the same name of a model before it.

    Most are called ``model`` and ``dataloader``, and Python imports a name once.
    """
    for path in folder.glob("*.py"):
        named = getattr(sys.modules.get(path.stem), "__file__", None)
        if not named or Path(named).resolve() == path.resolve():
            continue
        if any((Path(named).parent / one).is_file() for one in DESCRIPTOR_FILES):
            del sys.modules[path.stem]


def _place(folder: str, file: RemoteFile, path: Path) -> None:
    """Put a file where kipoi looks before it downloads: under its checksum."""
    place = Path(folder) / (file.md5 or "file")
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)  # a link to what is gone
        place.symlink_to(path.resolve())


def _ran(descriptor: Descriptor, what: Any) -> Any:
    try:
        return what()
    except Exception as error:  # what a stranger's code raises can be anything
        raise DlgError(f"the code of {descriptor.name} must run with the packages that are "
                       f"installed. Received: {type(error).__name__}: {str(error)[:300]} It was "
                       f"made for {', '.join(descriptor.requirements) or 'packages not named'}."
                       ) from error

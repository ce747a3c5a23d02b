"""Imported models as packages in the cache, each made once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from dlgenomics.files import sha256_of, sha256_of_bytes
from dlgenomics.package.manifest import MANIFEST
from dlgenomics.progress import Progress, silent
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch import Confirm
from dlgenomics_zoo.fetch.consent import within_limit
from dlgenomics_zoo.imports.imported import package_imported
from dlgenomics_zoo.imports.kipoi import import_kipoi
from dlgenomics_zoo.kipoi.descriptor import Descriptor, RemoteFile
from dlgenomics_zoo.kipoi.files import local_path

VERSION: Final = 1
"""Of the translation: a higher number makes packages anew."""


def kipoi_package(descriptor: Descriptor, *, length: int | None = None,
                  confirm: Confirm = within_limit, progress: Progress = silent) -> Path:
    """Return the package of a Kipoi model; it is made where it is not in the cache yet.

    Args:
        descriptor: what the catalogue knows of it.
        length: bases of its input, for a network that takes sequences of any length.
        confirm: asked before a download.
        progress: told of it.

    Raises:
        DlgError: see `import_kipoi` and `package_imported`.
    """
    folder = package_folder(descriptor, length)
    if not (folder / MANIFEST).is_file():
        imported = import_kipoi(descriptor, length=length, confirm=confirm, progress=progress)
        package_imported(imported, folder, command=f"dlg convert {descriptor.name}")
    return folder


def package_folder(descriptor: Descriptor, length: int | None = None) -> Path:
    """Return where the package of a model lies, or would lie, for its files as they are now."""
    files = [[file.role, file.url, _checksum(file)] for file in descriptor.files]
    key = sha256_of_bytes(json.dumps([VERSION, files, length]).encode())[:16]
    name = re.sub(r"[^A-Za-z0-9._-]", "_", descriptor.name)
    return load_settings().cache / "imported" / f"{name}-{key}"


def _checksum(file: RemoteFile) -> str:
    """Return a file's checksum; that of one beside a local descriptor is taken now."""
    path = local_path(file)
    if path is None:
        return file.sha256 or file.md5
    return sha256_of(path) if path.is_file() else "none"

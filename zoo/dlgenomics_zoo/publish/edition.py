"""A package as it stands on the Hub: its card names the address, and its manifest that card."""

from __future__ import annotations

import shutil
from pathlib import Path

from dlgenomics.files import sha256_of
from dlgenomics.package.card import model_card, own_classes
from dlgenomics.package.manifest import MANIFEST, manifest_text, read_manifest, verify_files

CARD = "README.md"


def write_edition(package: Path, address: str, folder: Path) -> list[str]:
    """Copy a package for the Hub.

    The same package and address give the same bytes, so that publishing can be repeated.

    Args:
        package: the folder of a package.
        address: where it will be found, such as ``hf://lab/net``.
        folder: an empty folder.

    Returns:
        The paths of the files, relative to ``folder``.

    Raises:
        PackageError, HashMismatchError: the package is not whole.
    """
    manifest = read_manifest(package)
    verify_files(package, manifest.package)
    for name in manifest.package.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / name, folder / name)
    record = manifest.package
    card = model_card(manifest.spec, record.training, record.command,
                      own_classes=own_classes(folder), address=address)
    (folder / CARD).write_text(card, "utf-8")
    files = {**record.files, CARD: sha256_of(folder / CARD)}
    (folder / MANIFEST).write_text(
        manifest_text(manifest.spec, record.model_copy(update={"files": files})), "utf-8")
    return sorted([*files, MANIFEST])

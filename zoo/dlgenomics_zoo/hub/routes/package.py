"""Our own packages: a spec, arrays, hashes of all, and a test."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from dlgenomics.package.manifest import MANIFEST, Manifest, read_manifest
from dlgenomics_zoo.hub.checkout import Checkout, require_plain
from dlgenomics_zoo.hub.files import lay_out
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route

_WEIGHTS: Final = "model.weights.h5"


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for a package.

    Raises:
        HashMismatchError, PackageError: its manifest was changed, or is none.
        UnsafeModelError: it names files outside its folder.
        FileNotInTreeError: it names files that the repository lacks.
    """
    if checkout.address.file not in ("", MANIFEST) or MANIFEST not in checkout.names:
        return None
    manifest = _manifest(checkout.fetch(MANIFEST))
    if manifest is None:
        return None
    names = [MANIFEST, *(require_plain(name, MANIFEST) for name in manifest.package.files)]
    for name in names:
        checkout.file(name)
    return Proposal(names, [_WEIGHTS] if _WEIGHTS in names else [],
                    f"It is a package of dlgenomics ({manifest.spec.name}).")


def _manifest(path: Path) -> Manifest | None:
    """Return the manifest; None for a model.yaml of another program."""
    if b"\nsha256: " not in path.read_bytes():
        return None
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copyfile(path, Path(scratch) / MANIFEST)
        return read_manifest(Path(scratch))


def package(fetched: Fetched, folder: Path) -> Path:
    """Lay out a package; its own hashes are checked when it is loaded."""
    return lay_out(fetched.files, folder)


PACKAGE: Final = Route("package", propose, package=package)

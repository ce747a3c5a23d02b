"""The seal of ``model.yaml``: its last line is the SHA-256 of all lines before it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dlgenomics.errors import HashMismatchError, PackageError
from dlgenomics.files import sha256_of_bytes

MANIFEST: Final = "model.yaml"
_SEAL: Final = "sha256: "


def sealed(body: str) -> str:
    """Return a text with its seal behind it."""
    return f"{body}{_SEAL}{sha256_of_bytes(body.encode())}\n"


def read_sealed(folder: Path) -> tuple[str, bytes]:
    """Read a package's ``model.yaml`` and check its seal.

    Returns:
        The text before the seal, and all bytes of the file.

    Raises:
        PackageError: there is no such file.
        HashMismatchError: the text was changed after packaging.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise PackageError(f"a packaged model must hold {MANIFEST}. Received: a folder without it. "
                           "Is it the right folder?", folder=folder)
    content = path.read_bytes()
    body, mark, seal = content.rpartition(_SEAL.encode())
    received = sha256_of_bytes(body)
    expected = seal.decode("ascii", "replace").strip()
    if not mark or received != expected:
        raise HashMismatchError(path, expected or "none", received)
    return body.decode(), content

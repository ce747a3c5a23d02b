"""``model.yaml``: the resolved spec, what the package holds, and a seal over both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, ValidationError

from dlgenomics.errors import HashMismatchError, PackageError
from dlgenomics.files import sha256_of, sha256_of_bytes
from dlgenomics.package.seal import MANIFEST as MANIFEST  # noqa: PLC0414 - its users know it here
from dlgenomics.package.seal import read_sealed, sealed
from dlgenomics.spec.document import Document, read_document
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.node import Node
from dlgenomics.spec.parse import check_document
from dlgenomics.spec.types import Spec


class Tolerance(Node):
    """How far replayed outputs may be from the stored ones: atol + rtol x |stored|."""

    rtol: float
    """Relative part."""
    atol: float
    """Absolute part."""


class PackageRecord(Node):
    """The ``package`` section of ``model.yaml``."""

    model_config: ClassVar[ConfigDict] = ConfigDict(populate_by_name=True, protected_namespaces=())

    format: Literal[1] = 1
    """The version of the package format."""
    created: str
    """When it was written (UTC)."""
    command: str
    """The command that makes it."""
    versions: Mapping[str, str]
    """The software that trained it."""
    arrays: Mapping[str, Any] = Field(alias="schema")
    """Shapes of inputs and targets, for other readers; follows from the spec's data section."""
    dataloader: Mapping[str, Any]
    """What the files to predict from are called, for other readers."""
    training: Mapping[str, Any]
    """Seed, split, epochs, hashes of the data and metrics."""
    test: Tolerance
    """The tolerance of the stored test."""
    files: Mapping[str, str]
    """SHA-256 of every other file of the package, by its relative path."""


@dataclass(frozen=True)
class Manifest:
    """A spec and the record of its package; ``sha256`` is that of the file's bytes."""

    spec: Spec
    package: PackageRecord
    sha256: str


def manifest_text(spec: Spec, package: PackageRecord) -> str:
    """Return ``model.yaml``: its last line is the SHA-256 of all lines before it."""
    data = {**spec.to_data(), "package": package.model_dump(by_alias=True, mode="json")}
    body = dump_yaml(data)
    return sealed(body)


def read_manifest(folder: Path) -> Manifest:
    """Read and verify ``model.yaml``, not the files that it lists.

    Raises:
        PackageError: no manifest, or not one of a package.
        HashMismatchError: the text was changed after packaging.
        SpecError: the spec in it is not valid.
    """
    body, content = read_sealed(folder)
    document = read_document(body, str(folder / MANIFEST))
    raw = document.data.get("package")
    spec, _ = check_document(_without_package(document))
    try:
        package = PackageRecord.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "package"
        raise PackageError(f"the section 'package' of {MANIFEST} must be complete. Received: "
                           f"{where}: {first['msg']}. Package the model anew.",
                           folder=folder) from error
    return Manifest(spec, package, sha256_of_bytes(content))


def _without_package(document: Document) -> Document:
    return replace(document, data={k: v for k, v in document.data.items() if k != "package"})


def verify_files(folder: Path, package: PackageRecord) -> None:
    """Check every file that a manifest lists.

    Raises:
        PackageError: a file is missing, or lies outside the folder.
        HashMismatchError: a file's bytes are not those recorded.
    """
    for name, expected in package.files.items():
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts or path.is_symlink():
            raise PackageError("the files of a package must lie in its folder. "
                               f"Received: {name!r}. Do not use this package.", folder=folder)
        if not path.is_file():
            raise PackageError(f"a package must hold every file of its manifest. Received: no "
                               f"{name}. Fetch or package the model again.", folder=folder)
        received = sha256_of(path)
        if received != expected:
            raise HashMismatchError(path, expected, received)

"""A way to open what a repository holds."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlgenomics.progress import Progress, silent
from dlgenomics.settings import load_settings
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.files import lay_out, layout_key
from dlgenomics_zoo.hub.plan import LoadPlan, Proposal
from dlgenomics_zoo.imports.imported import Imported
from dlgenomics_zoo.imports.networks import file_hashes
from dlgenomics_zoo.terms import Precision


@dataclass(frozen=True)
class Fetched:
    """A plan whose files are on this machine, verified.

    Attributes:
        plan: the plan.
        files: path relative to the address's subfolder → the file.
        length: what stands for a length that the network leaves open.
        precision: of a language model, ``float32`` or ``bfloat16``.
        progress: told of what takes long.
    """

    plan: LoadPlan
    files: Mapping[str, Path]
    length: int | None = None
    precision: Precision = "float32"
    progress: Progress = silent

    def part(self, name: str) -> Path:
        """Return the file of a part of the plan."""
        return self.files[self.plan.parts[name]]

    @property
    def origin(self) -> dict[str, Any]:
        """Where a package that is made of the files comes from, for its record."""
        commit = self.plan.commit
        return {"source": "Hugging Face Hub", "repository": commit.repository,
                "commit": commit.id, "files": file_hashes(list(self.files.values()))}

    def folder(self) -> Path:
        """Return a folder that holds the files under their own names."""
        key = layout_key([self.plan.commit.repository, self.plan.commit.id,
                          *sorted(file.path for file in self.plan.files)])
        name = self.plan.commit.repository.replace("/", "--")
        return lay_out(self.files, load_settings().cache / "hub" / "folders" / f"{name}-{key}")


@dataclass(frozen=True)
class Route:
    """A way to open what a repository holds.

    Attributes:
        name: of the way, as plans show it.
        propose: says how it would open a checkout, or None if it cannot.
        open: opens what was fetched; None where a package is made and opened instead.
        read: reads what was fetched as a network of layers; None where it cannot.
        package: writes a package of what was fetched, which is one; None where it is none.
    """

    name: str
    propose: Callable[[Checkout], Proposal | None]
    open: Callable[[Fetched], Any] | None = None
    read: Callable[[Fetched], Imported] | None = None
    package: Callable[[Fetched, Path], Path] | None = None


def is_chosen(checkout: Checkout, *endings: str) -> bool:
    """Tell whether the address leaves the file open, or chose one with such an ending."""
    return not checkout.address.file or checkout.address.file.endswith(endings)


def not_installed(*modules: str) -> tuple[str, ...]:
    """Return those packages that cannot be imported here."""
    return tuple(name for name in modules if importlib.util.find_spec(name) is None)


def nearest(names: list[str]) -> list[str]:
    """Return the files at the top; only if there is none, those in folders."""
    return [name for name in names if "/" not in name] or names

"""Packages that lie in folders: those you made (the local zoo) and those in the distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError
from dlgenomics.package.seal import MANIFEST
from dlgenomics.settings import load_settings

BUILT_IN: Final = Path(__file__).resolve().parent.parent / "packages"


@dataclass(frozen=True)
class FolderSource:
    """A folder of packages; a package's name is its path in it.

    Attributes:
        kind: the source's name in listings, ``local`` or ``built-in``.
        root: the folder.
    """

    kind: str
    root: Path

    def names(self) -> Iterator[str]:
        """Yield the names of all packages, sorted."""
        for path in sorted(self.root.rglob(MANIFEST)):
            name = path.parent.relative_to(self.root)
            if not any(part.startswith(".") for part in name.parts):
                yield name.as_posix()

    def folder(self, name: str) -> Path:
        """Return where the package of that name lies, or would lie.

        Raises:
            DlgError: the name would lead out of the folder.
        """
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise DlgError(f"a model's name may not lead out of the zoo. Received: {name!r}. "
                           "Write ./ in front of a path.")
        return self.root / name


def local_zoo() -> FolderSource:
    """Return the zoo of packages that this user made (``DLG_ZOO``)."""
    return FolderSource("local", load_settings().zoo)


def built_in() -> FolderSource:
    """Return the packages that come with dlgenomics."""
    return FolderSource("built-in", BUILT_IN)


def all_sources() -> list[FolderSource]:
    """Return the sources in the order in which a name is looked up."""
    return [local_zoo(), built_in()]

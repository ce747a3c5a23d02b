"""Where a descriptor lies, and the files beside it that it may name."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path

from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.document import read_text


@dataclass(frozen=True)
class Place:
    """The place of a model in a checkout.

    Attributes:
        root: the checkout.
        name: the model's full name, from which its relative paths start.
        folder: the folder of its descriptor, relative to the root: the name, or its group's.
        base_url: where the checkout's files lie for others, with a slash at the end; empty where
            only this machine has them.
    """

    root: Path
    name: str
    folder: str
    base_url: str = ""

    def resolve(self, text: str) -> str:
        """Return a path relative to the root for one relative to the model.

        Raises:
            DataError: it leads out of the checkout.
        """
        path = posixpath.normpath(posixpath.join(self.name, text))
        if path.startswith(("..", "/")) or "\\" in text:
            raise DataError("a path must lead to something in the models' folder. "
                            f"Received: {text[:80]!r}.", path=self.folder)
        return path

    def find(self, text: str) -> Path | None:
        """Return a file beside the model, or beside its group's template; None if there is none.

        Raises:
            DataError: the path, or a link on it, leads out of the checkout.
        """
        inside = self.root.resolve()
        for path in (self.resolve(text), posixpath.normpath(posixpath.join(self.folder, text))):
            found = self.root / path
            if path.startswith("..") or not found.is_file():
                continue
            if not found.resolve().is_relative_to(inside):
                raise DataError("a link must lead to something in the models' folder. "
                                f"Received: {path}.", path=self.folder)
            return found
        return None

    def relative(self, path: Path) -> str:
        """Return a found file's path relative to the root."""
        return path.relative_to(self.root).as_posix()

    def url(self, path: Path) -> str:
        """Return where a found file can be had."""
        return self.base_url + self.relative(path) if self.base_url else path.resolve().as_uri()

    def lines(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Return a text file's path relative to the root and its lines, none where it is absent."""
        found = self.find(text)
        if found is None:
            return self.resolve(text), ()
        return self.relative(found), tuple(
            line.rstrip("\r") for line in read_text(found).rstrip("\n").split("\n"))

"""A folder of models in Kipoi's form → the descriptors of all of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.document import read_mapping, read_text
from dlgenomics_zoo.kipoi.place import Place
from dlgenomics_zoo.kipoi.reader import read_descriptor
from dlgenomics_zoo.kipoi.table import Row, read_rows
from dlgenomics_zoo.kipoi.template import render_template

MODEL: Final = "model.yaml"
MODEL_TEMPLATE: Final = "model-template.yaml"
TABLE: Final = "models.tsv"
LOADERS: Final = ("dataloader.yaml", "dataloader-template.yaml")
DESCRIPTOR_FILES: Final = (MODEL, MODEL_TEMPLATE, TABLE, *LOADERS)
_LEFT_OUT: Final = "template"  # a pattern to copy, not a model
_SPEC: Final = b"spec:"
_MAX_FOLDERS: Final = 50_000


@dataclass
class Checkout:
    """A folder of models that is being read; what is read once is kept.

    Attributes:
        root: the folder.
        base_url: where its files lie for others, with a slash at the end; see `Place`.
    """

    root: Path
    base_url: str = ""
    _loaders: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _tables: dict[str, list[Row]] = field(default_factory=dict)

    def listed(self) -> Iterator[Descriptor]:
        """Yield every model that a folder or a row of a table describes.

        A name may come twice, from a folder and from a row. A file that cannot be read gives a
        descriptor with nothing but its problems.
        """
        for folder, files in self._folders():
            if MODEL in files and not self._is_package(folder):
                yield self._of_folder(folder)
            if MODEL_TEMPLATE in files:
                yield from self._of_template(folder)

    def model(self, folder: str) -> Descriptor:
        """Return the model that a folder's own descriptor describes."""
        return self._of_folder(folder)

    def models(self) -> dict[str, Descriptor]:
        """Return the models by name, sorted; a folder's own descriptor wins over a row."""
        found: dict[str, Descriptor] = {}
        for one in self.listed():
            if one.name not in found or one.path.endswith(f"/{MODEL}"):
                found[one.name] = one
        return dict(sorted(found.items()))

    def dataloader(self, name: str) -> Mapping[str, Any]:
        """Return the data of a dataloader's descriptor.

        Raises:
            DataError: there is none, or it cannot be read.
        """
        if name not in self._loaders:
            self._loaders[name] = self._read_dataloader(name)
        return self._loaders[name]

    def _folders(self) -> Iterator[tuple[str, list[str]]]:
        for count, (folder, inner, files) in enumerate(os.walk(self.root)):
            if count > _MAX_FOLDERS:
                raise DataError(f"a folder of models may hold at most {_MAX_FOLDERS:,} folders. "
                                "Received: more. Name the folder of the models.", path=self.root)
            inner[:] = sorted(n for n in inner if n.isprintable() and not n.startswith("."))
            relative = Path(folder).relative_to(self.root).as_posix()
            if relative.rpartition("/")[2] != _LEFT_OUT:
                yield relative, files

    def _place(self, name: str, folder: str) -> Place:
        return Place(self.root, name, folder, self.base_url)

    def _is_package(self, folder: str) -> bool:
        """Say whether a folder holds a package of ours, whose model.yaml starts with its spec."""
        path = self.root / folder / MODEL
        with contextlib.suppress(OSError):
            if path.is_file():
                with path.open("rb") as stream:
                    return stream.read(len(_SPEC)) == _SPEC
        return False

    def _of_folder(self, folder: str) -> Descriptor:
        path = f"{folder}/{MODEL}"
        try:
            text = self._text(path)
            return self._descriptor(text, self._place(folder, folder), path)
        except (DataError, OSError) as error:
            return Descriptor(folder, path, problems=(str(error),))

    def _of_template(self, group: str) -> Iterator[Descriptor]:
        path = f"{group}/{MODEL_TEMPLATE}"
        try:
            template, rows = self._text(path), self._rows(group)
        except (DataError, OSError) as error:
            yield Descriptor(group, path, problems=(str(error),))
            return
        for row in rows:
            yield self._of_row(row, group, template)

    def _of_row(self, row: Row, group: str, template: str) -> Descriptor:
        name, path = f"{group}/{row.name}", f"{group}/{MODEL_TEMPLATE}"
        if row.problem:
            return Descriptor(name, path, problems=(row.problem,))
        try:
            text = render_template(template, row.columns, path)
            return self._descriptor(text, self._place(name, group), path)
        except DataError as error:
            return Descriptor(name, path, problems=(str(error),))

    def _descriptor(self, text: str, place: Place, path: str) -> Descriptor:
        return read_descriptor(read_mapping(text, path), place, path, self.dataloader)

    def _rows(self, group: str) -> list[Row]:
        if group not in self._tables:
            path = f"{group}/{TABLE}"
            if not (self.root / path).is_file():
                raise DataError(f"a template must have its table {TABLE} beside it. "
                                "Received: no such file.", path=f"{group}/{MODEL_TEMPLATE}")
            self._tables[group] = list(read_rows(self._text(path), path))
        return self._tables[group]

    def _text(self, path: str) -> str:
        found = self._place(".", ".").find(path)
        if found is None:
            raise DataError("a descriptor must be a file. Received: none.", path=path)
        try:
            return read_text(found)
        except DataError as error:
            # Relative, so that an index made of it says the same everywhere.
            raise DataError(str(error).removeprefix(f"{found}: "), path=path) from error

    def _read_dataloader(self, name: str) -> Mapping[str, Any]:
        plain, template = LOADERS
        if (self.root / name / plain).is_file():
            return read_mapping(self._text(f"{name}/{plain}"), f"{name}/{plain}")
        for group in _parents(name):
            if (self.root / group / template).is_file():
                return self._rendered_dataloader(name, group, f"{group}/{template}")
        raise DataError(f"a dataloader must have a {plain}. Received: no such file.", path=name)

    def _rendered_dataloader(self, name: str, group: str, path: str) -> Mapping[str, Any]:
        wanted = name.removeprefix(f"{group}/")
        for row in self._rows(group):
            if row.name == wanted:
                return read_mapping(render_template(self._text(path), row.columns, path), path)
        raise DataError(f"a dataloader must be a row of {TABLE}. Received: {wanted!r}.", path=path)


def _parents(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name

"""The catalogue as a table with the columns of Kipoi's; needs no pandas."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, SupportsIndex, overload

from dlgenomics.package.manifest import read_manifest
from dlgenomics.predict.schema import schema_of
from dlgenomics_zoo import catalogue
from dlgenomics_zoo.catalogue import Entry, locate
from dlgenomics_zoo.kipoi.descriptor import Descriptor, Schema

COLUMNS: Final = (
    "source", "model", "version", "authors", "contributors", "doc", "type", "inputs", "targets",
    "license", "cite_as", "trained_on", "training_procedure", "tags",
)
"""What Kipoi's list_models has, in its order."""


class ModelTable(list[Entry]):
    """A list of models that is also a table, as Kipoi's data frame is.

    >>> from dlgenomics import list_models
    >>> table = list_models(source="kipoi", group="Basset")
    >>> table[0].status, table["model"], table.license
    ('native', ['Basset'], ['MIT'])

    `columns`, ``table["model"]`` and ``table.model`` are there; `to_pandas` makes a data frame of
    it where pandas is installed.
    """

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(COLUMNS)

    @overload
    def __getitem__(self, key: SupportsIndex) -> Entry: ...
    @overload
    def __getitem__(self, key: slice) -> ModelTable: ...
    @overload
    def __getitem__(self, key: str) -> list[Any]: ...

    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        """Return a model by its number, some of them, or a column by its name."""
        if isinstance(key, str):
            if key not in COLUMNS:
                raise KeyError(f"a column is one of {', '.join(COLUMNS)}. Received: {key!r}.")
            return [row[key] for row in self.rows()]
        if isinstance(key, slice):
            return ModelTable(super().__getitem__(key))
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> list[Any]:
        """Return a column."""
        if name not in COLUMNS:
            raise AttributeError(f"a table of models has no {name!r}")
        return self[name]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a dict by column for each model."""
        return map(_row, self)

    def to_pandas(self) -> Any:
        """Return the table as a ``pandas.DataFrame``; pandas must be installed."""
        pandas = import_module("pandas")  # not among our dependencies
        return pandas.DataFrame(list(self.rows()), columns=self.columns)


def list_models(
    query: str = "", source: str | None = None, *, group: str | None = None,
    tag: str | None = None, framework: str | None = None, status: str | None = None,
) -> ModelTable:
    """Return the models that fit; see `dlgenomics_zoo.catalogue.list_models`.

    Args:
        query: words that must all occur in name, description, task or tags.
        source: only this source.
        group: only names that start with this part.
        tag: only models with a tag that holds this text.
        framework: only models made with this.
        status: native, portable, trust, gone, out-of-scope or unreadable.

    Raises:
        DlgError: ``source`` is none.
    """
    return ModelTable(catalogue.list_models(
        query, source, group=group, tag=tag, framework=framework, status=status))


def _row(entry: Entry) -> dict[str, Any]:
    cells = {"source": entry.source, "model": entry.name, "doc": entry.description,
             "license": entry.license, "tags": list(entry.tags)}
    own = {} if entry.problem else _facts(entry)
    return {column: own.get(column, cells.get(column, "")) for column in COLUMNS}


def _facts(entry: Entry) -> dict[str, Any]:
    if entry.folder is None:
        found = locate(entry.name).found
        return _described(found) if isinstance(found, Descriptor) else {}
    spec = read_manifest(entry.folder).spec
    schema = schema_of(spec.data)
    return {"version": spec.info.version, "authors": [one.name for one in spec.info.authors],
            "contributors": [], "type": "keras", "inputs": ", ".join(schema.inputs),
            "targets": ", ".join(schema.targets), "cite_as": spec.cite or "",
            "trained_on": spec.info.trained_on or ""}


def _described(one: Descriptor) -> dict[str, Any]:
    return {"version": one.version, "authors": [person.name for person in one.authors],
            "contributors": [person.name for person in one.contributors], "type": one.framework,
            "inputs": _names(one.inputs), "targets": _names(one.targets), "cite_as": one.cite,
            "trained_on": one.trained_on, "training_procedure": one.training_procedure}


def _names(schema: Schema) -> str:
    return ", ".join(array.path or array.name for array in schema.arrays)

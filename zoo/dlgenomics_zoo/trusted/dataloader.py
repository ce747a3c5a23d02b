"""A model's own dataloader, which is code, as a dataloader of ours; only with trust."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.data.split import Rows
from dlgenomics.errors import DlgError
from dlgenomics.predict.dataloader import Dataloader, LoaderArgument, check_arguments
from dlgenomics.predict.inputs import as_named_arrays
from dlgenomics.predict.layout import source_layouts
from dlgenomics.predict.loaders.loader import Arrays, Batch, Loader, Records
from dlgenomics.predict.nested import flatten, leaves
from dlgenomics.predict.schema import ArraySchema, LoaderSchema
from dlgenomics.spec.inputs import Input
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.trusted.kipoi_package import kipoi_package, run_dataloader_code


def trusted_dataloader(descriptor: Descriptor, inputs: Mapping[str, Input],
                       root: Path) -> Dataloader:
    """Return a model's own dataloader, after running its code.

    Args:
        descriptor: the model.
        inputs: of the network that it feeds.
        root: the folder of the model's source.

    Raises:
        DlgError: kipoi is not installed, or the code fails.
    """
    factory = run_dataloader_code(descriptor, root)
    arguments = tuple(LoaderArgument(one.name, one.doc, required=not one.optional,
                                     default=one.default, example=one.example)
                      for one in descriptor.dataloader.arguments)

    def opened(given: Mapping[str, Any]) -> Loader:
        check_arguments(descriptor.dataloader.defined_as, arguments, given)
        return CodeLoader(inputs, factory(**given))

    def example(folder: str | None) -> dict[str, Any]:
        found: dict[str, Any] = (factory.example_kwargs if folder is None
                                 else factory.download_example(folder))
        return found

    schema = LoaderSchema({name: ArraySchema(tuple(one.shape), one.doc)
                           for name, one in inputs.items()})
    return Dataloader(descriptor.dataloader.defined_as, arguments, opened, schema, example)


class CodeLoader(Loader):
    """The rows that a dataloader of kipoi gives.

    One that can be asked for single rows is; of any other everything is read first.

    Args:
        inputs: of the network.
        found: an open dataloader of kipoi.
    """

    def __init__(self, inputs: Mapping[str, Input], found: Any) -> None:
        self.inputs, self.others = inputs, {}
        self._found = found
        self._rows = isinstance(found, kipoi_package().data.Dataset)
        self._all: Batch = {} if self._rows else found.load_all()
        self._count = len(found) if self._rows else len(next(leaves(self._all["inputs"]))[1])

    def __len__(self) -> int:
        return self._count

    def codes(self, rows: Rows) -> Codes:  # noqa: ARG002 - the loaders' interface
        """Refuse: this loader gives arrays and no letters.

        Raises:
            DlgError: always.
        """
        raise DlgError("a dataloader of the model's own gives arrays. Received: a wish for "
                       "letters. Use arrays(rows).")

    def batch(self, rows: Rows) -> Batch:
        """Return some rows as the model's own dataloader gives them."""
        found: Batch = (_stacked([self._found[int(row)] for row in rows]) if self._rows
                        else _taken(self._all, rows))
        return found

    def arrays(self, rows: Rows) -> Arrays:
        """Return what the network takes for some rows, by input.

        Raises:
            ShapeError: the dataloader gives arrays of other shapes.
        """
        given = self.batch(rows)["inputs"]
        if isinstance(given, Mapping) and len(self.inputs) == 1 and len(given) == 1:
            given = next(iter(given.values()))
        return as_named_arrays(given, self.inputs, source_layouts(self.inputs))

    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return the metadata of some rows."""
        return dict(self.batch(rows).get("metadata", {}))

    def records(self, rows: Rows) -> Records:
        """Return the metadata of some rows as columns; their numbers where there are none."""
        return flatten(self.metadata(rows)) or {"id": rows.astype(str)}


def _stacked(rows: list[Any]) -> Any:
    """Return nested values of single rows as nested arrays, the rows on axis 0."""
    first = rows[0]
    if isinstance(first, Mapping):
        return {name: _stacked([row[name] for row in rows]) for name in first}
    if isinstance(first, list | tuple):
        return [_stacked([row[place] for row in rows]) for place in range(len(first))]
    return np.asarray(rows)


def _taken(nested: Any, rows: NDArray[np.int64]) -> Any:
    if isinstance(nested, Mapping):
        return {name: _taken(one, rows) for name, one in nested.items()}
    if isinstance(nested, list | tuple):
        return [_taken(one, rows) for one in nested]
    return np.asarray(nested)[rows]

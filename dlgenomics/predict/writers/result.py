"""Some rows of predictions with what is kept beside them, in the forms that files need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.cells import TEXTS
from dlgenomics.errors import DlgError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.nested import Columns, flatten, join_rows, leaves, map_leaves

_WIDEST: Final = 64
"""Letters of texts that are kept with a fixed width, 4 bytes each."""

COLUMN_LABELS: Final = "column_labels"
"""What names along the last axis are called, as in the descriptors of Kipoi's models."""


@dataclass(frozen=True)
class Result:
    """Some rows, in order.

    Attributes:
        records: columns that name the rows: contig, start, end and so on.
        predictions: an array, or arrays by target; the rows on axis 0.
        naming: how predictions become columns.
        metadata: Kipoi's metadata of the rows.
        kept: what else goes into the file: ``inputs``, ``targets``, ``metadata``; nested.
    """

    records: Mapping[str, NDArray[Any]]
    predictions: Any
    naming: Naming = field(default_factory=Naming)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(leaves(self.predictions))[1])

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays."""
        return sum(array.nbytes for part in self._parts() for _, array in leaves(part))

    def take(self, first: int, last: int) -> Self:
        """Return the rows from ``first`` up to ``last``."""
        return self.mapped(lambda array: array[first:last])

    def mapped(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Self:
        """Return the result with each of its arrays changed."""
        return self._with([map_leaves(change, part) for part in self._parts()])

    def portable(self) -> Self:
        """Return the result with texts of fixed width, as files of NumPy hold them.

        Where one has over 64 letters they are Python's texts: all would become as wide.
        """
        return self.mapped(_portable)

    @classmethod
    def join(cls, results: Sequence[Self]) -> Self:
        """Return successive rows as one result."""
        parts = zip(*(one._parts() for one in results), strict=True)
        return results[0]._with([join_rows(part) for part in parts])

    def table(self) -> Columns:
        """Return one column a number: the records, the predictions by target, what is kept.

        A prediction's column that has the name of another one has ``preds/`` before it.
        """
        kept = flatten(self.kept)
        taken = {*self.records, *kept}
        predictions = {f"{self.naming.key}/{name}" if name in taken else name: one
                       for name, one in self.naming.columns(self.predictions).items()}
        return {**self.records, **predictions, **kept}

    def nested(self) -> dict[str, Any]:
        """Return arrays by name, as Kipoi nests them: ``preds`` and what is kept."""
        return {self.naming.key: self.predictions, **self.kept}

    def column_labels(self) -> dict[str, Sequence[str]]:
        """Return the names along the last axis of each array of predictions, by its nested key.

        They are those of a table's columns; arrays without names are left out.
        """
        labels = self.naming.labels or {}
        if isinstance(self.predictions, Mapping):
            return {f"{self.naming.key}/{name}": labels[name] for name in self.predictions
                    if name in labels}
        return {self.naming.key: next(iter(labels.values()))} if labels else {}

    def bed(self) -> Columns:
        """Return BED6 columns, then the predictions and what is kept, their keys joined by ``/``.

        The places are those of `spots`; what lies before a contig's start is cut off, since BED has
        no such bases. A row without a name has its number.

        Raises:
            DlgError: the rows have no places in a genome.
        """
        ranges = self.places
        contig, start, end = self.spots
        names = self.records.get("name", ranges["id"])
        strand = np.where(np.isin(ranges["strand"], ("+", "-")), ranges["strand"], ".")
        kept = {name: one for name, one in flatten(self.kept).items()
                if not name.startswith("metadata/ranges/")}
        return {"#chr": contig, "start": np.maximum(start, 0), "end": end, "name": names,
                "score": np.full(len(start), "."), "strand": strand,
                **flatten({self.naming.key: self.predictions}), **kept}

    @property
    def places(self) -> Mapping[str, NDArray[Any]]:
        """The rows' places in a genome: ``chr``, ``start``, ``end``, ``id``, ``strand``.

        Raises:
            DlgError: they have none.
        """
        ranges = self.metadata.get("ranges")
        if ranges is None:
            raise DlgError("a .bed, .bedgraph or .bw file needs rows with places in a genome. "
                           "Received: rows without metadata.ranges. Write .tsv, .parquet or .h5.")
        places: Mapping[str, NDArray[Any]] = ranges
        return places

    @property
    def spots(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Contigs, starts and ends of what the rows stand for.

        These are the intervals or tiles that were asked for, where the network may see more; the
        contigs are the genome's, which a file of intervals may call otherwise.

        Raises:
            DlgError: the rows have no places in a genome.
        """
        asked = self.records if {"start", "end"} <= set(self.records) else self.places
        return self.places["chr"], asked["start"], asked["end"]

    def _parts(self) -> tuple[Any, ...]:
        return self.records, self.predictions, self.metadata, self.kept

    def _with(self, parts: Sequence[Any]) -> Self:
        records, predictions, metadata, kept = parts
        return replace(self, records=records, predictions=predictions, metadata=metadata,
                       kept=kept)


def _portable(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind != "O":
        return array
    longest = max(map(len, map(str, array.ravel().tolist())), default=0)
    return array.astype(str) if longest <= _WIDEST else array.astype(TEXTS).astype(object)

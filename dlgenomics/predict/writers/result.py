"""Some rows of predictions with what is kept beside them, in the forms that files need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.predict.loaders.ranges import Ranges

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Result:
    """Some rows, in order.

    Attributes:
        records: columns that name the rows: contig, start, end and so on.
        predictions: an array, or arrays by target; the rows on axis 0.
        named: predictions → columns, named by target.
        metadata: Kipoi's metadata of the rows.
        kept: what else goes into the file: ``inputs``, ``targets``, ``metadata``; nested.
    """

    records: Mapping[str, NDArray[Any]]
    predictions: Any
    named: Callable[[Any], Columns]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)

    def table(self) -> Columns:
        """Return one column a number: the records, the predictions by target, what is kept."""
        return {**self.records, **self.named(self.predictions), **flatten(self.kept)}

    def nested(self) -> dict[str, Any]:
        """Return arrays by name, as Kipoi nests them: ``preds`` and what is kept."""
        return {"preds": self.predictions, **self.kept}

    def bed(self) -> Columns:
        """Return BED6 columns, then the predictions and what is kept, their keys joined by ``/``.

        Raises:
            DlgError: the rows have no places in a genome.
        """
        ranges = self.metadata.get("ranges")
        if ranges is None:
            raise DlgError("a .bed file needs rows with places in a genome. Received: rows without "
                           "metadata.ranges. Write .tsv, .parquet or .h5.")
        count = len(ranges["start"])
        strand = np.where(np.isin(ranges["strand"], ("+", "-")), ranges["strand"], ".")
        kept = {name: one for name, one in flatten(self.kept).items()
                if not name.startswith("metadata/ranges/")}
        return {"#chr": ranges["chr"], "start": ranges["start"], "end": ranges["end"],
                "name": ranges["id"], "score": np.full(count, "."), "strand": strand,
                **flatten({"preds": self.predictions}), **kept}


def flatten(nested: Any) -> Columns:
    """Return nested arrays as columns, one number a row.

    Keys are joined by ``/``; along further axes a column has its place as key, in numeric order:
    ``preds/0``, ``preds/1`` … ``preds/10``.
    """
    return {"/".join([key, *map(str, place)]): array[(slice(None), *place)]
            for key, array in leaves(nested) for place in np.ndindex(array.shape[1:])}


def leaves(nested: Any, key: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays of mappings and lists, their keys joined by ``/``."""
    if isinstance(nested, Mapping | list | tuple):
        items = nested.items() if isinstance(nested, Mapping) else enumerate(nested)
        for name, one in items:
            yield from leaves(one, f"{key}/{name}" if key else str(name))
    else:
        yield key, np.asarray(nested)


def join_rows(parts: list[Any]) -> Any:
    """Return nested arrays of successive rows as one, the rows on axis 0."""
    first = parts[0]
    if isinstance(first, Mapping):
        joined = {name: join_rows([part[name] for part in parts]) for name in first}
        return Ranges(joined) if isinstance(first, Ranges) else joined
    if isinstance(first, list | tuple):
        return [join_rows(list(ones)) for ones in zip(*parts, strict=True)]
    return np.concatenate(parts)

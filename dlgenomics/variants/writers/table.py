"""A row for each alternative allele."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers.heading import Writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.variants.writers.scored import Scored


class TableWriter:
    """Columns chrom, pos (from 1), id, ref, alt, skipped, swapped, n, then the scores.

    A score of several columns has one each, as ``score/column``. HDF5 has a group of scores and
    the profiles, alt less ref along positions.

    Args:
        writer: of predictions, which takes the rows.
        columns: the columns of each score.
    """

    def __init__(self, writer: Writer, columns: Mapping[str, Sequence[str]]) -> None:
        self._writer = writer
        self._naming = Naming("scores", {
            score: [f"{score}/{name}" for name in names] if len(names) > 1 else [score]
            for score, names in columns.items()})

    def write(self, scored: Scored) -> None:
        """Add records."""
        records = _records(scored)
        nested: dict[str, Any] = {"variants": records, "scores": dict(scored.scores)}
        if scored.profiles:
            nested["profiles"] = dict(scored.profiles)
        self._writer.write(_Rows(records, scored.scores, self._naming, kept=nested))


class _Rows(Result):
    """Rows whose kept arrays are the whole of an HDF5 file and no part of a table."""

    def table(self) -> dict[str, NDArray[Any]]:
        return {**self.records, **self.naming.columns(self.predictions)}

    def nested(self) -> dict[str, Any]:
        return dict(self.kept)


def _records(scored: Scored) -> dict[str, NDArray[Any]]:
    pairs = scored.flat()
    return {
        "chrom": np.array([record.contig for record, _ in pairs], object),
        "pos": np.array([record.start + 1 for record, _ in pairs], np.int64),
        "id": np.array([record.name for record, _ in pairs], object),
        "ref": np.array([one.ref for _, one in pairs], object),
        "alt": np.array([one.alt for _, one in pairs], object),
        "skipped": np.array([one.skipped or "." for _, one in pairs], object),
        "swapped": np.array([int(one.is_swapped) for _, one in pairs], np.int64),
        "n": scored.unknown,
    }

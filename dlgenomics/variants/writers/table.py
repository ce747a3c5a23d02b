"""A row for each alternative allele."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers.heading import Writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.vcf import Record
from dlgenomics.variants.writers.scored import Scored

_ALLELES: Final = ("ref", "alt")  # columns of a table that scores are called, too


class TableWriter:
    """Columns chrom, pos (from 1), id, ref, alt, skipped, swapped, n, then the scores.

    A score of several columns has one each, as ``score/column``; in tables ``ref/column`` and
    ``alt/column`` always, beside the alleles. Files of arrays have the groups ``variants``,
    ``scores`` and ``profiles``: alt less ref along positions.

    Args:
        writer: of predictions, which takes the rows.
        columns: the columns of each score.
        nested: whether the file holds arrays rather than a table.
    """

    def __init__(self, writer: Writer, columns: Mapping[str, Sequence[str]], *,
                 nested: bool) -> None:
        self._writer = writer
        self._nested = nested
        self._naming = Naming("scores", {
            score: [f"{score}/{name}" for name in names]
            if len(names) > 1 or (score in _ALLELES and not nested) else [score]
            for score, names in columns.items()})

    def write(self, scored: Scored) -> None:
        """Add records."""
        pairs = scored.flat()
        records = {**place_columns(pairs),
                   "swapped": np.array([int(one.is_swapped) for _, one in pairs], np.int64),
                   "n": scored.unknown}
        kept: dict[str, Any] = {"variants": records} if self._nested else {}
        if self._nested and scored.profiles:
            kept["profiles"] = dict(scored.profiles)
        self._writer.write(Result(records, dict(scored.scores), self._naming, kept=kept))


def place_columns(pairs: Sequence[tuple[Record, Allele]]) -> dict[str, NDArray[Any]]:
    """Return the columns that say which allele a row is of, and why it has no scores."""
    return {
        "chrom": np.array([record.contig for record, _ in pairs], object),
        "pos": np.array([record.start + 1 for record, _ in pairs], np.int64),
        "id": np.array([record.name for record, _ in pairs], object),
        "ref": np.array([one.ref for _, one in pairs], object),
        "alt": np.array([one.alt for _, one in pairs], object),
        "skipped": np.array([one.skipped or "." for _, one in pairs], object),
    }

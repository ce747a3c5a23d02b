"""Tables of scored mutations: a row each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.errors import OutputError
from dlgenomics.language.score import Scores
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.writers import open_writer
from dlgenomics.predict.writers.result import Result

ENDINGS: Final = (".tsv", ".tsv.gz", ".parquet")
_NAMING: Final = Naming("score", {"score": ["score"]})


def check_ending(path: Path | str) -> None:
    """Refuse a name whose ending names no table, before any work is done; ``-`` is TSV.

    Raises:
        OutputError: an unknown ending.
    """
    name = Path(path).name
    if str(path) != "-" and not name.lower().endswith(ENDINGS):
        raise OutputError(path, f"the ending {Path(name).suffix or 'of no format'!r}",
                          f"Name a file that ends in {', '.join(ENDINGS)}.")


def write_scores(path: Path | str, found: Iterable[Scores]) -> int:
    """Write columns ``name``, ``mutation`` and ``score``; a row a mutation, in order.

    Args:
        path: ends in one of `ENDINGS`; ``-`` is TSV on standard output. A file appears whole at
            the end.
        found: the scores.

    Returns:
        The number of rows.

    Raises:
        OutputError: an unknown ending, a full disk or a place that is not writable.
    """
    check_ending(path)
    rows = 0
    with open_writer(path) as writer:
        for one in found:
            records = {"name": np.full(len(one.values), one.record.name, object),
                       "mutation": np.array([str(m) for m in one.mutations], object)}
            writer.write(Result(records, one.values[:, None], _NAMING))
            rows += len(one.values)
    return rows

"""Inputs that are columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.banks import Held
from dlgenomics.data.features import Feature, Plain
from dlgenomics.data.tables import Table, read_table
from dlgenomics.errors import DataError, DlgError, did_you_mean
from dlgenomics.spec.inputs import ArrayInput, Input, NumericInput


def numeric_features(inputs: Mapping[str, Input], table: Table) -> dict[str, Feature]:
    """Return the features of the inputs that are columns of a table.

    Raises:
        DlgError: an input takes arrays that were made elsewhere, which no file here holds.
        DataError: a column is missing, or holds no numbers.
    """
    for name, one in inputs.items():
        if isinstance(one, ArrayInput):
            raise DlgError(f"a file must hold what input {name!r} takes: {one.doc}. Received: "
                           "none. Use predict_on_batch, which takes arrays.")
    numbers = {name: one for name, one in inputs.items() if isinstance(one, NumericInput)}
    for name, one in numbers.items():
        missing = [column for column in one.columns if column not in table.columns]
        if missing:
            raise DataError(f"input {name!r} takes the columns {', '.join(one.columns)}. Received: "
                            f"no {missing[0]!r} among {', '.join(table.columns) or 'no columns'}."
                            f"{did_you_mean(missing[0], table.columns)} Name a table that has "
                            "them with --table (table_file=).", path=table.path)
    return {name: Plain(Held(np.stack([table.numbers(c) for c in one.columns], axis=1)))
            for name, one in numbers.items()}


def has_numbers(inputs: Mapping[str, Input]) -> bool:
    """Return whether inputs need a table, or arrays that none can hold."""
    return any(isinstance(one, NumericInput | ArrayInput) for one in inputs.values())


def table_for(names: tuple[str, ...], table_file: Path | str | None, of: str,
              columns: Mapping[str, NDArray[Any]]) -> Table:
    """Return the columns of some rows: those of a table, joined by name, or their own."""
    return Table(of, columns) if table_file is None else read_table(table_file).joined(names, of)

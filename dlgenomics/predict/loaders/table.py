"""Rows of a table, for models that take numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlgenomics.data.encoding import Codes
from dlgenomics.data.split import Rows
from dlgenomics.data.tables import read_table
from dlgenomics.predict.loaders.loader import Loader, Records
from dlgenomics.predict.loaders.numeric import numeric_features
from dlgenomics.spec.inputs import Input


class TableLoader(Loader):
    """Rows of a table, for models that take numbers alone.

    Args:
        inputs: the model's inputs.
        table_file: tab-separated with a header; its first column names the rows.

    Raises:
        DataError: the file is missing or malformed, or lacks a column.
    """

    def __init__(self, inputs: Mapping[str, Input], table_file: Path | str) -> None:
        self.inputs = inputs
        table = read_table(table_file)
        self.names = next(iter(table.columns.values()))
        self.others = numeric_features(inputs, table)

    def __len__(self) -> int:
        return len(self.names)

    def codes(self, rows: Rows) -> Codes:
        """Return empty codes, shape (rows, 0)."""
        return np.empty((len(rows), 0), np.uint8)

    def records(self, rows: Rows) -> Records:
        """Return the rows' names."""
        return {"name": self.names[rows]}

    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return the rows' names as ``id``."""
        return {"id": self.names[rows]}

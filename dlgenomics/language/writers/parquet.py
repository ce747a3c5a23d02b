"""Embeddings as a Parquet file, one row a sequence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dlgenomics.language.embedding import Contents, Embedding


class ParquetEmbeddings:
    """Columns ``name``, ``length`` and ``embedding``, a list of float32 of a fixed size.

    With a vector a residue ``embedding`` is a list of such lists. The model and its layer are
    metadata of the schema.
    """

    def __init__(self, path: Path, contents: Contents) -> None:
        import pyarrow as pa  # noqa: PLC0415 - a third of a second that others need not pay
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._vector = pa.list_(pa.float32(), contents.channels)
        self._by_residue = contents.pool == "tokens"
        embedding = pa.list_(self._vector) if self._by_residue else self._vector
        about = {**contents.about, "pool": contents.pool}
        schema = pa.schema([("name", pa.string()), ("length", pa.int64()),
                            ("embedding", embedding)], metadata=about)
        self._writer = pq.ParquetWriter(path, schema)

    def write(self, found: Embedding) -> None:
        """Add some sequences, as one row group."""
        import pyarrow as pa  # noqa: PLC0415 - as above

        flat = pa.array(np.ascontiguousarray(found.vectors).ravel())
        vectors: Any = pa.FixedSizeListArray.from_arrays(flat, type=self._vector)
        if self._by_residue:
            offsets = pa.array(np.cumsum([0, *found.lengths]), pa.int32())
            vectors = pa.ListArray.from_arrays(offsets, vectors)
        columns = [pa.array(found.names, pa.string()), pa.array(found.lengths, pa.int64()), vectors]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._writer.schema))

    def finish(self) -> None:
        """Write the footer."""
        self._writer.close()

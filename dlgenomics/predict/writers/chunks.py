"""How arrays are divided in files that hold them in chunks."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

_BYTES: Final = 1 << 20
_MOST_ROWS: Final = 10_000


def chunk_shape(array: NDArray[Any]) -> tuple[int, ...]:
    """Return the shape of chunks: whole rows, as many as make 1 MiB, and at most 10,000."""
    row = max(1, math.prod(array.shape[1:]) * array.dtype.itemsize)
    return min(_MOST_ROWS, max(1, _BYTES // row)), *array.shape[1:]

"""Where in a sequence contributions are largest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def busiest_stretch(heights: NDArray[np.float32], length: int) -> tuple[int, int]:
    """Return first position and end of the stretch with most contributions, up or down.

    Their centre of mass is in the middle, where there is room.
    """
    length = min(length, len(heights))
    size = np.abs(heights).astype(np.float64)
    total = np.concatenate([[0.0], size.cumsum()])
    first = int((total[length:] - total[:-length]).argmax())
    here = size[first:first + length]
    if here.any():
        middle = first + float(np.average(np.arange(length) + 0.5, weights=here))
        first = int(np.clip(round(middle - length / 2), 0, len(heights) - length))
    return first, first + length

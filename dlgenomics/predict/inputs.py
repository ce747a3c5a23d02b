"""What a user passes as ``x`` → named float32 arrays of the right shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import ShapeError


def as_named_arrays(
    x: Any, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """Return ``x`` as arrays by input name.

    Args:
        x: an array where there is one input; else a list in the inputs' order, or a dict by name.
        shapes: each input's shape without the batch axis.

    Raises:
        ShapeError: an array has another shape; the message states both.
        ValueError: the inputs given are not those of the model.
    """
    found = _named(x, list(shapes))
    arrays = {name: np.asarray(value, np.float32) for name, value in found.items()}
    for name, shape in shapes.items():
        if arrays[name].shape[1:] != shape or not arrays[name].ndim:
            raise ShapeError(f"input {name!r}", (None, *shape), arrays[name].shape)
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = {name: len(array) for name, array in arrays.items()}
        raise ValueError(f"all inputs must have the same batch size. Received: {sizes}.")
    return arrays


def _named(x: Any, names: list[str]) -> dict[str, Any]:
    if isinstance(x, Mapping):
        given = dict(x)
    elif isinstance(x, list | tuple) and len(names) > 1:
        given = dict(zip(names, x, strict=False)) if len(x) == len(names) else {}
    else:
        given = {names[0]: x} if len(names) == 1 else {}
    if set(given) != set(names):
        came = list(given) if isinstance(x, Mapping) else type(x).__name__
        raise ValueError(f"the model takes the inputs {', '.join(names)}. Received: {came}. "
                         "Pass a dict by name.")
    return given

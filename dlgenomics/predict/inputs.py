"""What a user passes as ``x`` → named arrays of the right shape."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.layout import Layout
from dlgenomics.errors import ShapeError
from dlgenomics.predict.layout import as_network
from dlgenomics.predict.tokens import is_encoded, token_ids
from dlgenomics.spec.inputs import Input, TokensInput

NO_LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType({})


def as_named_arrays(
    x: Any, inputs: Mapping[str, Input], layouts: Mapping[str, Layout] = NO_LAYOUTS
) -> dict[str, NDArray[Any]]:
    """Return ``x`` as arrays by input name.

    Args:
        x: an array where there is one input; else a list in the inputs' order, or a dict by name.
        inputs: the network's inputs.
        layouts: how the source's users lay out some of them; see `as_network`.

    Raises:
        ShapeError: an array has another shape; the message states what it may be.
        ValueError: the inputs given are not those of the model.
    """
    found = {next(iter(inputs)): x} if is_encoded(x, inputs) else named(x, list(inputs))
    arrays: dict[str, NDArray[Any]] = {}
    for name, one in inputs.items():
        if isinstance(one, TokensInput):
            arrays[name] = token_ids(found[name], name, one)
            continue
        array = np.asarray(found[name], np.int32 if one.kind == "kmer" else np.float32)
        arrays[name] = as_network(array, name, one, layouts[name]) if name in layouts else array
        if arrays[name].shape[1:] != tuple(one.shape) or not arrays[name].ndim:
            raise ShapeError(f"input {name!r}", (None, *one.shape), arrays[name].shape)
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = {name: len(array) for name, array in arrays.items()}
        raise ValueError(f"all inputs must have the same batch size. Received: {sizes}.")
    return arrays


def named(x: Any, names: list[str]) -> dict[str, Any]:
    """Return what was passed as ``x`` by input name.

    Raises:
        ValueError: the inputs given are not those of the model.
    """
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

"""What a user passes as ``x`` → named arrays of the right shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.layout import Layout
from dlgenomics.errors import ShapeError
from dlgenomics.spec.inputs import Input


def as_named_arrays(x: Any, inputs: Mapping[str, Input]) -> dict[str, NDArray[Any]]:
    """Return ``x`` as arrays by input name.

    Args:
        x: an array where there is one input; else a list in the inputs' order, or a dict by name.
        inputs: the network's inputs.

    Raises:
        ShapeError: an array has another shape; the message states both.
        ValueError: the inputs given are not those of the model.
    """
    found = _named(x, list(inputs))
    arrays = {name: _fitted(name, found[name], one) for name, one in inputs.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = {name: len(array) for name, array in arrays.items()}
        raise ValueError(f"all inputs must have the same batch size. Received: {sizes}.")
    return arrays


def _fitted(name: str, value: Any, one: Input) -> NDArray[Any]:
    """Return an array in the network's own layout, from that or from the source's."""
    array = np.asarray(value, np.int32 if one.kind == "kmer" else np.float32)
    if array.shape[1:] == tuple(one.shape) and array.ndim:
        return array
    layout = _source_layout(one)
    if layout is None or array.shape[1:] != layout.shape(one.shape[0]):
        other = () if layout is None else (None, *layout.shape(one.shape[0]))
        raise ShapeError(f"input {name!r}", (None, *one.shape), array.shape, other)
    return layout.undo(array)


def _source_layout(one: Input) -> Layout | None:
    if one.kind != "dna" or one.layout is None:
        return None
    written = one.layout
    return Layout(written.alphabet_axis, written.dummy_axis, written.alphabet)


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

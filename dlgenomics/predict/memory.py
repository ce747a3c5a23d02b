"""How many rows go through a network at once, where nobody says."""

from __future__ import annotations

import math
from typing import Final

from dlgenomics.settings import load_settings
from dlgenomics.spec.outline import outline
from dlgenomics.spec.types import Spec

LARGEST: Final = 512
"""Larger batches were no faster for any network that was measured, from 1,000 to 4 M parameters;
small networks are a third slower with 128."""

_SHARE: Final = 8
_FLOAT32: Final = 4


def row_bytes(spec: Spec) -> int:
    """Return about how many bytes a network needs for a row, where most is held at once.

    What a layer gives is held until the last layer that follows it is through.
    """
    sizes = _sizes(spec)
    last = {source: place for place, layer in enumerate(spec.model.layers)
            for source in layer.inputs}
    held = {name: sizes[name] for name in spec.model.inputs}
    most = sum(held.values())
    for place, layer in enumerate(spec.model.layers):
        held[layer.name] = sizes[layer.name]
        most = max(most, sum(held.values()))
        held = {name: size for name, size in held.items()
                if last.get(name, -1) > place or name in spec.model.outputs}
    return most


def gradient_row_bytes(spec: Spec) -> int:
    """Return about how many bytes a gradient needs for a row: what all layers give is held."""
    return 2 * sum(_sizes(spec).values())


def _sizes(spec: Spec) -> dict[str, int]:
    """Return the bytes of a row of each input and of what each layer gives."""
    shapes = {name: tuple(spec.data.inputs[name].shape) for name in spec.model.inputs}
    return {name: _FLOAT32 * math.prod(n or 1 for n in one.shape)
            for name, one in outline(spec.model.layers, shapes).items()}


def automatic_batch_size(spec: Spec) -> int:
    """Return the largest power of two up to `LARGEST` whose rows fit an eighth of ``DLG_MEMORY``.

    It depends on the spec and that setting alone, so that every machine chooses the same.
    """
    rows = load_settings().memory // _SHARE // max(row_bytes(spec), 1)
    return min(LARGEST, 1 << max(rows.bit_length() - 1, 0)) if rows else 1

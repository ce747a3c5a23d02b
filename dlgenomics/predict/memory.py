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
    """Return about how many bytes a network needs for a row: its largest layers, in and out."""
    shapes = {name: tuple(one.shape) for name, one in spec.data.inputs.items()}
    known = outline(spec.model.layers, {name: shapes[name] for name in spec.model.inputs})
    sizes = sorted((math.prod(n or 1 for n in one.shape) for one in known.values()), reverse=True)
    return _FLOAT32 * sum(sizes[:2])


def automatic_batch_size(spec: Spec) -> int:
    """Return the largest power of two up to `LARGEST` whose rows fit an eighth of ``DLG_MEMORY``.

    It depends on the spec and that setting alone, so that every machine chooses the same.
    """
    rows = load_settings().memory // _SHARE // max(row_bytes(spec), 1)
    return min(LARGEST, 1 << max(rows.bit_length() - 1, 0)) if rows else 1

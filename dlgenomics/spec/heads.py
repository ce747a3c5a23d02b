"""The layers whose activation is that of an output."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from dlgenomics.spec.types import Layer

_PASSING: Final = ("Average", "IsotonicCalibration")
"""Layers that leave to those before them what an output's activation must be."""


def head_names(layers: Sequence[Layer], outputs: Collection[str]) -> list[str]:
    """Return the outputs; in place of an average or a calibration, what it is made of."""
    by_name = {layer.name: layer for layer in layers}
    found: list[str] = []
    for name in outputs:
        layer = by_name.get(name)
        found += layer.inputs if layer is not None and layer.kind in _PASSING else [name]
    return found

"""The layers whose activation is that of an output."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dlgenomics.spec.types import Layer


def head_names(layers: Sequence[Layer], outputs: Collection[str]) -> list[str]:
    """Return the outputs, and in place of an average (of both strands, say) what it averages."""
    by_name = {layer.name: layer for layer in layers}
    found: list[str] = []
    for name in outputs:
        layer = by_name.get(name)
        found += layer.inputs if layer is not None and layer.kind == "Average" else [name]
    return found

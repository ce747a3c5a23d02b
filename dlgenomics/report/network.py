"""The layers of a spec as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlgenomics.spec import Spec, dump_yaml, parse_spec, summarize
from dlgenomics.spec.summary import LayerSummary, Summary


def layer_rows(spec: Spec, summary: Summary) -> Iterator[tuple[str, ...]]:
    """Yield name, kind, output shape, parameters, receptive field and initializer of each layer."""
    reasons = _fitting(spec)
    for layer in summary.layers:
        yield (
            layer.name,
            layer.kind,
            _shape(layer.shape),
            f"{layer.parameters:,}" if layer.parameters else "",
            "all" if layer.receptive_field is None else f"{layer.receptive_field:,}",
            _initializer(layer, reasons.get(layer.name, "")),
        )


def _shape(shape: tuple[int | None, ...]) -> str:
    return " × ".join("any" if size is None else f"{size:,}" for size in shape)


def _initializer(layer: LayerSummary, fitting: str) -> str:
    """Return a layer's initializer; where it is the one that fits, with the reason."""
    name = layer.initializer.partition(" (")[0]
    return fitting if fitting.partition(" (")[0] == name else layer.initializer


def _fitting(spec: Spec) -> dict[str, str]:
    """Return the initializer that would be chosen for each layer, and why.

    A run's spec is resolved: it writes each initializer and no longer says why. Without them, the
    choice is made again.
    """
    data = spec.to_data()
    for layer in data["model"]["layers"]:
        _without_initializer(next(iter(layer.values())))
    chosen = summarize(parse_spec(dump_yaml(data)))
    return {layer.name: layer.initializer for layer in chosen.layers}


def _without_initializer(arguments: dict[str, Any]) -> None:
    arguments.pop("kernel_initializer", None)
    if "layer" in arguments:
        _without_initializer(next(iter(arguments["layer"].values())))

"""What goes into a model and what comes out, by name; shapes are those of one example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlgenomics.spec.types import Data


@dataclass(frozen=True)
class ArraySchema:
    """One input or target: its shape without the batch axis and what the numbers are."""

    shape: tuple[int | None, ...]
    doc: str
    column_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """What goes in and what comes out, by name."""

    inputs: Mapping[str, ArraySchema]
    targets: Mapping[str, ArraySchema]


@dataclass(frozen=True)
class LoaderSchema:
    """What the batches of a dataloader hold.

    Attributes:
        inputs: one array by itself, or arrays by name.
        targets: the same; None where there are none.
        metadata: what is known of each row, by name, in words.
    """

    inputs: ArraySchema | Mapping[str, ArraySchema]
    targets: ArraySchema | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def schema_of(data: Data) -> Schema:
    """Return what goes in and what comes out, from a spec's data section."""
    inputs = {name: ArraySchema(tuple(one.shape), one.doc) for name, one in data.inputs.items()}
    targets = {name: ArraySchema(data.output_shape(name), target.doc, target.names)
               for name, target in data.targets.items()}
    return Schema(inputs, targets)

"""The schema of a descriptor in the words that all models have."""

from __future__ import annotations

from dlgenomics.predict.schema import ArraySchema, Schema
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.descriptor import Schema as Arrays


def described_schema(descriptor: Descriptor) -> Schema:
    """Return shapes by name; arrays without one are called ``input`` and ``target``."""
    return Schema(_described(descriptor.inputs, "input"), _described(descriptor.targets, "target"))


def _described(arrays: Arrays, alone: str) -> dict[str, ArraySchema]:
    return {array.path or array.name or alone: ArraySchema(
        array.shape or (), array.doc, array.labels) for array in arrays.arrays}

"""References of a spec → objects of Keras: initializers, regularizers, constraints, optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import keras

from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.vocabulary import PER_UNIT, SCHEDULES

_MODULES: Final = {
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
}


def make_object(module: Any, reference: Reference) -> Any:
    """Return the object of a Keras module that a checked reference names."""
    return getattr(module, reference.name)(**_made(reference.arguments))


def _made(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with the schedules among them made."""
    return {
        key: make_object(keras.optimizers.schedules, value)
        if isinstance(value, Reference) and value.name in SCHEDULES else value
        for key, value in arguments.items()
    }


def make_arguments(arguments: Mapping[str, Any], axes: Mapping[str, int]) -> dict[str, Any]:
    """Return a layer's arguments with their references made into Keras objects.

    Args:
        arguments: as a spec's layer holds them.
        axes: the number of axes of each weight (``kernel``), for constraints by unit.
    """
    return {k: _argument(k, v, axes) for k, v in arguments.items()}


def _argument(key: str, value: Any, axes: Mapping[str, int]) -> Any:
    if not isinstance(value, Reference):
        return value
    weight, _, noun = key.rpartition("_")
    if value.arguments.get("axis") == PER_UNIT:
        # All axes but the last: MaxNorm's own default would norm a Conv1D kernel over width only.
        every = list(range(axes.get(weight, 2) - 1))
        value = Reference(value.name, {**value.arguments, "axis": every})
    return make_object(_MODULES[noun], value)

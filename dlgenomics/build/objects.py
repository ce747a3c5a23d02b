"""References of a spec → objects of Keras: initializers, regularizers, constraints, losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import keras

from dlgenomics.build.activations import make_activation
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.vocabulary import PER_UNIT

_MODULES: Final = {
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
}


def make_object(module: Any, reference: Reference) -> Any:
    """Return the object of a Keras module that a checked reference names."""
    return getattr(module, reference.name)(**reference.arguments)


UnitAxes = Callable[[str], Sequence[int]]
"""A weight's name (``kernel``) → the axes over which the weights of one unit run."""


def make_arguments(arguments: Mapping[str, Any], unit_axes: UnitAxes) -> dict[str, Any]:
    """Return a layer's arguments with their references made into Keras objects.

    Args:
        arguments: as a spec's layer holds them.
        unit_axes: for constraints by unit.
    """
    return {k: _argument(k, v, unit_axes) for k, v in arguments.items()}


def _argument(key: str, value: Any, unit_axes: UnitAxes) -> Any:
    if key.endswith("activation"):
        return make_activation(value)
    if not isinstance(value, Reference):
        return value
    weight, _, noun = key.rpartition("_")
    if value.arguments.get("axis") == PER_UNIT:
        axes = list(unit_axes(weight))
        value = Reference(value.name, {**value.arguments, "axis": axes})
    return make_object(_MODULES[noun], value)

"""Arrays by layer → a built Keras model, strictly: every array used, every weight set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics_zoo.formats.errors import WeightsError


def load_weights(model: Any, weights: Mapping[str, Sequence[NDArray[Any]]],
                 source: Path | str = "") -> None:
    """Set every weight of a model, or none.

    Args:
        model: a built ``keras.Model``.
        weights: layer name → arrays in the order of the layer's ``weights``.
        source: where the arrays come from, for messages.

    Raises:
        WeightsError: a layer is missing, extra or differs in number or shapes; all are listed,
            and the model is as it was.
    """
    layers = {layer.name: _weights_of(layer) for layer in model.layers if _weights_of(layer)}
    problems = [f"no arrays for the layer {name!r}" for name in layers if name not in weights]
    problems += [f"arrays for {name!r}, which is no layer with weights" for name in weights
                 if name not in layers and len(weights[name])]
    for name, variables in layers.items():
        problems += _misfits(name, variables, weights[name]) if name in weights else []
    if problems:
        hidden = len(problems) - 20
        raise WeightsError(problems[:20] + ([f"and {hidden} more"] if hidden > 0 else []), source)
    for name, variables in layers.items():
        for variable, array in zip(variables, weights[name], strict=True):
            variable.assign(np.asarray(array))


def _weights_of(layer: Any) -> list[Any]:
    """Return a layer's weights without the states of random numbers."""
    return [w for w in layer.weights if "seed_generator" not in w.path]


def _misfits(name: str, variables: Sequence[Any], arrays: Sequence[NDArray[Any]]) -> list[str]:
    if len(variables) != len(arrays):
        return [f"{name} needs {len(variables)} arrays ({', '.join(v.name for v in variables)}), "
                f"not {len(arrays)}"]
    return [f"{name}/{variable.name} needs shape {tuple(variable.shape)}, not {np.shape(array)}"
            for variable, array in zip(variables, arrays, strict=True)
            if tuple(variable.shape) != np.shape(array)]

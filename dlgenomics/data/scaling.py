"""How numeric inputs are scaled, fitted on the training examples alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.examples import Examples
from dlgenomics.data.features import draw_change
from dlgenomics.spec.inputs import NumericInput, Scaling
from dlgenomics.spec.types import Spec


def fit_scaling(spec: Spec, examples: Examples) -> Spec:
    """Return the spec with the scaling of its numeric inputs, from the training examples alone.

    Inputs that are not scaled, or have a scaling already, are left as they are.
    """
    inputs = {
        name: one.model_copy(update={"fitted": _scaling(one, _training_values(name, examples))})
        if isinstance(one, NumericInput) and one.scale != "none" and one.fitted is None else one
        for name, one in spec.data.inputs.items()}
    return spec.model_copy(update={"data": spec.data.model_copy(update={"inputs": inputs})})


def _training_values(name: str, examples: Examples) -> NDArray[np.float64]:
    rows = examples.parts.train
    unchanged = draw_change((), 0, len(rows), np.random.default_rng(0))
    return examples.inputs[name].batch(rows, unchanged).astype(np.float64)


def _scaling(one: NumericInput, values: NDArray[np.float64]) -> Scaling:
    """Return centre and spread of each column; a constant column is only centred."""
    if one.scale == "standard":
        center, spread = values.mean(axis=0), values.std(axis=0)
    else:
        center, spread = values.min(axis=0), np.ptp(values, axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return Scaling(center=tuple(map(float, center)), spread=tuple(map(float, spread)))

"""Activations that Keras 3 lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")  # type: ignore[untyped-decorator]
def quick_gelu(x: Any) -> Any:
    """Return ``x · sigmoid(1.702 x)``, the approximation of GELU in Basenji and Enformer.

    Hendrycks and Gimpel, Gaussian Error Linear Units (GELUs), 2016, arXiv:1606.08415, section 2.
    """
    return x * ops.sigmoid(1.702 * x)


@keras.saving.register_keras_serializable(package="dlgenomics")  # type: ignore[untyped-decorator]
def hard_sigmoid_keras2(x: Any) -> Any:
    """Return ``clip(0.2 x + 0.5, 0, 1)``, what hard_sigmoid was before Keras 3 (then x/6 + 0.5)."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


_OWN: Final[dict[str, Callable[[Any], Any]]] = {
    "quick_gelu": quick_gelu,
    "hard_sigmoid_keras2": hard_sigmoid_keras2,
}


def make_activation(name: str | None) -> Any:
    """Return our function of that name, or the name itself, which Keras knows."""
    return _OWN.get(name, name) if name is not None else None

"""B-splines over evenly spaced knots, and the penalty on wiggly ones."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

_MARGIN = 0.001
"""Share of the range by which the knots reach over it at both ends."""


def spline_knots(start: float, end: float, n_bases: int, degree: int) -> np.ndarray:
    """Return the ``n_bases + degree + 1`` knots of splines from ``start`` to ``end``."""
    margin = (end - start) * _MARGIN
    start, end = start - margin, end + margin
    step = (end - start) / (n_bases - degree)
    return np.linspace(start - degree * step, end + degree * step, n_bases + degree + 1)


def spline_bases(places: np.ndarray, start: float, end: float, n_bases: int,
                 degree: int) -> np.ndarray:
    """Return the value of each B-spline at each place, by the recursion of Cox and de Boor.

    Args:
        places: where to evaluate, shape (places,), from ``start`` to ``end``.
        start: the least place.
        end: the greatest place.
        n_bases: number of splines, greater than ``degree``.
        degree: 3 for cubic splines.

    Returns:
        Shape (places, n_bases); each row sums to 1.
    """
    knots = spline_knots(start, end, n_bases, degree)
    x = np.asarray(places, dtype=float)[:, None]
    found = ((knots[:-1] <= x) & (x < knots[1:])).astype(float)
    for k in range(1, degree + 1):
        left = (x - knots[:-k - 1]) / (knots[k:-1] - knots[:-k - 1])
        right = (knots[k + 1:] - x) / (knots[k + 1:] - knots[1:-k])
        found = left * found[:, :-1] + right * found[:, 1:]
    return found


@keras.saving.register_keras_serializable(package="dlgenomics")
class SplinePenalty(keras.regularizers.Regularizer):  # type: ignore[misc]
    """Penalizes the size of spline coefficients and of their differences of a given order.

    Args:
        l2: factor of the sum of squared coefficients, averaged over the tracks.
        l2_smooth: factor of the sum of squared differences, averaged over the tracks.
        order: order of the differences; ``degree - 1`` as in R's mgcv.
    """

    def __init__(self, l2: float = 0.0, l2_smooth: float = 0.0, order: int = 2) -> None:
        self.l2, self.l2_smooth, self.order = l2, l2_smooth, order

    def __call__(self, x: Any) -> Any:
        """Return the penalty on coefficients of shape (bases, tracks)."""
        differences = x
        for _ in range(self.order):
            differences = differences[1:] - differences[:-1]
        total = self.l2 * ops.sum(ops.square(x))
        total += self.l2_smooth * ops.sum(ops.square(differences))
        return total / x.shape[1]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"l2": self.l2, "l2_smooth": self.l2_smooth, "order": self.order}

"""A model's number as what a design makes grow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, one_hot
from dlgenomics.design.targets import check_design
from dlgenomics.explain.explaining import quantity_of
from dlgenomics.explain.point import On
from dlgenomics.explain.quantity import Batch, Quantity
from dlgenomics.predict.model import Model


@dataclass(frozen=True)
class ModelObjective:
    """A number of a model, or its negative.

    Attributes:
        quantity: the number.
        sign: 1 for a number that is to become large, -1 for one that is to become small.
        batch_size: rows that go through the network at once.
    """

    quantity: Quantity
    sign: int = 1
    batch_size: int = 128

    def values(self, codes: Codes) -> NDArray[np.float64]:
        """Return the number of each sequence, with its sign."""
        batch = self._batch(codes[:1])
        found: NDArray[np.float64] = batch.values(one_hot(codes)[None])[0].astype(np.float64)
        return self.sign * found

    def substituted(self, codes: Codes) -> NDArray[np.float64]:
        """Return it with each letter in each place: shape (sequences, length, 4)."""
        letters = np.broadcast_to(np.arange(4), (*codes.shape, 4))
        found: NDArray[np.float64] = self._batch(codes).substituted(letters).astype(np.float64)
        return self.sign * found

    def _batch(self, codes: Codes) -> Batch:
        return Batch(self.quantity, {self.quantity.explained: one_hot(codes)}, self.batch_size)


def objective_of(model: Model, target: str | None = None, *, layer: str | None = None,
                 on: On = "logit", maximize: bool = True, batch_size: int = 128) -> ModelObjective:
    """Return a model's number as an objective.

    Args:
        model: the model; sequences must be all that it takes.
        target: see `dlgenomics.explain.point.find_point`.
        layer: see there.
        on: see there.
        maximize: whether the number is to become large.
        batch_size: rows that go through the network at once.

    Raises:
        DlgError: no such number, or the model takes something else too.
    """
    check_design(model.spec)
    return ModelObjective(quantity_of(model, target, layer, on), 1 if maximize else -1, batch_size)

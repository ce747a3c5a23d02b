"""Several networks for sequences of any length, as one that gives their average."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, one_hot
from dlgenomics.errors import DlgError
from dlgenomics.predict.model import Model
from dlgenomics.variants.splicing.windows import CONTEXT

Numbers = NDArray[np.float32]


class Ensemble:
    """SpliceAI's networks, freed of the length with which they were packaged.

    Their layers are convolutions, and each prediction sees `CONTEXT` bases on either side: the
    length changes nothing but the number of predictions.

    Args:
        models: the networks.
        batch_size: windows that go through them at once.

    Raises:
        DlgError: one does not take one-hot DNA, or gives something else than three numbers for
            each base that has its context.
    """

    def __init__(self, models: Sequence[Model], batch_size: int = 16) -> None:
        self.models = {model.name: model.sha256 for model in models}
        self._batch_size = batch_size
        for model in models:
            _check(model)
        self._networks = [_freed(model.model) for model in models]

    def predict(self, windows: Sequence[Codes]) -> list[Numbers]:
        """Return the average predictions for windows, equal ones computed once.

        Args:
            windows: uint8 codes, of any length above twice `CONTEXT`.

        Returns:
            float32, shape (length - 2 `CONTEXT`, 3), for each.
        """
        number: dict[bytes, int] = {}
        rows = [number.setdefault(one.tobytes(), len(number)) for one in windows]
        found: dict[int, Numbers] = {}
        different = dict(zip(rows, windows, strict=True))
        lengths = sorted({len(one) for one in different.values()})
        for length in lengths:
            chosen = [row for row, one in different.items() if len(one) == length]
            for first in range(0, len(chosen), self._batch_size):
                part = chosen[first:first + self._batch_size]
                batch = one_hot(np.stack([different[row] for row in part]))
                found.update(zip(part, self._run(tf.convert_to_tensor(batch)).numpy(),
                                 strict=True))
        return [found[row] for row in rows]

    @cached_property
    def _run(self) -> Callable[[Any], Any]:
        made: Callable[[Any], Any] = tf.function(
            lambda x: tf.add_n([one(x, training=False) for one in self._networks])
            / len(self._networks),
            input_signature=[tf.TensorSpec((None, None, 4), tf.float32)])
        return made


def _check(model: Model) -> None:
    takes = [tuple(one.shape) for one in model.inputs.values()]
    gives = [tuple(model.data.output_shape(name)) for name in model.data.targets]
    length = int(takes[0][0] or 0)
    if takes != [(length, 4)] or gives != [(length - 2 * CONTEXT, 3)]:
        raise DlgError(f"SpliceAI's networks take one-hot DNA and give three numbers for each base "
                       f"but the outer {CONTEXT:,}. Received: {model.name}, from {takes} to "
                       f"{gives}. Use spliceai/1 to spliceai/5.")


def _freed(network: keras.Model) -> keras.Model:
    """Return a copy of a network that takes sequences of any length."""
    copy = keras.models.clone_model(network, input_tensors=keras.Input((None, 4)))
    copy.set_weights(network.get_weights())
    return copy

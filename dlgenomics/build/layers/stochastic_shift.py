"""Small shifts in training, inside the network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class StochasticShift(keras.layers.Layer):  # type: ignore[misc]
    """Moves each example by a random number of positions in training; does nothing otherwise.

    Positions that come in from outside are zeros. Unlike ``data.augment``'s ``shift``, which reads
    the neighbouring bases from the genome, this needs no more than the sequence.

    Basenji: Kelley et al., Sequential regulatory activity prediction across chromosomes with
    convolutional neural networks, Genome Research 2018, doi:10.1101/gr.227819.117.

    Args:
        max_shift: the greatest shift to either side; all shifts up to it are equally likely.

    Input and output: (batch, length, channels).
    """

    def __init__(self, max_shift: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_shift = max_shift
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the shifted sequences, or the input itself outside training."""
        if not training:
            return inputs
        most = self.max_shift
        shape = ops.shape(inputs)
        first = keras.random.randint((shape[0], 1, 1), 0, 2 * most + 1, seed=self.seed_generator)
        padded = ops.pad(inputs, ((0, 0), (most, most), (0, 0)))
        places = first + ops.reshape(ops.arange(shape[1], dtype=first.dtype), (1, -1, 1))
        moved = ops.take_along_axis(padded, places, axis=1)
        return ops.reshape(moved, shape)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "max_shift": self.max_shift}

"""Where a position stands, added to its channels: fixed waves."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from dlgenomics.build.layers.positions import sinusoids


@keras.saving.register_keras_serializable(package="dlgenomics")
class PositionEncoding(keras.layers.Layer):  # type: ignore[misc]
    """Adds sines and cosines of the position to the channels; learns nothing.

    Attention does not know where its inputs stand; this tells it. Wavelengths run from 2π positions
    to ``max_wavelength`` times 2π.

    Vaswani et al., Attention Is All You Need, 2017, arXiv:1706.03762.

    Args:
        max_wavelength: the longest wavelength, in units of 2π positions.

    Input and output: (batch, length, channels); the length must be fixed.
    """

    def __init__(self, max_wavelength: float = 10000.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_wavelength = max_wavelength

    def call(self, inputs: Any) -> Any:
        """Return the inputs plus the waves."""
        waves = sinusoids(inputs.shape[1], inputs.shape[2], self.max_wavelength)
        return inputs + ops.convert_to_tensor(waves, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "max_wavelength": self.max_wavelength}

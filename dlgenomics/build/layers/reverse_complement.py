"""The other strand."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class ReverseComplement(keras.layers.Layer):  # type: ignore[misc]
    """Reads a sequence, or what was computed from it, along the other strand.

    Positions are reversed, and so are channels: in the order A C G T the complement of a base is
    the channel at the mirrored place, and `ReverseComplementConv1D` orders its channels likewise.

    Args:
        complement: reverse the channels too; false for tracks such as accessibility, whose
            channels mean the same on both strands.

    Input and output: (batch, length, channels); masks are reversed with it.
    """

    def __init__(self, complement: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.complement = complement

    def call(self, inputs: Any) -> Any:
        """Return the sequence along the other strand."""
        return ops.flip(inputs, axis=(1, 2) if self.complement else 1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:  # noqa: ARG002
        """Return the mask along the other strand."""
        return None if previous_mask is None else ops.flip(previous_mask, axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "complement": self.complement}

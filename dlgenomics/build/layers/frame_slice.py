"""Every third position, counted from the end."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class FrameSlice(keras.layers.Layer):  # type: ignore[misc]
    """Takes one reading frame: every third position, counted back from the last.

    The end of a 5' untranslated region is the start codon, so frame 0 is in frame with it. The
    positions come in reversed order, the last first; masks are sliced likewise.

    Framepool: Karollus, Avsec and Gagneur, Predicting mean ribosome load for 5'UTR of any length
    using deep learning, 2021.

    Args:
        frame: 0 starts at the last position, 1 at the one before, and so on.
        frames: how many frames there are.

    Input and output: (batch, length, channels) → (batch, positions of the frame, channels).
    """

    def __init__(self, frame: int = 0, frames: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.frame, self.frames = frame, frames

    def call(self, inputs: Any) -> Any:
        """Return the positions of the frame."""
        return ops.flip(inputs, axis=1)[:, self.frame::self.frames]

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:  # noqa: ARG002
        """Return the mask of the frame."""
        if previous_mask is None:
            return None
        return ops.flip(previous_mask, axis=1)[:, self.frame::self.frames]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        batch, length, channels = input_shape
        left = None if length is None else -(-(length - self.frame) // self.frames)
        return (batch, left, channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "frame": self.frame, "frames": self.frames}

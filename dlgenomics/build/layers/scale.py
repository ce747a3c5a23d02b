"""A factor and an offset for each channel."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="dlgenomics")
class Scale(keras.layers.Layer):  # type: ignore[misc]
    """Multiplies each channel by a learned factor and adds a learned offset.

    Starts as the identity. A batch normalization without its statistics; scales the outputs of
    regression heads, or ports networks that keep scale and statistics apart.

    Args:
        scale: learn factors.
        center: learn offsets.

    Input and output: (batch, ..., channels).
    """

    def __init__(self, scale: bool = True, center: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.scale, self.center = scale, center

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make gamma and beta, each (channels)."""
        channels = (input_shape[-1],)
        if self.scale:
            self.gamma = self.add_weight(name="gamma", shape=channels, initializer="ones")
        if self.center:
            self.beta = self.add_weight(name="beta", shape=channels, initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return the scaled channels."""
        found = inputs * self.gamma if self.scale else inputs
        return found + self.beta if self.center else found

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "scale": self.scale, "center": self.center}

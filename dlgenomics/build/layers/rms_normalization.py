"""Keras's RMSNormalization, handing masks on."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="dlgenomics")
class RMSNormalization(keras.layers.RMSNormalization):  # type: ignore[misc]
    """Divides each position by the root mean square of its channels, then scales the channels.

    Keras's layer of that name loses masks, without which attention behind it looks at padding.

    Zhang and Sennrich, Root mean square layer normalization, 2019, arXiv:1910.07467.

    Args:
        axis: the channels.
        epsilon: added to the mean square.

    Input and output: (..., channels).
    """

    def __init__(self, axis: int = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(axis=axis, epsilon=epsilon, **kwargs)
        self.supports_masking = True

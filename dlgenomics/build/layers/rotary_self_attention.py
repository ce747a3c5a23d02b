"""Self-attention among tokens that knows how far apart they are."""

from __future__ import annotations

from typing import Any

import keras

from dlgenomics.build.layers.self_attention import SelfAttention
from dlgenomics.build.layers.token_attention import turned


@keras.saving.register_keras_serializable(package="dlgenomics")
class RotarySelfAttention(SelfAttention):
    """Self-attention whose queries and keys are turned by their positions.

    The product of a query and a key then depends on the distance between them. Su et al., RoFormer,
    2021, arXiv:2104.09864.

    Args:
        num_heads: heads; they divide the channels into even numbers.
        use_bias: whether the four projections have biases.
        max_wavelength: the longest wavelength, in positions over 2 pi.

    Input, output and weights: as `SelfAttention`.
    """

    def __init__(self, num_heads: int, use_bias: bool = True, max_wavelength: float = 10000.0,
                 **kwargs: Any) -> None:
        super().__init__(num_heads, use_bias, **kwargs)
        self.max_wavelength = max_wavelength

    def placed(self, x: Any) -> Any:
        """Return queries or keys turned by their positions."""
        return turned(x, self.max_wavelength)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        return {**super().get_config(), "max_wavelength": self.max_wavelength}

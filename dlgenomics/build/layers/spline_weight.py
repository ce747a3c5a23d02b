"""Weights of positions that change smoothly along the sequence."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from dlgenomics.build.layers.splines import SplinePenalty, spline_bases


@keras.saving.register_keras_serializable(package="dlgenomics")
class SplineWeight1D(keras.layers.Layer):  # type: ignore[misc]
    """Multiplies each position by 1 plus a smooth learned curve, one for each channel.

    The curve is a sum of B-splines over the positions; its coefficients start at 0, so the layer
    starts as the identity. Put it behind a convolution where it matters how far from the
    sequence's ends a motif stands.

    Avsec, Barekatain, Cheng and Gagneur, Modeling positional effects of regulatory sequences with
    spline transformations increases prediction accuracy of deep neural networks, Bioinformatics
    2018, doi:10.1093/bioinformatics/btx727.

    Args:
        n_bases: number of B-splines.
        spline_degree: 3 for cubic splines.
        share_splines: one curve for all channels.
        l2_smooth: penalty on differences of coefficients, of order ``spline_degree - 1``.
        l2: penalty on coefficients.
        use_bias: add a learned number to each curve.

    Input and output: (batch, length, channels); the length must be fixed.
    """

    def __init__(self, n_bases: int = 10, spline_degree: int = 3, share_splines: bool = False,
                 l2_smooth: float = 0.0, l2: float = 0.0, use_bias: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.n_bases, self.spline_degree = n_bases, spline_degree
        self.share_splines, self.use_bias = share_splines, use_bias
        self.l2_smooth, self.l2 = l2_smooth, l2

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel (n_bases, tracks) and bias (tracks)."""
        tracks = 1 if self.share_splines else input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=(self.n_bases, tracks), initializer="zeros",
            regularizer=SplinePenalty(self.l2, self.l2_smooth, max(self.spline_degree - 1, 0)),
        )
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(tracks,), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return the weighted positions."""
        length = inputs.shape[1]
        bases = spline_bases(np.arange(length), 0, length - 1, self.n_bases, self.spline_degree)
        curve = ops.matmul(ops.convert_to_tensor(bases, dtype=self.compute_dtype), self.kernel)
        if self.use_bias:
            curve = curve + self.bias
        return inputs * (1 + curve)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        names = ("n_bases", "spline_degree", "share_splines", "l2_smooth", "l2", "use_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

"""Layers of our own, one class a file. Keras finds them in saved files once this is imported."""

from __future__ import annotations

from typing import Any, Final

import keras

from dlgenomics.build.layers.attention_pooling import AttentionPooling1D
from dlgenomics.build.layers.attention_summary import AttentionSummary
from dlgenomics.build.layers.frame_slice import FrameSlice
from dlgenomics.build.layers.gated_linear_unit import GatedLinearUnit
from dlgenomics.build.layers.isotonic_calibration import IsotonicCalibration
from dlgenomics.build.layers.mixture_of_experts import MixtureOfExperts
from dlgenomics.build.layers.position_embedding import PositionEmbedding
from dlgenomics.build.layers.position_encoding import PositionEncoding
from dlgenomics.build.layers.relative_attention import RelativeMultiHeadAttention
from dlgenomics.build.layers.reverse_complement import ReverseComplement
from dlgenomics.build.layers.reverse_complement_batch_normalization import (
    ReverseComplementBatchNormalization,
)
from dlgenomics.build.layers.reverse_complement_conv import ReverseComplementConv1D
from dlgenomics.build.layers.reverse_complement_pool import ReverseComplementPool
from dlgenomics.build.layers.rotary_self_attention import RotarySelfAttention
from dlgenomics.build.layers.running_position_embedding import RunningPositionEmbedding
from dlgenomics.build.layers.scale import Scale
from dlgenomics.build.layers.segment_embedding import SegmentEmbedding
from dlgenomics.build.layers.self_attention import SelfAttention
from dlgenomics.build.layers.spline_transform import SplineTransform
from dlgenomics.build.layers.spline_weight import SplineWeight1D
from dlgenomics.build.layers.stochastic_shift import StochasticShift
from dlgenomics.build.layers.threshold import Threshold
from dlgenomics.build.layers.token_average import TokenAverage
from dlgenomics.build.layers.token_dropout import TokenDropout
from dlgenomics.build.layers.token_embedding import TokenEmbedding
from dlgenomics.build.layers.token_position_embedding import TokenPositionEmbedding
from dlgenomics.build.layers.token_scores import TokenScores
from dlgenomics.build.layers.token_table import TokenTable

OWN_LAYERS: Final[dict[str, type[keras.layers.Layer]]] = {
    made.__name__: made
    for made in (
        AttentionPooling1D, AttentionSummary, FrameSlice, GatedLinearUnit, IsotonicCalibration,
        MixtureOfExperts, PositionEmbedding, PositionEncoding, RelativeMultiHeadAttention,
        ReverseComplement, ReverseComplementBatchNormalization, ReverseComplementConv1D,
        ReverseComplementPool, RotarySelfAttention, RunningPositionEmbedding,
        Scale, SegmentEmbedding, SelfAttention, SplineTransform, SplineWeight1D, StochasticShift,
        Threshold, TokenAverage, TokenDropout, TokenEmbedding, TokenPositionEmbedding, TokenScores,
        TokenTable,
    )
}
"""Our layers by the name that a spec writes."""


def layer_class(kind: str) -> Any:
    """Return the class of a layer that specs may use: ours, or Keras's."""
    return OWN_LAYERS.get(kind) or getattr(keras.layers, kind)

"""Our own layers compute in half precision what they compute in float32, to its few digits."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.spec import parse_spec

LAYERS = [
    "AttentionPooling1D: {pool_size: 2}", "AttentionSummary", "PositionEmbedding",
    "PositionEncoding", "RelativeMultiHeadAttention: {num_heads: 2, key_dim: 4, value_dim: 6}",
    "ReverseComplement", "ReverseComplementConv1D: {filters: 4, kernel_size: 3}",
    "ReverseComplementBatchNormalization", "Scale", "SplineTransform", "SplineWeight1D",
    "StochasticShift: {max_shift: 2}", "Threshold", "FrameSlice",
]

SPEC = """\
spec: 1
name: test/half
task: regression
data:
  inputs: {dna: {kind: dna, length: 40}}
  targets: {y: {column: y}}
model:
  layers:
    - Conv1D: {filters: 8, kernel_size: 5}
    - LAYER
    - Flatten
    - Dense: {units: 1}
"""


@pytest.mark.parametrize("layer", LAYERS)
def test_half_precision(layer: str, rng: np.random.Generator) -> None:
    from dlgenomics.build import assemble_model

    spec = parse_spec(SPEC.replace("LAYER", layer))
    whole = assemble_model(spec)
    x = rng.random((2, 40, 4)).astype("float32")
    for precision, tolerance in (("mixed_float16", 0.005), ("mixed_bfloat16", 0.05)):
        half = assemble_model(spec, precision)
        assert half(x, training=True).dtype == "float32"
        whole.set_weights(half.get_weights())
        assert np.asarray(half(x)) == pytest.approx(np.asarray(whole(x)), abs=tolerance)

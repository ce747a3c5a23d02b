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


def test_an_empty_model_has_the_same_weights_all_of_them_0() -> None:
    from dlgenomics.build import assemble_model
    from dlgenomics.build.model import assemble_empty_model

    spec = parse_spec(SPEC.replace("LAYER", "SplineTransform"))
    empty, usual = assemble_empty_model(spec), assemble_model(spec)
    assert [w.shape for w in empty.weights] == [w.shape for w in usual.weights]
    assert not any(np.asarray(w).any() for w in empty.weights)
    kernels = [w for w in usual.weights if w.name == "kernel"]
    assert len(kernels) == 3
    assert all(np.asarray(w).any() for w in kernels)  # and so it is again behind the empty one

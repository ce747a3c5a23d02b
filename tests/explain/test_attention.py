"""Attention as scores of bases: where it stands, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.errors import DlgError
from dlgenomics.explain.explaining import explain

BEFORE = ("Conv1D: {filters: 4, kernel_size: 5, padding: same, activation: relu}",
          "MaxPooling1D: {pool_size: 4, name: pooled}")


def test_a_summary_shares_its_weights_among_the_bases_of_each_position(make_explained, x) -> None:
    model = make_explained(*BEFORE, "AttentionSummary: {units: 3, name: looks}", "Dense: {units: 1}")
    found = explain(model, x, "attention")
    weights = np.asarray(model.model.get_layer("looks").weights_of(
        model.predict_activation_on_batch(x, "pooled")))[..., 0]
    assert found.actual == pytest.approx(np.repeat(weights / 4, 4, axis=1), abs=1e-6)
    assert found.actual.sum(1) == pytest.approx(1)
    assert found.largest_gap is None
    assert not found.hypothetical[x == 0].any()


@pytest.mark.parametrize("layer", [
    "MultiHeadAttention: {from: [pooled, pooled], num_heads: 2, key_dim: 3, name: looks}",
    "GroupQueryAttention: {from: [pooled, pooled], head_dim: 2, num_query_heads: 2, "
    "num_key_value_heads: 1, name: looks}",
    "Attention: {from: [pooled, pooled], name: looks}",
    "AdditiveAttention: {from: [pooled, pooled], name: looks}",
    "RelativeMultiHeadAttention: {num_heads: 2, key_dim: 3, value_dim: 6, name: looks}",
])
def test_every_layer_with_attention_shows_it(make_explained, x, layer: str) -> None:
    model = make_explained(*BEFORE, layer, "Bidirectional: {layer: {LSTM: {units: 2, "
                           "return_sequences: true}}}", "AttentionSummary: {name: last}",
                           "Dense: {units: 1}")
    found = explain(model, x, "attention")
    assert set(found.details) == {"attention/looks", "attention/last"}
    parts = [one.sum(-1) for one in found.details.values()]
    assert np.stack(parts).sum(-1) == pytest.approx(1, abs=1e-5)
    assert found.actual == pytest.approx(np.mean(parts, axis=0), abs=1e-6)
    # The four bases of a pool stand for one position.
    assert np.ptp(parts[0].reshape(3, 6, 4), axis=2) == pytest.approx(0, abs=1e-7)


def test_multi_head_attention_is_the_mean_of_its_softmax(make_explained, x) -> None:
    """Queries and keys projected by hand."""
    model = make_explained("MultiHeadAttention: {from: [dna, dna], num_heads: 2, key_dim: 3, name: looks}",
                           "GlobalAveragePooling1D", "Dense: {units: 1}")
    made = model.model.get_layer("looks")
    query, query_bias, key, key_bias = (w.astype(float) for w in made.get_weights()[:4])
    q = np.einsum("nlc,chk->nhlk", x, query) + query_bias[:, None]
    k = np.einsum("nlc,chk->nhlk", x, key) + key_bias[:, None]
    logits = np.einsum("nhik,nhjk->nhij", q, k) / np.sqrt(3)
    softmax = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert explain(model, x, "attention").actual == pytest.approx(softmax.mean((1, 2)), abs=1e-6)


def test_a_network_without_attention_is_refused_by_name(make_explained, x) -> None:
    model = make_explained(*BEFORE, "GlobalMaxPooling1D", "Dense: {units: 1}")
    with pytest.raises(DlgError, match=r"Received: one with Conv1D, MaxPooling1D, GlobalMaxPooling1D, "
                       r"Dense\. Use another method, such as integrated gradients \(--method ig\)"):
        explain(model, x, "attention")

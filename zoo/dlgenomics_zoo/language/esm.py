"""ESM-1b, ESM-1v and ESM-2 for proteins, both versions of Nucleotide Transformer for DNA.

Rives et al., PNAS 2021, doi:10.1073/pnas.2016239118; Meier et al., Language models enable zero-shot
prediction of the effects of mutations on protein function, NeurIPS 2021; Lin et al., Science 2023,
doi:10.1126/science.ade2574; Dalla-Torre et al., Nature Methods 2025,
doi:10.1038/s41592-024-02523-z.

Blocks are pre-norm: ``x += attention(norm(x))``, ``x += down(gelu(up(norm(x))))``. ESM-2 turns
queries and keys by position, as the second Nucleotide Transformer does; the others add learned
positions. The second Nucleotide Transformer gates: ``x += down(silu(a) · b)`` with a and b the
halves of ``up(norm(x))``; its configs are the ones that have ``add_bias_fnn``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.family import Array, Document, Family, Placement, transposed
from dlgenomics_zoo.language.parts import (
    attention,
    below,
    language_model,
    linear,
    masked_head,
    masked_head_weights,
    normalization,
    token_vectors,
)
from dlgenomics_zoo.language.vocabulary import Vocabulary

_ROTARY: Final = "rotary"
_ABSOLUTE: Final = "absolute"
_GATED: Final = "add_bias_fnn"


def document(config: Config, tokenizer: Document) -> Document:
    """Return the spec of a config as plain data."""
    _check(config)
    pad, norm = config.whole("pad_token_id", 1, least=0), _norm(config)
    embedding = token_vectors(config, pad)
    last, length = "embedded", config.whole("max_position_embeddings", 1026)
    if config.flag("token_dropout", default=False):
        embedding.append({"TokenDropout": {"from": [last, "tokens"], "name": "token_dropout",
                                           "mask": config.whole("mask_token_id", least=0)}})
        last = "token_dropout"
    if _position(config) == _ABSOLUTE:
        embedding.append({"RunningPositionEmbedding": {
            "from": [last, "tokens"], "length": length, "pad": pad, "name": "positions"}})
        length -= pad + 1  # the vectors before it are those of no position
    if config.flag("emb_layer_norm_before", default=False):
        embedding.append({"LayerNormalization": {**norm, "name": "norm_before"}})
    blocks = {"repeat": {"times": config.whole("num_hidden_layers"), "layers": _block(config)}}
    layers = [*embedding, blocks, {"LayerNormalization": {**norm, "name": "embedding"}},
              *masked_head(config, norm["epsilon"])]
    return language_model(config, tokenizer, length, layers)


def _check(config: Config) -> None:
    """Refuse values of a config that make another network."""
    config.choice("hidden_act", ("gelu",), "gelu")
    for key in ("is_decoder", "add_cross_attention", "is_folding_model"):
        config.choice(key, (False,), default=False)
    config.choice("pruned_heads", ({},), default={})


def _position(config: Config) -> str:
    return config.choice("position_embedding_type", (_ABSOLUTE, _ROTARY), _ABSOLUTE)


def _is_gated(config: Config) -> bool:
    return _GATED in config.values


def _feed_forward_bias(config: Config) -> bool:
    return config.flag(_GATED, default=True)


def _norm(config: Config) -> Document:
    return {"epsilon": config.number("layer_norm_eps", 1e-12)}


def _block(config: Config) -> list[Document]:
    kind = "RotarySelfAttention" if _position(config) == _ROTARY else "SelfAttention"
    heads = {"num_heads": config.whole("num_attention_heads"), "name": "attention"}
    return [
        {"Residual": {"layers": [
            {"LayerNormalization": {**_norm(config), "name": "attention_norm"}}, {kind: heads}]}},
        {"Residual": {"layers": [
            {"LayerNormalization": {**_norm(config), "name": "feed_forward_norm"}},
            *_feed_forward(config)]}},
    ]


def _feed_forward(config: Config) -> list[Document]:
    units, channels = config.whole("intermediate_size"), config.whole("hidden_size")
    if not _is_gated(config):
        return [{"Dense": {"units": units, "activation": "gelu", "name": "up"}},
                {"Dense": {"units": channels, "name": "down"}}]
    bias = {"use_bias": _feed_forward_bias(config)}
    return [{"Dense": {"units": 2 * units, **bias, "name": "up"}},
            {"GatedLinearUnit": {"name": "gate"}},
            {"Dense": {"units": channels, **bias, "name": "down"}}]


def weights(config: Config) -> dict[str, Placement]:
    """Return where each tensor goes."""
    found = {"esm.embeddings.word_embeddings.weight": Placement("table", "embeddings")}
    if _position(config) == _ABSOLUTE:
        found["esm.embeddings.position_embeddings.weight"] = Placement("positions", "embeddings")
    if config.flag("emb_layer_norm_before", default=False):
        found |= below({"esm.embeddings.layer_norm": normalization("norm_before")})
    for i in range(config.whole("num_hidden_layers")):
        found |= below({f"esm.encoder.layer.{i}": _block_weights(config, i + 1)})
    found |= below({"esm.encoder.emb_layer_norm_after": normalization("embedding")})
    return found | masked_head_weights(config, "lm_head.dense", "lm_head.layer_norm",
                                       "lm_head.bias", "lm_head.decoder.weight")


def _block_weights(config: Config, number: int) -> dict[str, Placement]:
    bias = "bias" if _feed_forward_bias(config) else None
    up = linear(f"up_{number}", bias=bias)
    if _is_gated(config):  # GatedLinearUnit has the half behind silu last
        up = {name: replace(place, change=_swapped if name == "bias" else _swapped_kernel)
              for name, place in up.items()}
    return below({
        "attention.LayerNorm": normalization(f"attention_norm_{number}"),
        "attention": attention(f"attention_{number}"),
        "LayerNorm": normalization(f"feed_forward_norm_{number}"),
        "intermediate.dense": up,
        "output.dense": linear(f"down_{number}", bias=bias),
    })


def _swapped(array: Array) -> Array:
    """Exchange the halves of the outputs, on axis 0."""
    return np.roll(array, len(array) // 2, axis=0)


def _swapped_kernel(array: Array) -> Array:
    return transposed(_swapped(array))


def tokenizer(config: Config, vocabulary: Vocabulary) -> Document:  # noqa: ARG001 - as all families
    """Return the tokenizer: residues, or words of 6 bases where they are in the vocabulary."""
    found = {
        "kind": "longest_match", "vocabulary": list(vocabulary.tokens),
        "start": vocabulary.special("cls_token", "<cls>"),
        "end": vocabulary.special("eos_token", "<eos>"),
        "pad": vocabulary.required("pad_token", "<pad>"),
        "mask": vocabulary.special("mask_token", "<mask>"),
        "unknown": vocabulary.required("unk_token", "<unk>"),
    }
    return {key: value for key, value in found.items() if value is not None}


ESM: Final = Family(
    "esm", ("esm",), document, weights, tokenizer,
    extras=("esm.embeddings.position_ids", "esm.contact_head.*", "esm.pooler.*",
            "lm_head.decoder.*", "*.rotary_embeddings.inv_freq",
            "esm.embeddings.position_embeddings.weight"),
    prefix="esm.",
)
"""Position vectors of a rotary model are there in some checkpoints, and used by nothing."""

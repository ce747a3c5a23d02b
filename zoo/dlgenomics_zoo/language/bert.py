"""DNABERT (its first version) for DNA, ProtBert for proteins.

Devlin et al., 2018, arXiv:1810.04805; Ji et al., DNABERT, Bioinformatics 2021,
doi:10.1093/bioinformatics/btab083; Elnaggar et al., ProtTrans, 2021,
doi:10.1109/TPAMI.2021.3095381.

Blocks are post-norm: ``x = norm(x + attention(x))``, ``x = norm(x + down(gelu(up(x))))``.
"""

from __future__ import annotations

from typing import Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.family import Document, Family, Placement
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

HEAD: Final = (
    "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
    "cls.predictions.bias", "cls.predictions.decoder.weight",
)
"""BERT's names for the parts of the head that scores tokens."""


def document(config: Config, tokenizer: Document) -> Document:
    """Return the spec of a config as plain data."""
    _check(config)
    length = config.whole("max_position_embeddings", 512)
    layers: list[Document] = [
        *token_vectors(config, pad=0),
        {"SegmentEmbedding": {"segments": config.whole("type_vocab_size", 2), "name": "segment"}},
        {"TokenPositionEmbedding": {"length": length, "name": "positions"}},
        {"LayerNormalization": {**_norm(config), "name": "norm_before"}},
        {"repeat": {"times": config.whole("num_hidden_layers"), "layers": _block(config)}},
        {"Identity": {"name": "embedding"}},
        *masked_head(config, _norm(config)["epsilon"]),
    ]
    return language_model(config, tokenizer, length, layers)


def _check(config: Config) -> None:
    """Refuse values of a config that make another network."""
    config.choice("hidden_act", ("gelu",), "gelu")
    config.choice("position_embedding_type", ("absolute",), "absolute")
    for key in ("is_decoder", "add_cross_attention"):
        config.choice(key, (False,), default=False)
    config.choice("pruned_heads", ({},), default={})


def _norm(config: Config) -> Document:
    return {"epsilon": config.number("layer_norm_eps", 1e-12)}


def _block(config: Config) -> list[Document]:
    channels = config.whole("hidden_size")
    up = {"units": config.whole("intermediate_size"), "activation": "gelu", "name": "up"}
    return [
        {"Residual": {"layers": [{"SelfAttention": {
            "num_heads": config.whole("num_attention_heads"), "name": "attention"}}]}},
        {"LayerNormalization": {**_norm(config), "name": "attention_norm"}},
        {"Residual": {"layers": [
            {"Dense": up}, {"Dense": {"units": channels, "name": "down"}}]}},
        {"LayerNormalization": {**_norm(config), "name": "feed_forward_norm"}},
    ]


def weights(config: Config) -> dict[str, Placement]:
    """Return where each tensor goes."""
    found = {
        "bert.embeddings.word_embeddings.weight": Placement("table", "embeddings"),
        "bert.embeddings.token_type_embeddings.weight": Placement("segment", "embeddings"),
        "bert.embeddings.position_embeddings.weight": Placement("positions", "embeddings"),
        **below({"bert.embeddings.LayerNorm": normalization("norm_before")}),
    }
    for i in range(config.whole("num_hidden_layers")):
        found |= below({f"bert.encoder.layer.{i}": _block_weights(i + 1)})
    return found | masked_head_weights(config, *HEAD)


def _block_weights(number: int) -> dict[str, Placement]:
    return below({
        "attention": attention(f"attention_{number}"),
        "attention.output.LayerNorm": normalization(f"attention_norm_{number}"),
        "intermediate.dense": linear(f"up_{number}"),
        "output.dense": linear(f"down_{number}"),
        "output.LayerNorm": normalization(f"feed_forward_norm_{number}"),
    })


def tokenizer(config: Config, vocabulary: Vocabulary) -> Document:  # noqa: ARG001 - as all families
    """Return the tokenizer: overlapping words of k bases, or letters.

    Raises:
        DataError: the vocabulary is one of words of a natural language.
    """
    found: Document = {
        "kind": "characters", "vocabulary": list(vocabulary.tokens),
        "start": vocabulary.special("cls_token", "[CLS]"),
        "end": vocabulary.special("sep_token", "[SEP]"),
        "pad": vocabulary.required("pad_token", "[PAD]"),
        "mask": vocabulary.special("mask_token", "[MASK]"),
        "unknown": vocabulary.required("unk_token", "[UNK]"),
    }
    widths = {len(token) for token in vocabulary.tokens
              if not (token.startswith("[") and token.endswith("]"))}
    if len(widths) != 1:
        raise DataError("the vocabulary must hold words of k bases, or letters. Received: tokens "
                        f"of {len(widths)} lengths. There is no port for this tokenizer.",
                        path=vocabulary.path)
    (width,) = widths
    if width > 1:
        found |= {"kind": "overlapping_kmers", "k": width}
    return {key: value for key, value in found.items() if value is not None}


BERT: Final = Family(
    "bert", ("bert",), document, weights, tokenizer,
    extras=("bert.embeddings.position_ids", "bert.pooler.*", "cls.seq_relationship.*",
            "cls.predictions.decoder.*"),
    prefix="bert.",
)

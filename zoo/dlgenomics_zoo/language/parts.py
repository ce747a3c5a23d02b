"""Parts that families have in common: a few layers of a spec, and where their tensors go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.family import Document, Placement, transposed


def linear(layer: str, kernel: str = "kernel", bias: str | None = "bias") -> dict[str, Placement]:
    """Return where ``weight`` and ``bias`` of a linear layer of PyTorch go."""
    found = {"weight": Placement(layer, kernel, transposed)}
    return found if bias is None else {**found, "bias": Placement(layer, bias)}


def normalization(layer: str) -> dict[str, Placement]:
    """Return where ``weight`` and ``bias`` of a layer normalization go."""
    return {"weight": Placement(layer, "gamma"), "bias": Placement(layer, "beta")}


def attention(layer: str, *, use_bias: bool = True) -> dict[str, Placement]:
    """Return where queries, keys, values and output of an attention in transformers go."""
    names = {"self.query": "query", "self.key": "key", "self.value": "value",
             "output.dense": "output"}
    parts = {there: linear(layer, f"{here}_kernel", f"{here}_bias" if use_bias else None)
             for there, here in names.items()}
    return below(parts)


def below(parts: Mapping[str, Mapping[str, Placement]]) -> dict[str, Placement]:
    """Return placements under the names of the modules that they belong to."""
    return {f"{module}.{name}": place for module, places in parts.items()
            for name, place in places.items()}


def language_model(config: Config, tokenizer: Document, length: int, layers: list[Document],
                   **more: Any) -> Document:
    """Return the document of a language model whose layers end in those named as below.

    Args:
        config: its ``hidden_size`` and ``vocab_size`` are the sizes of the outputs.
        tokenizer: as plain data.
        length: the most tokens.
        layers: with ``embedding`` at each token, and ``logits`` where it has a head; the average
            over residues, ``pooled``, is added.
        more: further sections.
    """
    channels = config.whole("hidden_size")
    outputs: Document = {
        "logits": {"kind": "tokens", "size": config.whole("vocab_size")},
        "embedding": {"kind": "tokens", "size": channels},
        "pooled": {"kind": "array", "shape": [channels]},
    }
    if not config.has_head():
        del outputs["logits"]
    outside = [tokenizer["vocabulary"].index(tokenizer[part])
               for part in ("start", "end", "pad") if tokenizer.get(part) is not None]
    pooled = {"TokenAverage": {"from": ["embedding", "tokens"], "name": "pooled",
                               "outside": sorted(set(outside))}}
    inputs = {"tokens": {"kind": "tokens", "length": length, "tokenizer": tokenizer}}
    return {**more, "task": "language_model", "data": {"inputs": inputs, "targets": outputs},
            "model": {"layers": [*layers, pooled], "outputs": list(outputs)}}


def token_vectors(config: Config, pad: int) -> list[Document]:
    """Return the layers that give each token its vector: ``table`` and ``embedded``.

    Args:
        config: its ``vocab_size`` and ``hidden_size`` are those of the table.
        pad: the id of the pad where the config says none.
    """
    return [
        _table(config, "table"),
        {"TokenEmbedding": {"from": ["tokens", "table"], "name": "embedded",
                            "pad": config.whole("pad_token_id", pad, least=0)}},
    ]


def _table(config: Config, name: str) -> Document:
    return {"TokenTable": {"from": "tokens", "vocabulary": config.whole("vocab_size"),
                           "channels": config.whole("hidden_size"), "name": name}}


def is_tied(config: Config) -> bool:
    """Tell whether tokens are scored by the vectors that they are embedded with."""
    return config.flag("tie_word_embeddings", default=True)


def masked_head(config: Config, epsilon: float) -> list[Document]:
    """Return the head that scores tokens by their vectors; nothing where the config has no head.

    Args:
        config: of the checkpoint.
        epsilon: of the normalization.
    """
    if not config.has_head():
        return []
    table = "table" if is_tied(config) else "score_table"
    return [
        *([] if is_tied(config) else [_table(config, table)]),
        {"Dense": {"from": "embedding", "units": config.whole("hidden_size"),
                   "activation": "gelu", "name": "head_dense"}},
        {"LayerNormalization": {"epsilon": epsilon, "name": "head_norm"}},
        {"TokenScores": {"from": ["head_norm", table], "name": "logits"}},
    ]


def masked_head_weights(config: Config, dense: str, norm: str, bias: str,
                        decoder: str) -> dict[str, Placement]:
    """Return where the tensors of that head go; ``decoder`` has vectors where they are not tied."""
    if not config.has_head():
        return {}
    found = below({dense: linear("head_dense"), norm: normalization("head_norm")})
    found[bias] = Placement("logits", "bias")
    if not is_tied(config):
        found[decoder] = Placement("score_table", "embeddings")
    return found

"""What the language models AIDO.Protein, AIDO.RNA and AIDO.DNA have in common.

Sun et al., Mixture of experts enable efficient and effective protein understanding and design,
2024, doi:10.1101/2024.11.29.625425; Zou et al., A large-scale foundation model for RNA function and
structure prediction, 2024, doi:10.1101/2024.11.28.625345; Ellington et al., Accurate and general
DNA representations emerge from genome foundation models at scale, 2024,
doi:10.1101/2024.12.01.625444.

Blocks are pre-norm with rotary self-attention and a gated feed-forward part. Written from a
description of the network and the names and shapes in published index files; the weights' licence
forbids commercial use.
"""

from __future__ import annotations

import math
from typing import Final

from dlgenomics_zoo.language.bert import HEAD
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.family import Document, Placement
from dlgenomics_zoo.language.parts import (
    attention,
    below,
    linear,
    masked_head,
    masked_head_weights,
    normalization,
    token_vectors,
)

LICENCE: Final = "GenBio AI Community License (non-commercial; also for what the model gives)"

_POST: Final = "apply_residual_connection_post_layernorm"
"""The key that Megatron and its kin use; no published config of this family was seen with it."""

_NORMS: Final = {"RMSNorm": "RMSNormalization", "LayerNorm": "LayerNormalization"}


def check(config: Config) -> None:
    """Refuse values of a config that make another network.

    Raises:
        DataError: there is one.
    """
    place = config.values.get("position_embedding_type")
    if isinstance(place, str) and "2d" in place.casefold():
        raise config.wrong(
            "position_embedding_type", '"rope", positions along one sequence. AIDO.Protein-RAG has '
            "positions of two kinds, residue and row of an alignment, and how they turn the "
            "channels is not known here well enough to give right numbers")
    config.choice("position_embedding_type", ("rope",), "rope")
    config.choice("hidden_act", ("swiglu",), "swiglu")
    config.choice("rotary_percent", (1.0, 1), 1.0)
    config.choice("seq_len_interpolation_factor", (None,), None)
    for key in ("is_decoder", "add_cross_attention"):
        config.choice(key, (False,), default=False)
    config.choice("pruned_heads", ({},), default={})
    norm_kind(config)


def biased(config: Config) -> bool:
    """Tell whether linear layers have biases."""
    return config.flag("add_linear_bias", default=True)


def norm_kind(config: Config) -> str:
    """Return the name of the normalization in the config: RMSNorm or LayerNorm."""
    return config.choice("normalization_type", _NORMS, "RMSNorm")


def embedding(config: Config) -> list[Document]:
    """Return the layers before the first block."""
    return token_vectors(config, pad=0)


def blocks(config: Config, feed_forward: list[Document]) -> Document:
    """Return all blocks.

    Args:
        config: of the checkpoint.
        feed_forward: the layers behind ``feed_forward_norm``; the last has a name.
    """
    turned: Document = {"num_heads": config.whole("num_attention_heads"),
                        "use_bias": biased(config), "name": "attention"}
    layers = [*_around(config, "attention", [{"RotarySelfAttention": turned}]),
              *_around(config, "feed_forward", feed_forward)]
    return {"repeat": {"times": config.whole("num_hidden_layers"), "layers": layers}}


def norm(config: Config, name: str) -> Document:
    """Return a normalization of the kind that the config says."""
    return {_NORMS[norm_kind(config)]: {"epsilon": _epsilon(config), "name": name}}


def _epsilon(config: Config) -> float:
    return config.number("layer_norm_eps", 1e-5)


def _around(config: Config, name: str, layers: list[Document]) -> list[Document]:
    """Return layers with their normalization before and the way around them.

    That way starts before the normalization or, if the config says so, behind it; it is then
    multiplied by sqrt(2 · blocks).
    """
    first = norm(config, f"{name}_norm")
    if not config.flag(_POST, default=False):
        return [{"Residual": {"layers": [first, *layers]}}]
    ((_, last),) = layers[-1].items()
    scale = math.sqrt(2 * config.whole("num_hidden_layers"))
    return [
        first, *layers,
        {"Rescaling": {"from": f"{name}_norm", "scale": scale, "name": f"{name}_skip"}},
        {"Add": {"from": [f"{name}_skip", last["name"]], "name": f"{name}_sum"}},
    ]


def head(config: Config) -> list[Document]:
    """Return the head that scores tokens by their own vectors, where there is one."""
    return masked_head(config, _epsilon(config))


def weights(config: Config) -> dict[str, Placement]:
    """Return where all tensors go but those of feed-forward parts and heads."""
    found = {"bert.embeddings.word_embeddings.weight": Placement("table", "embeddings")}
    for i in range(config.whole("num_hidden_layers")):
        found |= below({f"bert.encoder.layer.{i}": below({
            "attention.ln": norm_weights(config, f"attention_norm_{i + 1}"),
            "attention": attention(f"attention_{i + 1}", use_bias=biased(config)),
            "ln": norm_weights(config, f"feed_forward_norm_{i + 1}"),
        })})
    return found | below({"bert.encoder.ln": norm_weights(config, "embedding")})


def norm_weights(config: Config, layer: str) -> dict[str, Placement]:
    """Return where the weights of a normalization go."""
    if norm_kind(config) == "LayerNorm":
        return normalization(layer)
    return {"weight": Placement(layer, "scale")}


def linear_weights(config: Config, layer: str) -> dict[str, Placement]:
    """Return where the weights of a linear layer go that has a bias if the config says so."""
    return linear(layer, bias="bias" if biased(config) else None)


def head_weights(config: Config) -> dict[str, Placement]:
    """Return where the tensors of that head go.

    The published files of AIDO.RNA-1.6B add up to a head of a layer with bias and a LayerNorm, in a
    network of LayerNorms. Should a network of RMSNorms have another, its tensors do not fit these
    and are named.
    """
    return masked_head_weights(config, *HEAD)

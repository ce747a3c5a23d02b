"""AIDO.Protein: 16 billion parameters in a mixture of experts, and its dense kin.

See `aido` for papers. Each token goes to the best 2 of 8 experts; an expert's two first projections
are one matrix, whose first half is multiplied by silu of the second.
"""

from __future__ import annotations

from typing import Final

from dlgenomics_zoo.language import aido
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.family import Document, Family, Placement, transposed
from dlgenomics_zoo.language.parts import below, language_model
from dlgenomics_zoo.language.vocabulary import Vocabulary

TOKENS: Final = (
    "[PAD]", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "[MASK]", "[gMASK]", "[sMASK]", "[eod]", "[sop]",
    "[eop]", "[SEP]", "[HC]", "[LC]", "[HUMAN]", "<cdr1>", "</cdr1>", "<cdr2>", "</cdr2>", "<cdr3>",
    "</cdr3>",
)
"""The 44 tokens, in the order of their ids; checkpoints come without them."""


def document(config: Config, tokenizer: Document) -> Document:
    """Return the spec of a config as plain data."""
    aido.check(config)
    layers = [*aido.embedding(config), aido.blocks(config, _feed_forward(config)),
              aido.norm(config, "embedding"), *_head(config)]
    length = config.whole("max_position_embeddings", 2048)
    found = language_model(config, tokenizer, length, layers, license=aido.LICENCE)
    if config.has_head() and not _scores_by_vectors(config):
        found["data"]["targets"]["logits"]["size"] = _outputs(config)
    return found


def _mixture(config: Config) -> bool:
    return config.flag("moe", default=False)


def _scores_by_vectors(config: Config) -> bool:
    return config.flag("use_lm_head", default=True)


def _outputs(config: Config) -> int:
    return config.whole("output_vocab_size", config.whole("vocab_size"))


def _feed_forward(config: Config) -> list[Document]:
    units, use_bias = config.whole("intermediate_size"), aido.biased(config)
    if _mixture(config):
        return [{"MixtureOfExperts": {
            "num_experts": config.whole("num_experts"), "units": units, "use_bias": use_bias,
            "experts_per_token": config.whole("experts_per_token"), "name": "experts"}}]
    return [
        {"Dense": {"units": 2 * units, "use_bias": use_bias, "name": "up"}},
        {"GatedLinearUnit": {"name": "gated"}},
        {"Dense": {"units": config.whole("hidden_size"), "use_bias": use_bias, "name": "down"}},
    ]


def _head(config: Config) -> list[Document]:
    if not config.has_head():
        return []
    if _scores_by_vectors(config):
        return aido.head(config)
    return [{"Dense": {"from": "embedding", "units": _outputs(config), "use_bias": False,
                       "name": "logits"}}]


def weights(config: Config) -> dict[str, Placement]:
    """Return where each tensor goes."""
    found = aido.weights(config)
    for i in range(config.whole("num_hidden_layers")):
        found |= below({f"bert.encoder.layer.{i}.mlp": _feed_forward_weights(config, i + 1)})
    if config.has_head():
        found |= aido.head_weights(config) if _scores_by_vectors(config) else {
            "output_embed.weight": Placement("logits", "kernel", transposed)}
    return found


def _feed_forward_weights(config: Config, number: int) -> dict[str, Placement]:
    if not _mixture(config):
        return below({"dense_h_to_4h": aido.linear_weights(config, f"up_{number}"),
                      "dense_4h_to_h": aido.linear_weights(config, f"down_{number}")})
    layer = f"experts_{number}"
    found = {"router.weight": Placement(layer, "router", transposed)}
    for expert in range(config.whole("num_experts")):
        for there, here in (("h_to_4h", "up"), ("4h_to_h", "down")):
            name = f"dense_{there}_{expert}"
            found[f"{name}.weight"] = Placement(layer, f"{here}_kernel", transposed, part=expert)
            if aido.biased(config):
                found[f"{name}.bias"] = Placement(layer, f"{here}_bias", part=expert)
    return found


def tokenizer(config: Config, vocabulary: Vocabulary) -> Document:  # noqa: ARG001 - as all families
    """Return the tokenizer: one token a residue and one behind them; what is unknown is a gap."""
    return {
        "kind": "characters", "vocabulary": list(vocabulary.tokens),
        "end": vocabulary.required("sep_token", "[SEP]"),
        "pad": vocabulary.required("pad_token", "[PAD]"),
        "mask": vocabulary.required("mask_token", "[MASK]"),
        "unknown": vocabulary.required("unk_token", "-"),
    }


FM4BIO: Final = Family(
    "fm4bio", ("fm4bio",), document, weights, tokenizer,
    extras=("cls.predictions.decoder.*",), prefix="bert.", tokens=TOKENS,
)

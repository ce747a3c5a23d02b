"""AIDO.RNA and AIDO.DNA, whose ``model_type`` is rnabert.

See `aido` for papers. Another network of that name, RNABERT of 2022, has other positions and
activations, and is refused. The vocabulary has T as well as U: letters are read as they stand.
"""

from __future__ import annotations

from typing import Final

from dlgenomics_zoo.language import aido
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.family import Document, Family, Placement
from dlgenomics_zoo.language.parts import below, language_model
from dlgenomics_zoo.language.vocabulary import Vocabulary

TOKENS: Final = (
    "[PAD]", "[MASK]", "[CLS]", "[SEP]", "[UNK]", "A", "G", "C", "T", "U", "N", "[BOS]", "[EOS]",
    "[UNUSED1]", "[UNUSED2]", "[UNUSED3]",
)
"""The 16 tokens, in the order of their ids; checkpoints come without them."""

_PARTS: Final = ("up", "gate", "down")


def document(config: Config, tokenizer: Document) -> Document:
    """Return the spec of a config as plain data."""
    aido.check(config)
    layers = [*aido.embedding(config), aido.blocks(config, _feed_forward(config)),
              aido.norm(config, "embedding"), *aido.head(config)]
    length = config.whole("max_position_embeddings", 1024)
    return language_model(config, tokenizer, length, layers, license=aido.LICENCE)


def _feed_forward(config: Config) -> list[Document]:
    units, use_bias = config.whole("intermediate_size"), aido.biased(config)
    before = {"from": "feed_forward_norm", "units": units, "use_bias": use_bias}
    return [
        {"Dense": {**before, "name": "up"}},
        {"Dense": {**before, "activation": "silu", "name": "gate"}},
        {"Multiply": {"from": ["up", "gate"], "name": "gated"}},
        {"Dense": {"units": config.whole("hidden_size"), "use_bias": use_bias, "name": "down"}},
    ]


def weights(config: Config) -> dict[str, Placement]:
    """Return where each tensor goes."""
    found = aido.weights(config)
    for i in range(config.whole("num_hidden_layers")):
        found |= below({f"bert.encoder.layer.{i}.mlp.{part}_proj":
                        aido.linear_weights(config, f"{part}_{i + 1}") for part in _PARTS})
    return found | aido.head_weights(config)


def tokenizer(config: Config, vocabulary: Vocabulary) -> Document:  # noqa: ARG001 - as all families
    """Return the tokenizer: one token a base, one before and one behind them."""
    return {
        "kind": "characters", "vocabulary": list(vocabulary.tokens),
        "start": vocabulary.required("cls_token", "[CLS]"),
        "end": vocabulary.required("sep_token", "[SEP]"),
        "pad": vocabulary.required("pad_token", "[PAD]"),
        "mask": vocabulary.required("mask_token", "[MASK]"),
        "unknown": vocabulary.required("unk_token", "[UNK]"),
    }


RNABERT: Final = Family(
    "rnabert", ("rnabert",), document, weights, tokenizer,
    extras=("cls.predictions.decoder.*",), prefix="bert.", tokens=TOKENS,
)

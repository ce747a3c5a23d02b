"""Tiny language models with random weights, and what NumPy makes of them."""

import aido_numpy
from made_checkpoints import write_checkpoint

PROTEIN = {**aido_numpy.FM4BIO, "max_position_embeddings": 32}
RNA = {**aido_numpy.RNABERT, "max_position_embeddings": 32}
AMINO_ACIDS = "LAGVSERTIDPKQNFYMHWC"


def protein_checkpoint(folder):
    """Write a mixture of experts over residues, with a context of 32 tokens."""
    return write_checkpoint(folder, PROTEIN, aido_numpy.random_tensors(PROTEIN))


def rna_checkpoint(folder):
    """Write a network over bases, with a context of 32 tokens."""
    return write_checkpoint(folder, RNA, aido_numpy.random_tensors(RNA, seed=3))


def residue_ids(letters):
    """Return the ids of residues; they follow the pad's."""
    return [AMINO_ACIDS.index(letter) + 1 for letter in letters]


def protein_forward(ids):
    """Return hidden states and logits of residues and of the token behind them, by NumPy."""
    return aido_numpy.forward(PROTEIN, aido_numpy.random_tensors(PROTEIN), [*ids, 34])


def rna_forward(ids):
    """Return hidden states and logits of bases and of the tokens around them, by NumPy."""
    return aido_numpy.forward(RNA, aido_numpy.random_tensors(RNA, seed=3), [2, *ids, 3])

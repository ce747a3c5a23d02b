"""Sequences → vectors: one for each, or one for each residue, in file order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.tokens import padded
from dlgenomics.language.batches import HELD, batches, windows
from dlgenomics.language.embedding import Contents, Embedding, Pool
from dlgenomics.language.network import Part, hidden, hidden_layer
from dlgenomics.language.tokenized import Tokenized, inside
from dlgenomics.language.writers import open_writer
from dlgenomics.progress import Progress, silent

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model

BATCH_TOKENS: Final = 8192
_HELD_BY_TOKEN: Final = 4
"""Batches in memory where every token has a vector: 335 MB at 2,560 channels."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of a language model.

    Attributes:
        pool: one vector a sequence, the mean over its residues, or one a residue.
        layer: see `dlgenomics.language.network.hidden_layer`; None is the network's end.
        batch_tokens: tokens that go through the network at once, padding included. Numbers differ
            in their last digits with it.
    """

    pool: Pool = "mean"
    layer: str | int | None = None
    batch_tokens: int = BATCH_TOKENS


def embed(part: Part, found: Tokenized, wish: Wish, progress: Progress = silent,
          ) -> Iterator[Embedding]:
    """Yield the vectors of sequences, some at a time, in their order.

    Sequences of like lengths go through the network together, so that little is padding.

    Args:
        part: what gives the vectors at each token; see `dlgenomics.language.network.hidden`.
        found: the sequences.
        wish: what is wanted.
        progress: told of sequences.
    """
    lengths, done = found.lengths, 0
    pad = found.tokenizer.id_of(found.tokenizer.pad)
    held = HELD if wish.pool == "mean" else _HELD_BY_TOKEN
    for window in windows(lengths, wish.batch_tokens, held):
        vectors: dict[int, NDArray[np.float32]] = {}
        for batch in batches(window, lengths, wish.batch_tokens):
            rows = [found.ids[i].tolist() for i in batch]
            for i, row in zip(batch, part(padded(rows, pad)), strict=True):
                vectors[i] = _pooled(row[:lengths[i]], found, i, wish.pool)
            done += len(batch)
            progress("embedding", done, len(found))
        yield Embedding(tuple(found.names[i] for i in window),
                        tuple(found.residues[i] for i in window),
                        np.concatenate([vectors[i] for i in window]))


def _pooled(row: NDArray[np.float32], found: Tokenized, index: int,
            pool: Pool) -> NDArray[np.float32]:
    kept = row[inside(found.ids[index], found.tokenizer)]
    if pool == "tokens":
        return kept
    if not len(kept):
        return np.zeros((1, row.shape[1]), np.float32)
    mean: NDArray[np.float32] = kept.mean(axis=0, keepdims=True, dtype=np.float64)
    return mean.astype(np.float32)


def write_embeddings(model: Model, found: Tokenized, output: Path | str, wish: Wish,
                     progress: Progress = silent) -> Contents:
    """Write the vectors of sequences to a file.

    Args:
        model: a language model.
        found: the sequences, cut by its tokenizer.
        output: a file that ends in ``.parquet``, ``.h5`` or ``.npz``; it appears whole at the end.
        wish: what is wanted.
        progress: told of sequences.

    Returns:
        What the file holds.

    Raises:
        DlgError: no such layer.
        OutputError: an unknown ending, a full disk or a place that is not writable.
    """
    part, channels = hidden(model, wish.layer)
    rows = sum(found.residues) if wish.pool == "tokens" else len(found)
    about = {"model": model.name, "source": model.source.location,
             "layer": hidden_layer(model.spec, wish.layer)}
    contents = Contents(len(found), rows, channels, wish.pool, about)
    with open_writer(output, contents) as writer:
        for part_of in embed(part, found, wish, progress):
            writer.write(part_of)
    return contents

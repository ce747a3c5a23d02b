"""Sequences of a FASTA as tokens of a model, each of its own length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.sequences import Record
from dlgenomics.data.tokens import Ids, token_reader
from dlgenomics.errors import DataError, DlgError
from dlgenomics.spec.inputs import Input, TokensInput
from dlgenomics.spec.tokenizer import Tokenizer

_SHOWN: Final = 5


@dataclass(frozen=True)
class Tokenized:
    """Sequences, in file order.

    Attributes:
        names: of the sequences.
        ids: of each, int32, shape (tokens,), with the tokens before and behind it.
        tokenizer: what cut them.
        unknown: how many tokens of all were not in the vocabulary.
        odd: the first of those, and the name of its sequence; None where there is none.
        cut: the names of those that were cut to the model's context.
    """

    names: tuple[str, ...]
    ids: tuple[Ids, ...]
    tokenizer: Tokenizer
    unknown: int = 0
    odd: tuple[str, str] | None = None
    cut: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def lengths(self) -> list[int]:
        """The number of tokens of each, those before and behind it included."""
        return [len(one) for one in self.ids]

    @cached_property
    def residues(self) -> list[int]:
        """The number of tokens of each that stand for letters."""
        return [int(inside(one, self.tokenizer).sum()) for one in self.ids]


def tokens_input(inputs: Mapping[str, Input]) -> TokensInput:
    """Return the one input of a language model.

    Raises:
        DlgError: the model is none.
    """
    found = list(inputs.values())
    if len(found) == 1 and isinstance(found[0], TokensInput):
        return found[0]
    raise DlgError("a language model must have one input, of kind tokens. Received: "
                   f"{', '.join(f'{name} ({one.kind})' for name, one in inputs.items())}. "
                   "Use `dlg predict` for other models.")


def tokenize(records: Sequence[Record], one: TokensInput, path: Path | str, *,
             truncate: bool = False) -> Tokenized:
    """Cut sequences into tokens.

    Args:
        records: the sequences.
        one: the model's input, which says how and how many.
        path: their file, for messages.
        truncate: take the first letters of sequences that are too long for the model.

    Raises:
        DataError: a sequence is longer than the model's context, or has no token.
    """
    reader = token_reader(one.tokenizer)
    found = [np.array(reader.encode(record.letters), np.int32) for record in records]
    long = [record.name for record, ids in zip(records, found, strict=True)
            if len(ids) > one.length]
    if long and not truncate:
        raise _too_long(records, found, one, path)
    kept = tuple(_cut(ids, one) for ids in found)
    return Tokenized(tuple(record.name for record in records), kept, one.tokenizer,
                     unknown_tokens(records, kept, one.tokenizer),
                     first_unknown(records, kept, one.tokenizer), tuple(long))


def inside(ids: Ids, tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Return which tokens stand for letters: not those before, behind and filled up with."""
    return ~np.isin(ids, tokenizer.outside)


def _cut(ids: Ids, one: TokensInput) -> Ids:
    if len(ids) <= one.length:
        return ids
    if one.tokenizer.end is None:
        return ids[:one.length]
    return np.concatenate([ids[:one.length - 1], ids[-1:]])


def unknown_tokens(records: Sequence[Record], found: Sequence[Ids], tokenizer: Tokenizer) -> int:
    """Return how many tokens are unknown; a letter that is the unknown token itself is known.

    Args:
        records: the sequences.
        found: their ids.
        tokenizer: what cut them.
    """
    unknown = tokenizer.id_of(tokenizer.unknown)
    total = sum(int((ids == unknown).sum()) for ids in found)
    written = sum(record.letters.count(tokenizer.unknown) for record in records
                  ) if len(tokenizer.unknown) == 1 else 0
    return max(total - written, 0)


def first_unknown(records: Sequence[Record], found: Sequence[Ids],
                  tokenizer: Tokenizer) -> tuple[str, str] | None:
    """Return the first token that the vocabulary lacks, and the name of its sequence.

    Takes what `unknown_tokens` takes; None where there is no such token.
    """
    reader, unknown = token_reader(tokenizer), tokenizer.id_of(tokenizer.unknown)
    for record, ids in zip(records, found, strict=True):
        if unknown not in ids:  # the quick look
            continue
        kept = reader.tokens(record.letters)[:inside(ids, tokenizer).sum()]
        if odd := next((one for one in kept if one not in reader.ids), None):
            return odd, record.name
    return None


def _too_long(records: Sequence[Record], found: Sequence[Ids], one: TokensInput,
              path: Path | str) -> DataError:
    long = [(record, len(ids)) for record, ids in zip(records, found, strict=True)
            if len(ids) > one.length]
    named = ", ".join(f"{record.name!r} with {count:,}" for record, count in long[:_SHOWN])
    more = f" and {len(long) - _SHOWN:,} more" if len(long) > _SHOWN else ""
    return DataError(f"every sequence must fit the model's context of {one.length:,} tokens, those "
                     f"before and behind it included. Received: {named}{more}. Cut them, or take "
                     "their first letters (--truncate, truncate=True).",
                     path=path, line=long[0][0].line)

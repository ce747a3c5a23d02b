"""Sequences → token ids, as a `Tokenizer` of a spec says.

Whitespace separates words and is no token itself. Tokens with parts of their own, such as
``<mask>``, may stand in a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import TokensError
from dlgenomics.spec.tokenizer import Tokenizer

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class TokenReader:
    """Cuts sequences into the tokens of a vocabulary; see `token_reader`."""

    tokenizer: Tokenizer

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The id of each token."""
        return {token: i for i, token in enumerate(self.tokenizer.vocabulary)}

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The lengths that tokens have, greatest first."""
        return tuple(sorted({len(token) for token in self.ids}, reverse=True))

    @cached_property
    def _marks(self) -> re.Pattern[str]:
        """What finds tokens that are read as they stand: special ones and those in lower case."""
        marks = {*self.tokenizer.special.values(), *(t for t in self.ids if t.upper() != t)}
        longest_first = sorted((m for m in marks if len(m) > 1), key=len, reverse=True)
        return re.compile("(" + ("|".join(map(re.escape, longest_first)) or "(?!)") + ")")

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a sequence, without those before and behind it."""
        found: list[str] = []
        for i, part in enumerate(self._marks.split(text)):
            if i % 2:
                found.append(part)
                continue
            for word in (part.upper() if self.tokenizer.upper else part).split():
                found += _CUTS[self.tokenizer.kind](word, self)
        return found

    def encode(self, text: str) -> list[int]:
        """Return the ids of a sequence with those of the tokens before and behind it."""
        unknown = self.ids[self.tokenizer.unknown]
        around = [[self.ids[one]] if one is not None else []
                  for one in (self.tokenizer.start, self.tokenizer.end)]
        return [*around[0], *(self.ids.get(t, unknown) for t in self.tokens(text)), *around[1]]


@lru_cache(maxsize=8)
def token_reader(tokenizer: Tokenizer) -> TokenReader:
    """Return what cuts sequences into the tokens of a tokenizer; the same one each time."""
    return TokenReader(tokenizer)


def encode_tokens(texts: Iterable[str], tokenizer: Tokenizer, length: int) -> Ids:
    """Return the ids of sequences, filled up with pads to the longest of them.

    Args:
        texts: the sequences; an empty one is the tokens before and behind it.
        tokenizer: how they become tokens.
        length: the most tokens that one may have.

    Returns:
        int32, shape (sequences, tokens).

    Raises:
        TokensError: one is no text, or has more tokens.
    """
    reader = token_reader(tokenizer)
    rows: list[list[int]] = []
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TokensError(index, "sequences must be texts", f"a {type(text).__name__}",
                              "Pass a list of texts, or an array of token ids.")
        rows.append(reader.encode(text))
        if len(rows[-1]) > length:
            raise TokensError(index, f"a sequence must have at most {length:,} tokens, those "
                              "before and behind it included", f"{len(rows[-1]):,}",
                              "Cut it into overlapping pieces.")
    return padded(rows, reader.ids[tokenizer.pad])


def padded(rows: Sequence[Sequence[int]], pad: int) -> Ids:
    """Return rows of ids as one array, filled up with ``pad`` on the right."""
    found = np.full((len(rows), max(map(len, rows), default=0)), pad, np.int32)
    for array, row in zip(found, rows, strict=True):
        array[:len(row)] = row
    return found


def _characters(word: str, _reader: TokenReader) -> list[str]:
    return list(word)


def _kmers(word: str, reader: TokenReader) -> list[str]:
    """Return the overlapping words of k; a shorter text is one word, which no vocabulary has."""
    k = reader.tokenizer.k or 1
    return [word[i:i + k] for i in range(max(len(word) - k + 1, 1))]


def _longest(word: str, reader: TokenReader) -> list[str]:
    """Return the longest tokens from left to right; what lies between them is one piece."""
    found, at, left = [], 0, 0
    while at < len(word):
        width = next((w for w in reader.widths if word[at:at + w] in reader.ids
                      and at + w <= len(word)), 0)
        if width:
            found += [word[left:at]] if left < at else []
            found.append(word[at:at + width])
            left = at + width
        at += width or 1
    return found + ([word[left:]] if left < len(word) else [])


_CUTS: Final[Mapping[str, Callable[[str, TokenReader], list[str]]]] = {
    "characters": _characters, "longest_match": _longest, "overlapping_kmers": _kmers,
}

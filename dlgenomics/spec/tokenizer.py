"""How a sequence becomes tokens, as plain data of a spec. The text under a field documents it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from dlgenomics.spec.node import Node, Several


class Tokenizer(Node):
    """A vocabulary and the rule by which sequences are cut into its tokens.

    The id of a token is its place in the vocabulary.
    """

    kind: Literal["characters", "longest_match", "overlapping_kmers"]
    """How a sequence is cut: `characters`, every letter a token; `longest_match`, from left to
    right the longest token that fits, as ESM and Nucleotide Transformer have it; or
    `overlapping_kmers`, words of `k` bases in steps of one, as DNABERT has it."""
    vocabulary: Several[str] = Field(min_length=1)
    """All tokens in the order of their ids."""
    k: int | None = Field(default=None, ge=1, le=12)
    """Bases in a word of `overlapping_kmers`."""
    start: str | None = None
    """The token before every sequence; default: none."""
    end: str | None = None
    """The token behind every sequence; default: none."""
    pad: str
    """The token that fills a batch up to its longest sequence; the network leaves it out."""
    mask: str | None = None
    """The token that hides another from the network."""
    unknown: str
    """The token of what is not in the vocabulary. By `longest_match` a run of unknown letters is
    one token, else each letter or word is one."""
    upper: bool = True
    """Whether lower-case letters are read as upper case: genomes mark repeats by lower case."""

    @property
    def special(self) -> dict[str, str]:
        """The tokens with a part of their own, by part."""
        parts = {part: getattr(self, part) for part in ("start", "end", "pad", "mask", "unknown")}
        return {part: token for part, token in parts.items() if token is not None}

    def id_of(self, token: str) -> int:
        """Return the id of a token of the vocabulary."""
        return self.vocabulary.index(token)

    @property
    def outside(self) -> tuple[int, ...]:
        """The ids of tokens that stand for no residue: start, end and pad."""
        found = {self.id_of(one) for one in (self.start, self.end, self.pad) if one is not None}
        return tuple(sorted(found))

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong, as (field, sentence); what its type allows is checked elsewhere."""
        twice = len(set(self.vocabulary)) < len(self.vocabulary)
        if twice:
            again = next(t for i, t in enumerate(self.vocabulary) if t in self.vocabulary[:i])
            yield "vocabulary", f"tokens must differ. Received: {again!r} twice."
        if "" in self.vocabulary:
            yield "vocabulary", "tokens must have letters. Received: an empty one."
        for part, token in self.special.items():
            if token not in self.vocabulary:
                yield part, f"{part} must be a token of the vocabulary. Received: {token!r}."
        if (self.k is None) == (self.kind == "overlapping_kmers"):
            came = "none" if self.k is None else f"{self.k} for {self.kind}"
            yield "k", f"k is for overlapping_kmers, which need it. Received: {came}."

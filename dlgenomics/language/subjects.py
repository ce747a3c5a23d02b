"""Sequences and their mutations, checked, and cut into passes through a language model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from dlgenomics.data.sequences import Record
from dlgenomics.data.tokens import Ids, token_reader
from dlgenomics.errors import DataError, DlgError
from dlgenomics.language.mutations import Mutation, MutationError, check_mutation
from dlgenomics.spec.inputs import TokensInput

Marginal = Literal["masked", "wild-type"]
"""`masked` hides the changed positions, one pass for each set of them; `wild-type` reads all
probabilities off the sequence as it is, in one pass."""


@dataclass(frozen=True)
class Pass:
    """One way of a sequence through the network.

    Attributes:
        start, stop: the letters that are read, counted from 0.
        hidden: those of them that the mask token stands for.
        mutations: which mutations of the sequence are read off it.
    """

    start: int
    stop: int
    hidden: tuple[int, ...]
    mutations: tuple[int, ...]

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Subject:
    """A sequence and what is asked of it.

    Attributes:
        record: the sequence.
        ids: of its letters alone, int32, shape (letters,).
        mutations: in the order asked for.
        passes: each mutation stands in one of them.
    """

    record: Record
    ids: Ids
    mutations: tuple[Mutation, ...]
    passes: tuple[Pass, ...]


@dataclass(frozen=True)
class Asking:
    """How a model is asked about mutations.

    Attributes:
        one: the model's input.
        marginal: see `Marginal`.
        window: whether sequences that are longer than the model's context are read in a window
            around the mutation, instead of being refused.
    """

    one: TokensInput
    marginal: Marginal = "masked"
    window: bool = False

    @cached_property
    def before(self) -> list[int]:
        """The id of the token before every sequence, if there is one."""
        return _ids(self.one, self.one.tokenizer.start)

    @cached_property
    def behind(self) -> list[int]:
        """The id of the token behind every sequence, if there is one."""
        return _ids(self.one, self.one.tokenizer.end)

    @property
    def context(self) -> int:
        """How many letters the model reads at once."""
        return self.one.length - len(self.before) - len(self.behind)

    def subjects(self, records: Sequence[Record], mutations: Mapping[str, Iterable[Mutation]],
                 path: str) -> list[Subject]:
        """Return the sequences that have mutations, each mutation checked.

        Args:
            records: the sequences.
            mutations: by name of the sequence.
            path: the sequences' file, for messages.

        Raises:
            DataError: a sequence is longer than the model's context and ``window`` is not set.
            DlgError: the model has no token to hide others, or none for each letter.
            MutationError: a mutation does not fit its sequence or the context.
        """
        if self.marginal == "masked" and self.one.tokenizer.mask is None:
            raise DlgError("masked marginals need a model with a mask token. Received: none. "
                           "Use wild-type marginals.")
        asked = [(record, tuple(mutations.get(record.name, ()))) for record in records]
        return [self._subject(record, found, path) for record, found in asked if found]

    def tokens(self, subject: Subject, one: Pass) -> list[int]:
        """Return the ids of a pass, with the mask's and those before and behind."""
        ids = subject.ids[one.start:one.stop].copy()
        if one.hidden:
            ids[[place - one.start for place in one.hidden]] = _ids(
                self.one, self.one.tokenizer.mask)[0]
        return [*self.before, *ids.tolist(), *self.behind]

    def _subject(self, record: Record, mutations: tuple[Mutation, ...], path: str) -> Subject:
        self._check_length(record, path)
        ids = self._letters(record)
        for mutation in mutations:
            check_mutation(mutation, record, self.one.tokenizer)
            self._check_span(mutation, record)
        return Subject(record, ids, mutations, self._passes(mutations, len(record)))

    def _check_length(self, record: Record, path: str) -> None:
        if len(record) > self.context and not self.window:
            raise DataError(f"a sequence must fit the model's context of {self.context:,} letters. "
                            f"Received: {record.name!r} with {len(record):,}. Cut it, or have it "
                            "read in windows around the mutations (--window, window=True).",
                            path=path, line=record.line)

    def _letters(self, record: Record) -> Ids:
        ids = token_reader(self.one.tokenizer).encode(record.letters)
        ids = ids[len(self.before):len(ids) - len(self.behind)]
        if len(ids) != len(record):
            raise DlgError("substitutions can be scored by models with a token for each letter. "
                           f"Received: {len(ids):,} tokens for the {len(record):,} letters of "
                           f"{record.name!r}. Use a model of single residues or bases.")
        return np.array(ids, np.int32)

    def _check_span(self, mutation: Mutation, record: Record) -> None:
        span = mutation.places[-1] - mutation.places[0] + 1
        if span > self.context:
            raise MutationError(f"{mutation} of {record.name!r}", "its positions must lie within "
                                f"the model's context of {self.context:,} letters",
                                f"{span:,}", "Score its substitutions one by one.")

    def _passes(self, mutations: tuple[Mutation, ...], length: int) -> tuple[Pass, ...]:
        found: dict[tuple[int, int, tuple[int, ...]], list[int]] = {}
        for index, mutation in enumerate(mutations):
            hidden = mutation.places if self.marginal == "masked" else ()
            found.setdefault((*self._span(mutation, length), hidden), []).append(index)
        return tuple(Pass(*key, tuple(which)) for key, which in found.items())

    def _span(self, mutation: Mutation, length: int) -> tuple[int, int]:
        if length <= self.context:
            return 0, length
        middle = (mutation.places[0] + mutation.places[-1] + 1) // 2
        start = min(max(middle - self.context // 2, 0), length - self.context)
        return start, start + self.context


def _ids(one: TokensInput, token: str | None) -> list[int]:
    return [] if token is None else [one.tokenizer.id_of(token)]

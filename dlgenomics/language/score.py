"""How well a language model likes substitutions.

Meier et al., Language models enable zero-shot prediction of the effects of mutations on protein
function, NeurIPS 2021, doi:10.1101/2021.07.09.450648. A score is the sum over the changed positions
of ``log p(mutant) - log p(wild type)``: negative where the model finds the mutant less likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.sequences import Record
from dlgenomics.data.tokens import padded
from dlgenomics.language.batches import batches, windows
from dlgenomics.language.mutations import Mutation
from dlgenomics.language.network import Part
from dlgenomics.language.subjects import Asking, Pass, Subject
from dlgenomics.progress import Progress, silent

BATCH_TOKENS: Final = 8192


@dataclass(frozen=True)
class Scores:
    """The mutations of one sequence and their scores, float32."""

    record: Record
    mutations: tuple[Mutation, ...]
    values: NDArray[np.float32]


def score(logits: Part, subjects: Sequence[Subject], asking: Asking,
          batch_tokens: int = BATCH_TOKENS, progress: Progress = silent) -> Iterator[Scores]:
    """Score mutations, sequence by sequence, in their order.

    Args:
        logits: the model's; see `dlgenomics.language.network.logits`.
        subjects: what `Asking.subjects` gives.
        asking: how they were made.
        batch_tokens: tokens that go through the network at once, padding included.
        progress: told of passes.
    """
    costs = [sum(map(len, subject.passes)) for subject in subjects]
    done, total = 0, sum(len(subject.passes) for subject in subjects)
    for part in windows(costs, batch_tokens):
        values = {i: np.zeros(len(subjects[i].mutations), np.float32) for i in part}
        rows = [(i, one) for i in part for one in subjects[i].passes]
        for batch in batches(range(len(rows)), [len(one) for _, one in rows], batch_tokens):
            chosen = [rows[row] for row in batch]
            ids = [asking.tokens(subjects[i], one) for i, one in chosen]
            found = logits(padded(ids, asking.one.tokenizer.id_of(asking.one.tokenizer.pad)))
            for (i, one), row in zip(chosen, found, strict=True):
                _read_off(row, subjects[i], one, asking, values[i])
            done += len(batch)
            progress("scoring", done, total)
        for i in part:
            yield Scores(subjects[i].record, subjects[i].mutations, values[i])


def _read_off(logits: NDArray[np.float32], subject: Subject, one: Pass, asking: Asking,
              values: NDArray[np.float32]) -> None:
    """Fill in the scores of a pass; of two log p at a place only the logits' difference is left."""
    id_of, shift = asking.one.tokenizer.id_of, len(asking.before) - one.start
    for index in one.mutations:
        values[index] = sum(
            float(logits[change.position - 1 + shift, id_of(change.mutant)])
            - float(logits[change.position - 1 + shift, id_of(change.wild_type)])
            for change in subject.mutations[index].substitutions)

"""Checks of the examples themselves: balance, constant targets, contradictions, unknown bases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.dna import unknown_share
from dlgenomics.data.encoding import DNA
from dlgenomics.doctor.finding import Finding
from dlgenomics.doctor.subject import Facts, Subject

RARE: Final = 0.1
"""A class with a smaller share, or with fewer examples than this times the largest, is rare."""
FEWEST: Final = 10
"""With fewer examples of a class than this, metrics are mostly chance."""
RICH_IN_N: Final = 0.1
"""A sequence with a larger share of unknown bases is rich in them."""

Labels = NDArray[np.floating[Any]]


def rare_classes(subject: Subject) -> Iterator[Finding]:
    """Find classes that are rare in training and that nothing makes up for."""
    facts = subject.facts
    if facts is None or _is_balanced_by_hand(subject):
        return
    for target, labels in facts.labels.items():
        task = subject.task_of(target)
        if not task.endswith("_classification"):
            continue
        shares = _shares(labels[facts.parts["train"]])
        against = shares.max() if task == "multiclass_classification" else 1 - shares
        rarer = np.minimum(shares, against)
        limit = RARE * shares.max() if task == "multiclass_classification" else RARE
        rare = np.flatnonzero((rarer < limit) & (shares > 0) & (shares < 1))
        if len(rare):
            names = subject.spec.data.targets[target].names
            yield Finding(
                "warning", f"Few training examples of one class: {_listed(names, rare, rarer)}.",
                "A network that never names the rare class is right most of the time, and accuracy "
                "does not show it.",
                _advice(task), ("training", "class_weight"))


def _is_balanced_by_hand(subject: Subject) -> bool:
    data, training = subject.spec.data, subject.spec.training
    return bool(training.class_weight or data.sampling or data.weights)


def _advice(task: str) -> str:
    weigh = ("Look" if task == "multilabel_classification"
             else "Set training.class_weight: balanced, and look")
    return f"{weigh} at AUPRC and balanced accuracy rather than accuracy."


def _shares(labels: Labels) -> NDArray[np.float64]:
    """Return the share of 1 in each column, of the labels that are known; NaN where none is."""
    known = (~np.isnan(labels)).sum(axis=0)
    none = np.full(labels.shape[1], np.nan)
    found: NDArray[np.float64] = np.divide(np.nansum(labels, axis=0), known, out=none,
                                           where=known > 0, dtype=np.float64)
    return found


def _listed(names: Sequence[str], rows: NDArray[np.int64], shares: NDArray[np.float64]) -> str:
    """Return columns with their shares, at most three of them."""
    shown = ", ".join(f"{names[i]} {100 * shares[i]:.2g} %" for i in rows[:3])
    return shown + (f" and {len(rows) - 3} more columns" if len(rows) > 3 else "")


def constant_targets(subject: Subject) -> Iterator[Finding]:
    """Find columns without a difference to learn, or with too little of one to measure."""
    facts = subject.facts
    if facts is None:
        return
    for target, labels in facts.labels.items():
        names = subject.spec.data.targets[target].names
        for part, rows in facts.parts.items():
            if not len(rows):
                continue
            flat = labels[rows].reshape(-1, labels.shape[-1])
            constant = [i for i in range(flat.shape[1]) if _is_constant(flat[:, i])]
            if constant:
                yield _constant_finding(part, [names[i] for i in constant], target)
            if part == "train" or not subject.task_of(target).endswith("_classification"):
                continue
            few = [i for i in range(flat.shape[1]) if i not in constant and _rarest(flat[:, i])
                   < FEWEST]
            if few:
                yield _few_finding(part, [names[i] for i in few], target)


def _is_constant(values: Labels) -> bool:
    known = values[~np.isnan(values)]
    return not len(known) or bool((known == known[0]).all())


def _rarest(values: Labels) -> int:
    return int(min((values == 0).sum(), (values == 1).sum()))


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:3])) + (f" and {len(names) - 3} more" if names[3:] else "")


def _constant_finding(part: str, names: Sequence[str], target: str) -> Finding:
    path = ("data", "targets", target)
    if part == "train":
        return Finding("error", f"The same label for every training example: {_few(names)}.",
                       "There is no difference to learn.",
                       "Check the column and the split, or leave the column out.", path)
    return Finding("warning", f"The same label for every {part} example: {_few(names)}.",
                   f"Metrics such as AUROC are not defined on the {part} set.",
                   "Change the split (stratify keeps proportions), or leave the column out.", path)


def _few_finding(part: str, names: Sequence[str], target: str) -> Finding:
    return Finding("warning", f"Fewer than {FEWEST} examples of one class in the {part} set: "
                   f"{_few(names)}.", "So few make its metrics mostly chance.",
                   "Hold more examples out, or stratify the split.", ("data", "targets", target))


def contradictory_copies(subject: Subject) -> Iterator[Finding]:
    """Find examples with the same sequence, of DNA on either strand, and different classes."""
    facts = subject.facts
    if facts is None or not facts.has_sequences:
        return
    for target, labels in facts.labels.items():
        if not subject.task_of(target).endswith("_classification"):
            continue
        wrong = _contradicted(facts, labels)
        if wrong:
            yield Finding(
                "warning", f"{wrong:,} of {len(labels):,} examples have the sequence of another"
                f"{' or its reverse complement' * (facts.alphabet is DNA)}, but another label of "
                f"{target!r}.",
                "No network can be right on both; it learns their mean.",
                "Remove them, decide for one label, or use longer sequences that tell them apart.",
                ("data", "targets", target))


def _contradicted(facts: Facts, labels: Labels) -> int:
    """Return the number of examples whose sequence has more than one set of labels."""
    flat = np.nan_to_num(labels.reshape(len(labels), -1), nan=-1)
    copies: dict[bytes, list[bytes]] = {}
    for key, row in zip(facts.keys, flat, strict=True):
        copies.setdefault(key, []).append(row.tobytes())
    return sum(len(rows) for rows in copies.values() if len(set(rows)) > 1)


def many_unknown_bases(subject: Subject) -> Iterator[Finding]:
    """Find sequences that are largely N, or of proteins X."""
    facts = subject.facts
    if facts is None or not facts.has_sequences:
        return
    rich = unknown_share(facts.codes, facts.alphabet) > RICH_IN_N
    letter = facts.alphabet.unknown
    if rich.any():
        yield Finding(
            "hint" if rich.mean() < 0.01 else "warning",
            f"{rich.sum():,} of {len(rich):,} sequences are more than {100 * RICH_IN_N:.0f} % "
            f"{letter}.",
            f"They hold little to learn from, and where {letter} goes with one class, {letter} is "
            "what is learned.",
            "Remove them, or check the genome build and the ends of contigs.", ("data", "inputs"))

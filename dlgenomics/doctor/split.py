"""Checks of the split: is there a test set, and is it new to the network?"""

from __future__ import annotations

from collections.abc import Iterator

from dlgenomics.data.encoding import DNA
from dlgenomics.doctor.finding import Finding, Severity
from dlgenomics.doctor.places import overlaps
from dlgenomics.doctor.subject import Subject
from dlgenomics.spec.sources import ChromosomeSplit, RandomSplit

_AT: tuple[str, str] = ("data", "split")


def missing_test_part(subject: Subject) -> Iterator[Finding]:
    """Find a split without a test set."""
    split = subject.spec.data.split
    empty = ((isinstance(split, RandomSplit | ChromosomeSplit) and not split.test)
             if subject.facts is None else not len(subject.facts.parts["test"]))
    if empty:
        yield Finding(
            "warning", "There is no test set.",
            "Early stopping and every choice that you make look at the validation set, so its "
            "metrics are too good; only examples that nothing looked at say what to expect.",
            "Hold 10 to 20 % of the examples, or one or two chromosomes, out as data.split.test.",
            (*_AT, "test"))


def overlapping_places(subject: Subject) -> Iterator[Finding]:
    """Find examples of one part that overlap those of another in the genome."""
    facts = subject.facts
    if facts is None or facts.places is None:
        return
    for part, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
        rows = facts.parts[part]
        shared = overlaps(facts.places[rows], facts.places[facts.parts[other]])
        if shared.any():
            first = facts.places[rows[shared][:1]].labels()[0]
            yield Finding(
                _severity(shared.sum(), len(rows)),
                f"{_count(shared.sum(), len(rows), part)} overlap the genome with examples of the "
                f"{_named(other)} set, such as {first}.",
                "The network has seen these bases, so its metrics are too good.",
                "Split by chromosome, or at random, which keeps overlapping intervals together.",
                _AT)


def same_sequences(subject: Subject) -> Iterator[Finding]:
    """Find sequences of one part that stand in another too; of DNA on either strand."""
    facts = subject.facts
    if facts is None or not facts.has_sequences:
        return
    for part, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
        rows = facts.parts[part]
        known = {facts.keys[row] for row in facts.parts[other]}
        shared = sum(facts.keys[row] in known for row in rows)
        if shared:
            yield Finding(
                _severity(shared, len(rows)),
                f"{_count(shared, len(rows), part)} have the same sequence as one of the "
                f"{_named(other)} set{', or its reverse complement' * (facts.alphabet is DNA)}.",
                "What was learned by heart counts as if it had been predicted.",
                "Remove duplicates before the split, or give all copies of a sequence to one part "
                "(data.split: {by: column}).", _AT)


def _severity(shared: int, whole: int) -> Severity:
    """Return how bad it is: from one in a hundred on, metrics are wrong."""
    return "error" if shared * 100 >= whole else "warning"


def _count(shared: int, whole: int, part: str) -> str:
    return f"{shared:,} of {whole:,} {_named(part)} examples ({100 * shared / whole:.1f} %)"


def _named(part: str) -> str:
    return "training" if part == "train" else part

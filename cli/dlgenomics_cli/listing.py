"""How ``ls`` shows the models of the catalogue, one by one or by group."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dlgenomics_zoo.catalogue import Entry

COLUMNS: Final = ("model", "source", "framework", "status", "licence", "tags", "description")

SHORT: Final = ("model", "source", "framework", "status", "description")


def entry_row(entry: Entry) -> tuple[str, ...]:
    """Return a model's cells; what is wrong with it stands for its description."""
    return (entry.name, entry.source, entry.framework, entry.status, entry.license,
            ", ".join(entry.tags), entry.problem or entry.description)


def short_row(entry: Entry) -> tuple[str, ...]:
    """Return the cells that fit on a screen."""
    return (entry.name, entry.source, entry.framework, entry.status,
            entry.problem or entry.description)


def folded_rows(entries: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each group of more than one model, and one for each other model."""
    for _, group in itertools.groupby(entries, key=lambda one: (one.source, one.group)):
        members = list(group)
        if len(members) == 1 or not members[0].group:
            yield from map(short_row, members)
        else:
            yield _group_row(members)


def _group_row(members: Sequence[Entry]) -> tuple[str, ...]:
    first = members[0]
    return (f"{first.group} ({len(members):,} models)", first.source,
            _counted(one.framework for one in members), _counted(one.status for one in members),
            _shared(one.description for one in members))


def _counted(words: Iterator[str]) -> str:
    """Return ``native``, or ``native 50, portable 1`` where they differ."""
    counts = Counter(words)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{word} {count:,}" for word, count in counts.most_common())


def _shared(texts: Iterator[str]) -> str:
    """Return the text that most share."""
    return Counter(texts).most_common(1)[0][0]

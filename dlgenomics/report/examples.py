"""What a run's record says of its examples: length, composition, chromosomes, measured values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dlgenomics.report.curves import MOST_COLUMNS
from dlgenomics.report.outcome import Outcome
from dlgenomics.report.page import Html, element, table
from dlgenomics.report.words import NOT_DEFINED, compact

_PARTS: Final = ("train", "validation", "test")
_MOST_CHROMOSOMES: Final = 40


def example_facts(outcome: Outcome) -> Iterator[Html]:
    """Yield a sentence on the sequences, and tables of chromosomes and measured values."""
    facts: Mapping[str, Any] = outcome.record.get("examples", {})
    if not facts:
        return
    if facts["length"]:  # none where no input is made of letters
        yield element("p", _composition(facts))
    yield _chromosomes(facts["chromosomes"])
    yield _values(outcome, facts["labels"])


def _composition(facts: Mapping[str, Any]) -> str:
    gc = ", ".join(f"{100 * value:.1f} % ({part})" for part, value in facts["gc"].items()
                   if value is not None)
    unknown = max(facts["unknown"].values(), default=0.0)
    n = f"at most {100 * unknown:.2g} % N" if unknown else "no N"
    return f"Sequences of {facts['length']:,} bp; G or C: {gc}; {n}."


def _chromosomes(counts: Mapping[str, Mapping[str, int]]) -> Html:
    if not counts:
        return Html()
    names = sorted({name for part in counts.values() for name in part}, key=_order)
    rows = [[name, *(f"{counts.get(part, {}).get(name, 0):,}" for part in _PARTS)]
            for name in names[:_MOST_CHROMOSOMES]]
    more = len(names) - len(rows)
    whole = table(["Chromosome", *map(str.capitalize, _PARTS)], rows, numbers=(1, 2, 3))
    left = f", the first {len(rows)} of {len(names)}" if more else ""
    return element("details", element("summary", f"Examples by chromosome{left}"), whole)


def _order(name: str) -> tuple[int, str]:
    """Return what sorts chr2 before chr10."""
    digits = name.removeprefix("chr")
    return (int(digits) if digits.isdecimal() else 1_000, name)


def _values(outcome: Outcome, labels: Mapping[str, Any]) -> Html:
    """Return mean and range of measured values, of each part."""
    columns = [(target, i, column) for target in outcome.held_out
               if not outcome.task_of(target).endswith("_classification")
               for i, column in enumerate(outcome.columns(target))][:MOST_COLUMNS]
    rows = [
        [column, part, *(_number(labels[part][target][key][i])
                         for key in ("known", "mean", "sd", "min", "max"))]
        for target, i, column in columns for part in _PARTS if part in labels
    ]
    head = ("Measured", "Part", "Labels", "Mean", "SD", "Lowest", "Highest")
    return table(head, rows, numbers=range(2, 7)) if rows else Html()


def _number(value: float | None) -> str:
    if value is None:
        return NOT_DEFINED
    return f"{value:,}" if isinstance(value, int) else compact(value)

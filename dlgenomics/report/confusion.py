"""Which classes are taken for which, as tables that read on paper and without colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.report.outcome import HeldOut
from dlgenomics.report.page import Html, element, join
from dlgenomics.report.words import share

Counts = NDArray[np.int64]

MOST_CLASSES: Final = 20
"""A table of more classes is not shown."""


def binary_confusion(column: str, part: HeldOut, index: int) -> Html:
    """Return the calls at 0.5 against the labels of a column."""
    truth, score = part.column(index)
    counts = counted((truth == 1).astype(int), (score > 0.5).astype(int), 2)
    return _table(f"{column}: calls at 0.5 in the {part.part} set", ("negative", "positive"),
                  counts)


def class_confusion(classes: Sequence[str], part: HeldOut) -> Html:
    """Return the most probable class against the label; nothing for too many classes."""
    if len(classes) > MOST_CLASSES:
        return Html()
    whole = part.whole
    counts = counted(whole.labels.argmax(axis=1), whole.scores.argmax(axis=1), len(classes))
    return _table(f"Most probable class in the {part.part} set", classes, counts)


def counted(truth: NDArray[Any], called: NDArray[Any], classes: int) -> Counts:
    """Return how many examples of each class (rows) are called each class (columns)."""
    found: Counts = np.bincount(truth * classes + called, minlength=classes ** 2)
    return found.reshape(classes, classes)


def _table(title: str, classes: Sequence[str], counts: Counts) -> Html:
    head = element("tr", element("th", "is ↓ called →"),
                   *(element("th", name, class_="number") for name in classes),
                   element("th", "right", class_="number"))
    rows = [
        element("tr", element("th", name), *(_cell(n, int(row.sum())) for n in row),
                element("td", share(row[i], int(row.sum())), class_="number"))
        for i, (name, row) in enumerate(zip(classes, counts, strict=True))
    ]
    body = element("table", element("caption", title), element("thead", head),
                   element("tbody", join(rows, "\n")), class_="confusion")
    return element("div", body, class_="scroll")


def _cell(count: int, whole: int) -> Html:
    """Return a count on a ground that is the darker, the larger its share of the row."""
    shade = 0.5 * count / whole if whole else 0.0
    return element("td", f"{count:,}", class_="number",
                   style=f"background:rgba(0,114,178,{shade:.2f})")

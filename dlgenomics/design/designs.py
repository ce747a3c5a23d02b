"""A designed sequence, and every step on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, decode


class Objective(Protocol):
    """The number of a sequence that is to become large; for a small one, its negative."""

    def values(self, codes: Codes) -> NDArray[np.float64]:
        """Return the number of each sequence: codes of shape (sequences, length)."""

    def substituted(self, codes: Codes) -> NDArray[np.float64]:
        """Return it with each letter in each place: shape (sequences, length, 4).

        At the letter that is there it is the number of the sequence.
        """


@dataclass(frozen=True)
class Change:
    """One step.

    Attributes:
        position: the first position that changes, 0-based.
        before, after: the letters there.
        value: the objective afterwards.
        what: what was put there, if it has a name.
    """

    position: int
    before: str
    after: str
    value: float
    what: str = ""


@dataclass(frozen=True, eq=False)
class Design:
    """A sequence and how it came about.

    Attributes:
        name: of the sequence that it began with.
        start: the codes that it began with: uint8, shape (length,).
        start_value: the objective there.
        changes: the steps, in order.
    """

    name: str
    start: Codes
    start_value: float
    changes: tuple[Change, ...] = ()

    @property
    def codes(self) -> Codes:
        """The codes of the sequence, all steps taken."""
        found = self.start.copy()
        for change in self.changes:
            letters = np.array(["ACGT".index(letter) for letter in change.after], np.uint8)
            found[change.position:change.position + len(letters)] = letters
        return found

    @property
    def value(self) -> float:
        """The objective of the sequence."""
        return self.changes[-1].value if self.changes else self.start_value

    @property
    def values(self) -> list[float]:
        """The objective at the beginning and after each step."""
        return [self.start_value, *(change.value for change in self.changes)]

    def changed(self, position: int, new: Codes, value: float, what: str = "") -> Design:
        """Return the design one step further."""
        before = decode(self.codes[position:position + len(new)])
        return replace(self, changes=(*self.changes,
                                      Change(position, before, decode(new), value, what)))

    def upto(self, steps: int) -> Design:
        """Return the design as it was after some steps."""
        return replace(self, changes=self.changes[:steps])


def begin(objective: Objective, start: Codes, name: str) -> Design:
    """Return a design without steps."""
    return Design(name, start, float(objective.values(start[None])[0]))

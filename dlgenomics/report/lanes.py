"""Where the boxes of a network stand: a row by depth, a lane by branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seat:
    """The place of one box; rows and lanes count from 0."""

    row: int
    lane: int


@dataclass(frozen=True)
class Wire:
    """A connection between two boxes.

    Attributes:
        source, goal: positions of the boxes.
        way: ``straight`` down one lane; ``out``, across below the source and then down the goal's
            lane; ``in``, down the source's lane and then across above the goal; ``round``, beside
            all lanes.
        side: for ``round``, the track beside the lanes, counted from 0.
    """

    source: int
    goal: int
    way: str
    side: int = 0


def seats_of(inputs: Sequence[Sequence[int]]) -> list[Seat]:
    """Return a seat for each box.

    A box stands below all that it follows, in the lane of one of them where that is free; else in
    the first lane that is free down to the last box that follows it.

    Args:
        inputs: for each box, the positions of those that it follows, all before it.
    """
    rows: list[int] = []
    for sources in inputs:
        rows.append(1 + max((rows[j] for j in sources), default=-1))
    until = [max((rows[i] for i, sources in enumerate(inputs) if j in sources), default=rows[j] + 1)
             for j in range(len(inputs))]
    lanes: list[int] = []
    for i, sources in enumerate(inputs):
        taken = {lanes[j] for j in range(i) if rows[j] == rows[i]
                 or (rows[j] < rows[i] < until[j] and j not in sources)}
        wished = [lanes[j] for j in sources if lanes[j] not in taken]
        lane = min(wished) if wished else next(n for n in range(i + 1) if n not in taken)
        for j in sources:
            if lanes[j] == lane:  # the lane goes to the new box; other wires of the old run beside
                until[j] = rows[i]
        lanes.append(lane)
    return [Seat(row, lane) for row, lane in zip(rows, lanes, strict=True)]


def wires_of(inputs: Sequence[Sequence[int]], seats: Sequence[Seat]) -> list[Wire]:
    """Return how each connection runs, so that none runs through a box."""
    taken = {(seat.row, seat.lane) for seat in seats}
    found: list[Wire] = []
    sides: list[tuple[int, int, int]] = []
    for goal, sources in enumerate(inputs):
        for source in sources:
            way = _way(seats[source], seats[goal], taken)
            side = _free_side(seats[source].row, seats[goal].row, sides) if way == "round" else 0
            found.append(Wire(source, goal, way, side))
    return found


def _way(source: Seat, goal: Seat, taken: set[tuple[int, int]]) -> str:
    between = range(source.row + 1, goal.row)
    if not any((row, goal.lane) in taken for row in between):
        return "straight" if source.lane == goal.lane else "out"
    if source.lane != goal.lane and not any((row, source.lane) in taken for row in between):
        return "in"
    return "round"


def _free_side(first: int, last: int, sides: list[tuple[int, int, int]]) -> int:
    """Return the first track beside the lanes that is free between two rows, and take it."""
    used = {side for start, end, side in sides if start < last and first < end}
    side = next(n for n in range(len(sides) + 1) if n not in used)
    sides.append((first, last, side))
    return side

"""The drawing of a network, as SVG that is written here: boxes, wires, brackets of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dlgenomics.report.boxes import Box, boxes_of
from dlgenomics.report.lanes import Seat, Wire, seats_of, wires_of
from dlgenomics.report.page import Html, element, escape, figure, join
from dlgenomics.report.words import shorten
from dlgenomics.spec import Spec
from dlgenomics.spec.summary import Summary

_WIDTH: Final = 236
_LANE: Final = _WIDTH + 22
_LINE: Final = 16
_GAP: Final = 22
_MARGIN: Final = 6
_TRACK: Final = 12
_BRACKET: Final = 44
_LETTERS: Final = 34

_FILLS: Final = {
    "input": "#ffffff", "convolution": "#d3e6f5", "recurrent": "#fbe0cc", "dense": "#d2ece2",
    "merge": "#ffffff", "other": "#eef0f2", "left out": "#ffffff",
}
"""Light tints of Okabe and Ito's colours; the words in a box say the same."""

_CAPTION: Final = (
    "From top to bottom. In a box: the layer; what directly follows it; its output (positions × "
    "channels), how many positions of the input it sees, and at the right its parameters."
)


def architecture(spec: Spec, summary: Summary) -> Html:
    """Return the drawing of a network with its caption."""
    boxes = boxes_of(spec, summary)
    inputs = [box.inputs for box in boxes]
    seats = seats_of(inputs)
    wires = wires_of(inputs, seats)
    folded = " A bracket with × n: the block stands there n times." * any(
        box.block for box in boxes)
    drawing = _Drawing(boxes, seats, wires)
    label = f"The network: {len(summary.layers)} layers, {summary.parameters:,} parameters"
    svg = Html(
        f'<svg viewBox="0 0 {drawing.width} {drawing.height}" role="img" '
        f'aria-label="{escape(label)}" style="width:{drawing.width}px;max-width:100%;'
        f'min-width:{min(drawing.width, max(270, round(0.7 * drawing.width)))}px" '
        f'font-size="12">{join(drawing.parts(), chr(10))}</svg>')
    return element("div", figure(svg, _CAPTION + folded), class_="network")


class _Drawing:
    """Places of boxes in pixels, and what is drawn there."""

    def __init__(self, boxes: Sequence[Box], seats: Sequence[Seat], wires: Sequence[Wire]) -> None:
        self.boxes, self.seats, self.wires = boxes, seats, wires
        rows = 1 + max(seat.row for seat in seats)
        lanes = 1 + max(seat.lane for seat in seats)
        heights = [max(self._height(i) for i, seat in enumerate(seats) if seat.row == row)
                   for row in range(rows)]
        self.tops = [_MARGIN]
        for height in heights:
            self.tops.append(self.tops[-1] + height + _GAP)
        tracks = 1 + max((w.side for w in wires if w.way == "round"), default=-1)
        self.left = _MARGIN + (_BRACKET if any(box.block for box in boxes) else 0)
        self.right = self.left + lanes * _LANE - (_LANE - _WIDTH)
        self.width = self.right + _MARGIN + (_TRACK * (tracks + 1) if tracks else 0)
        self.height = self.tops[-1] - _GAP + _MARGIN

    def _height(self, i: int) -> int:
        box = self.boxes[i]
        lines = 1 + len(box.then) + bool(box.shape or box.parameters) + bool(box.target)
        return lines * _LINE + 8

    def _x(self, i: int) -> int:
        return self.left + self.seats[i].lane * _LANE

    def _top(self, i: int) -> int:
        return self.tops[self.seats[i].row]

    def _bottom(self, i: int) -> int:
        return self._top(i) + self._height(i)

    def parts(self) -> Iterator[Html]:
        """Yield wires, then boxes, so that no wire is drawn over a box, then brackets."""
        for wire in self.wires:
            yield self._wire(wire)
        for i, box in enumerate(self.boxes):
            yield self._box(i, box)
        yield from self._brackets()

    def _wire(self, wire: Wire) -> Html:
        start, end = self._x(wire.source) + _WIDTH // 2, self._x(wire.goal) + _WIDTH // 2
        low, high = self._bottom(wire.source), self._top(wire.goal)
        if wire.way == "round":
            return self._round(wire)
        if wire.way == "straight":
            points = [(start, low), (end, high)]
        else:
            # Half a gap below the source's row, or half a gap above the goal's.
            across = (self.tops[self.seats[wire.source].row + 1] - _GAP // 2 if wire.way == "out"
                      else high - _GAP // 2)
            points = [(start, low), (start, across), (end, across), (end, high)]
        return join([_line(points), _arrow(end, high, 0)])

    def _round(self, wire: Wire) -> Html:
        """Draw a connection beside all lanes, as a residual one."""
        track = self.right + _TRACK * (wire.side + 1)
        points = [*self._way_out(wire.source, track), *reversed(self._way_in(wire.goal, track))]
        end_x, end_y = points[-1]
        return join([_line(points), _arrow(end_x, end_y, 90 if self._is_last(wire.goal) else 0)])

    def _is_last(self, i: int) -> bool:
        """Tell whether no box stands at the right of a box."""
        seat = self.seats[i]
        return not any(s.row == seat.row and s.lane > seat.lane for s in self.seats)

    def _way_out(self, i: int, track: int) -> list[tuple[int, int]]:
        """Return the way from a box to a track: from its side, or below where boxes stand there."""
        if self._is_last(i):
            return [(self._x(i) + _WIDTH, self._bottom(i) - 9), (track, self._bottom(i) - 9)]
        x, y = self._x(i) + _WIDTH // 2 + 40, self.tops[self.seats[i].row + 1] - _GAP + 6
        return [(x, self._bottom(i)), (x, y), (track, y)]

    def _way_in(self, i: int, track: int) -> list[tuple[int, int]]:
        """Return the way from a box back to a track: from its side, or above it."""
        if self._is_last(i):
            return [(self._x(i) + _WIDTH, self._top(i) + 10), (track, self._top(i) + 10)]
        x = self._x(i) + _WIDTH // 2 + 40
        return [(x, self._top(i)), (x, self._top(i) - 15), (track, self._top(i) - 15)]

    def _box(self, i: int, box: Box) -> Html:
        x, y = self._x(i), self._top(i)
        dashes = ' stroke-dasharray="4 3"' if box.family == "left out" else ""
        thick = 2.2 if box.target or box.family == "input" else 1
        rectangle = Html(
            f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{self._height(i)}" rx="5" '
            f'fill="{_FILLS[box.family]}" stroke="#3c444d" stroke-width="{thick}"{dashes}/>')
        lines = [_text(x + 8, y + _LINE, box.title, weight=600)]
        for n, small in enumerate(box.then, start=2):
            lines.append(_text(x + 8, y + n * _LINE, f"+ {small}"))
        bottom = y + (2 + len(box.then)) * _LINE
        if box.shape or box.parameters:
            lines.append(_text(x + 8, bottom, " · ".join(filter(None, [box.shape, box.sees]))))
            if box.parameters:
                lines.append(_text(x + _WIDTH - 8, bottom, f"{box.parameters:,}", anchor="end"))
        if box.target:
            lines.append(_text(x + 8, bottom + _LINE, f"→ target {box.target}", weight=600))
        return join([rectangle, *lines])

    def _brackets(self) -> Iterator[Html]:
        blocks = sorted({box.block for box in self.boxes if box.block})
        for block in blocks:
            inside = [i for i, box in enumerate(self.boxes) if box.block == block]
            top, bottom = min(map(self._top, inside)), max(map(self._bottom, inside))
            x = self.left - 8
            yield _line([(x, top), (x - 6, top), (x - 6, bottom), (x, bottom)])
            yield _text(x - 9, (top + bottom) // 2 + 4, f"× {self.boxes[inside[0]].copies}",
                        weight=600, anchor="end")


def _line(points: Sequence[tuple[int, int]]) -> Html:
    """Draw a line along points, with round corners."""
    way = [f"M{points[0][0]} {points[0][1]}"]
    for (x0, y0), (x1, y1), (x2, y2) in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = _towards(x1, y1, x0, y0), _towards(x1, y1, x2, y2)
        way.append(f"L{ax} {ay}Q{x1} {y1} {bx} {by}")
    way.append(f"L{points[-1][0]} {points[-1][1]}")
    return Html(f'<path d="{"".join(way)}" fill="none" stroke="#57606a" stroke-width="1.4"/>')


def _towards(x: int, y: int, to_x: int, to_y: int, step: int = 6) -> tuple[int, int]:
    def moved(here: int, there: int) -> int:
        return here + max(-step, min(step, there - here))

    return moved(x, to_x), moved(y, to_y)


def _arrow(x: int, y: int, turn: int) -> Html:
    shape = "M0 0L-4 -7L4 -7Z"
    return Html(f'<path d="{shape}" transform="translate({x} {y}) rotate({turn})" fill="#57606a"/>')


def _text(x: int, y: int, text: str, *, weight: int = 400, anchor: str = "start") -> Html:
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    placed = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return Html(f'<text x="{x}" y="{y}" fill="#1b1f24"{bold}{placed}>'
                f"{escape(shorten(text, _LETTERS))}</text>")

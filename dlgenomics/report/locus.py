"""One explained sequence as a picture: its locus, a logo, and every letter as a heat map."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from dlgenomics.data.encoding import decode
from dlgenomics.data.intervals import Intervals
from dlgenomics.explain.contributions import Contributions
from dlgenomics.report.drawing import INK, SOFT, write_panels
from dlgenomics.report.letters import COLOURS, GLYPHS
from dlgenomics.report.stretch import busiest_stretch

STRETCH: Final = 60
"""Bases that are shown as letters, where contributions are largest."""

_COLOURS: Final = "PuOr_r"
"""ColorBrewer's purple to orange: told apart by colour-blind people; a mark tells them in print."""

_STRONG: Final = 0.35
"""Cells that are so much below nothing, of the largest, have a minus sign in them."""

_TOKEN: Final = re.compile(r"[MLCZ]|-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Box:
    """Something that is marked on the sequence, such as a gene or a known motif.

    Attributes:
        first, end: positions in the sequence, 0-based and half-open.
        name: what it is.
    """

    first: int
    end: int
    name: str


def write_locus(path: Path, found: Contributions, row: int = 0,
                boxes: Sequence[Box] = ()) -> Path:
    """Write the picture of one sequence; the ending says in which format: .png or .svg.

    Raises:
        OutputError: the place is not writable.
    """
    write_panels(path, lambda figure: _panels(figure, found, row, boxes), _size(boxes))
    return path


def boxes_of(found: Contributions, row: int, features: Intervals) -> list[Box]:
    """Return the features that lie on a sequence, where they lie on it.

    Where sequences have no places in a genome, a feature's contig is a sequence's name.
    """
    length = found.actual.shape[1]
    contig, start, strand = (found.names[row], 0, "+") if found.places is None else (
        str(found.places.chr[row]), int(found.places.start[row]), str(found.places.strand[row]))
    names = features.columns.get("name", np.full(len(features.start), ""))
    boxes = []
    for i in np.flatnonzero(np.array(features.contig_names) == contig):
        first, end = int(features.start[i]) - start, int(features.end[i]) - start
        if strand == "-":
            first, end = length - end, length - first
        if first < length and end > 0:
            boxes.append(Box(max(first, 0), min(end, length), str(names[i])))
    return boxes


def _size(boxes: Sequence[Box]) -> tuple[float, float]:
    return (11.0, 5.6 if boxes else 5.2)


def _panels(figure: Figure, found: Contributions, row: int, boxes: Sequence[Box]) -> None:
    heights = [1.0, *([0.25] if boxes else []), 1.5, 1.0]
    axes = list(figure.subplots(len(heights), 1, height_ratios=heights))
    first, end = busiest_stretch(found.actual[row], STRETCH)
    _whole(axes[0], found, row, (first, end))
    if boxes:
        _boxes(axes[1], boxes, found.actual.shape[1])
    _logo(axes[-2], found, row, (first, end))
    _heat_map(figure, axes[-1], found, row, (first, end))


def _whole(axes: Axes, found: Contributions, row: int, stretch: tuple[int, int]) -> None:
    """Draw the contributions of the whole sequence, in places of the genome if there are any."""
    scores = found.actual[row]
    where = np.arange(len(scores))
    axes.axvspan(*stretch, color="#dbe7f0", linewidth=0)
    axes.vlines(where + 0.5, 0, scores, color=INK, linewidth=0.8)
    axes.axhline(0, color=SOFT, linewidth=0.6)
    axes.set(xlim=(0, len(scores)), ylabel="contribution",
             title=f"{found.names[row]}   {found.quantity}: {found.values[row]:.3g}")
    axes.grid(visible=False, axis="x")
    ticks = np.unique(np.linspace(0, len(scores) - 1, 9).astype(int))
    axes.set_xticks(ticks + 0.5, [f"{place:,}" for place in _places(found, row)[ticks]])


def _places(found: Contributions, row: int) -> NDArray[np.int64]:
    """Return the number of each position: in the genome, or in the sequence; both from 1."""
    length = found.actual.shape[1]
    if found.places is None:
        return np.arange(1, length + 1)
    here: NDArray[np.int64] = int(found.places.start[row]) + np.arange(1, length + 1)
    return here[::-1] if found.places.strand[row] == "-" else here


def _boxes(axes: Axes, boxes: Sequence[Box], length: int) -> None:
    for box in boxes:
        axes.axvspan(box.first, box.end, 0.1, 0.5, color="#0072B2", linewidth=0)
        axes.annotate(box.name, ((box.first + box.end) / 2, 0.55), ha="center", va="bottom",
                      xycoords=("data", "axes fraction"), fontsize=8.5)
    axes.set(xlim=(0, length), yticks=[], xticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _logo(axes: Axes, found: Contributions, row: int, stretch: tuple[int, int]) -> None:
    """Draw the letters that are there, as tall as what they contribute."""
    first, end = stretch
    scores = found.actual[row, first:end]
    letters = decode(found.codes[row, first:end])
    for i, (letter, height) in enumerate(zip(letters, scores.tolist(), strict=True)):
        if letter in GLYPHS and height:
            axes.add_patch(PathPatch(_outline(letter, first + i, height), linewidth=0,
                                     facecolor=COLOURS[letter]))
    margin = 0.05 * max(float(np.ptp(np.append(scores, 0))), 1e-9)
    axes.axhline(0, color=SOFT, linewidth=0.6)
    axes.set(xlim=(first, end), ylabel="contribution",
             ylim=(min(scores.min(), 0) - margin, max(scores.max(), 0) + margin))
    axes.grid(visible=False, axis="x")
    axes.set_xticks([])


def _heat_map(figure: Figure, axes: Axes, found: Contributions, row: int,
              stretch: tuple[int, int]) -> None:
    """Draw what each letter would contribute, or change, in each place; dots are the sequence."""
    first, end = stretch
    every = found.every_letter[row, first:end].T
    span = max(float(np.abs(every).max(initial=0)), 1e-9)
    drawn = axes.imshow(every, aspect="auto", cmap=_COLOURS, interpolation="nearest",
                        norm=TwoSlopeNorm(0, -span, span), extent=(first, end, 4, 0))
    for letter, place in zip(*np.nonzero(every <= -_STRONG * span), strict=True):
        axes.annotate("−", (first + place + 0.5, letter + 0.5), ha="center", va="center",
                      fontsize=8)
    there = found.one_hot[row, first:end].argmax(axis=1)[found.one_hot[row, first:end].any(axis=1)]
    known = np.flatnonzero(found.one_hot[row, first:end].any(axis=1))
    axes.plot(first + known + 0.5, there + 0.5, "o", color=INK, markersize=2.6)
    ticks = np.arange(first + (-(first + 1)) % 10, end, 10)
    axes.set_xticks(ticks + 0.5, [f"{place:,}" for place in _places(found, row)[ticks]])
    axes.set(yticks=np.arange(4) + 0.5, yticklabels=list("ACGT"), xlabel="position, from 1")
    axes.grid(visible=False)
    figure.colorbar(drawn, ax=axes, label="of each letter", fraction=0.02, pad=0.01)


def _outline(letter: str, left: float, height: float) -> Outline:
    """Return a letter's outline, so wide as one base and so tall as its score."""
    moves = {"M": (Outline.MOVETO, 1), "L": (Outline.LINETO, 1), "C": (Outline.CURVE4, 3)}
    words = _TOKEN.findall(GLYPHS[letter])
    points: list[tuple[float, float]] = []
    codes: list[np.uint8] = []
    place = 0
    while place < len(words):
        if words[place] == "Z":
            points.append((0.0, 0.0))
            codes.append(Outline.CLOSEPOLY)
            place += 1
            continue
        code, count = moves[words[place]]
        numbers = list(map(float, words[place + 1:place + 1 + 2 * count]))
        points += zip(numbers[::2], numbers[1::2], strict=True)
        codes += [code] * count
        place += 1 + 2 * count
    # Glyphs hang down from 0 to 100; scores stand up from 0, or hang.
    lift = Affine2D().translate(0, -100 if height > 0 else 0).scale(0.0092, -abs(height) / 100)
    return Outline(lift.translate(left + 0.04, 0).transform(points), codes)

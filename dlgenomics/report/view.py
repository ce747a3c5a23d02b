"""Predictions along a region, with tracks and genes, as a picture or a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dlgenomics.data.genes import Features
from dlgenomics.data.region import Region, Series
from dlgenomics.errors import DlgError, EndingError
from dlgenomics.files import write_text
from dlgenomics.report.drawing import INK, LINES, SOFT, draw_panels, write_panels
from dlgenomics.report.outlines import outline
from dlgenomics.report.page import element, figure, join, page, section

MOST_PANELS: Final = 24
_PICTURES: Final = (".png", ".svg", ".pdf")
_WIDTH: Final = 9.0
_PANEL: Final = 1.1
_GENE: Final = 0.32
_LETTER: Final = 0.012
"""Width of a letter of a gene's name, of that of the picture."""


@dataclass(frozen=True)
class View:
    """What is drawn, from top to bottom.

    Attributes:
        region: where.
        predictions: drawn as lines, each with a panel of its own.
        tracks: measured signal, drawn as areas.
        genes: drawn as boxes with names and strands; None: no such panel.
    """

    region: Region
    predictions: Sequence[Series]
    tracks: Sequence[Series] = field(default_factory=tuple)
    genes: Features | None = None


def write_view(path: Path, view: View) -> None:
    """Draw a region.

    Args:
        path: ends in ``.png``, ``.svg``, ``.pdf`` or ``.html``.
        view: what is drawn.

    Raises:
        DlgError: there are more panels than one picture can show.
        OutputError: an unknown ending, or a place that is not writable.
    """
    check_ending(path)
    panels = len(view.predictions) + len(view.tracks)
    if panels > MOST_PANELS:
        raise DlgError(f"a picture shows at most {MOST_PANELS} columns and tracks. Received: "
                       f"{panels}. Choose some with --column.")
    lanes = _lanes(view)
    heights = [_PANEL] * panels + [_GENE * (max(lanes, default=0) + 2)] * (view.genes is not None)
    size = (_WIDTH, sum(heights) + 0.7)

    def plot(drawing: Figure) -> None:
        _plot(drawing, view, heights, lanes)

    if path.suffix.lower() != ".html":
        write_panels(path, plot, size)
        return
    label = f"Predictions along {view.region}"
    drawn = figure(draw_panels("view", label, plot, size), _said(view))
    write_text(path, page(label, join([
        element("p", "Predictions", class_="kicker"), element("h1", str(view.region))], "\n"),
        section("Along the region", element("div", drawn, class_="network"))))


def check_ending(path: Path) -> None:
    """Refuse a name whose ending names no form of picture, before any work is done.

    Raises:
        EndingError: an unknown ending.
    """
    if path.suffix.lower() not in (*_PICTURES, ".html"):
        raise EndingError(path, (*_PICTURES, ".html"))


def _said(view: View) -> str:
    names = ", ".join(one.name for one in view.predictions)
    tracks = ", ".join(one.name for one in view.tracks)
    return f"Lines: {names}." + (f" Areas: {tracks}." if tracks else "")


def _plot(drawing: Figure, view: View, heights: Sequence[float], lanes: Sequence[int]) -> None:
    axes = np.atleast_1d(drawing.subplots(len(heights), 1, sharex=True,
                                          height_ratios=list(heights)))
    for number, (one, ax) in enumerate(zip((*view.predictions, *view.tracks), axes, strict=False)):
        is_track = number >= len(view.predictions)
        _plot_series(ax, one, view.region,
                     SOFT if is_track else LINES[number % len(LINES)][0], area=is_track)
    if view.genes is not None:
        _plot_genes(axes[-1], view.genes, lanes, view.region)
    # Places are those of genome browsers: the first base is 1, and stands at 1.
    axes[-1].set_xlim(view.region.start + 0.5, view.region.end + 0.5)
    axes[-1].xaxis.set_major_locator(MaxNLocator(9, integer=True, steps=[1, 2, 5, 10]))
    axes[-1].xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes[-1].set_xlabel(str(view.region))


def _plot_series(ax: Axes, one: Series, region: Region, colour: str, *, area: bool) -> None:
    """Draw each number over its stretch; where there is none, nothing is drawn."""
    drawn = outline(one, region)
    x = drawn.x + 0.5
    if area:
        ax.fill_between(x, drawn.y, color=colour, alpha=0.6, linewidth=0)
        if not (drawn.y < 0).any():
            ax.set_ylim(bottom=0)
    else:
        ax.plot(x, drawn.y, color=colour, linewidth=1.4)
    ax.set_title(one.name + (f", means over {drawn.bin:,} bp" if drawn.bin else ""))


def _lanes(view: View) -> list[int]:
    """Return a lane for each gene, so that names do not cover each other."""
    if view.genes is None:
        return []
    ends: list[float] = []
    lanes: list[int] = []
    for row, name in enumerate(_names(view.genes)):
        start, end = _taken(view.genes, row, name, view.region)
        lane = next((n for n, last in enumerate(ends) if last < start), len(ends))
        if lane == len(ends):
            ends.append(0.0)
        ends[lane] = end
        lanes.append(lane)
    return lanes


def _taken(genes: Features, row: int, name: str, region: Region) -> tuple[float, float]:
    """Return where a gene and its name begin and end; names stay inside the picture."""
    start, end = int(genes.places.start[row]), int(genes.places.end[row])
    width = (region.end - region.start) * _LETTER * (len(name) + 3)
    left = max(region.start, min(start, region.end - width))
    return left, max(end, left + width)


def _plot_genes(ax: Axes, genes: Features, lanes: Sequence[int], region: Region) -> None:
    for row, (name, lane) in enumerate(zip(_names(genes), lanes, strict=True)):
        start, end = int(genes.places.start[row]), int(genes.places.end[row])
        strand = str(genes.places.strand[row])
        ax.broken_barh([(start + 0.5, end - start)], (-lane - 0.2, 0.4), color=LINES[0][0])
        arrow = {"+": " →", "-": " ←"}.get(strand, "")
        left, right = _taken(genes, row, name, region)
        at_the_end = left < start
        ax.text((min(right, region.end) if at_the_end else left) + 0.5, -lane - 0.28, name + arrow,
                fontsize=8, color=INK, va="top", ha="right" if at_the_end else "left",
                clip_on=True)
    ax.set_ylim(-max(lanes, default=0) - 1.1, 0.5)
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.set_title("genes" if len(genes) else "genes: none here")


def _names(genes: Features) -> list[str]:
    """Return what the genes are called: their names, or else their identifiers."""
    found = [genes.attribute(key) for key in ("gene_name", "Name", "gene_id", "ID")]
    return [next((str(one[row]) for one in found if one[row]), "") for row in range(len(genes))]

"""Effects of variants as lollipops: where, how large, up or down, and of what kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dlgenomics.report.drawing import INK, SOFT
from dlgenomics.variants.highlights import Effect

UP: Final = "#D55E00"
DOWN: Final = "#0072B2"
"""Of Okabe and Ito's colours; down is hollow too, so that grey print tells them apart."""

_MARKERS: Final = {"SNV": "o", "MNV": "s", "insertion": "^", "deletion": "v"}
_ROW: Final = 0.26
"""Inches for each variant of a list."""


def list_size(effects: Sequence[Effect]) -> tuple[float, float]:
    """Return the inches that a list of variants takes."""
    return 7.0, 1.5 + _ROW * len(effects)


def plot_list(effects: Sequence[Effect], score: str) -> Callable[[Axes], None]:
    """Return what draws one row for each variant, in the order given, from the top."""
    def plot(axes: Axes) -> None:
        for row, one in enumerate(effects):
            _stem(axes, (0, one.value), (row, row), one.value)
            _head(axes, one.value, row, one)
        axes.axvline(0, color=SOFT, linewidth=0.9)
        axes.set_yticks(range(len(effects)), [one.label for one in effects])
        axes.set_ylim(len(effects) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(_words(score))
        axes.margins(x=0.08)
        _legend(axes, effects)

    return plot


def plot_locus(effects: Sequence[Effect], score: str) -> Callable[[Axes], None]:
    """Return what draws variants along a stretch of one contig."""
    def plot(axes: Axes) -> None:
        for one in effects:
            _stem(axes, (one.position, one.position), (0, one.value), one.value)
            _head(axes, one.position, one.value, one)
        axes.axhline(0, color=SOFT, linewidth=0.9)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.set_xlabel(f"position on {effects[0].contig}")
        axes.set_ylabel(_words(score))
        axes.margins(x=0.06, y=0.14)
        _legend(axes, effects)

    return plot


def _words(score: str) -> str:
    return "alt less ref" if score == "diff" else f"{score}, alt less ref"


def _stem(axes: Axes, x: tuple[float, float], y: tuple[float, float], value: float) -> None:
    axes.plot(x, y, color=UP if value > 0 else DOWN, linewidth=1.5, zorder=2)


def _head(axes: Axes, x: float, y: float, one: Effect) -> None:
    colour = UP if one.value > 0 else DOWN
    axes.plot([x], [y], _MARKERS[one.allele.kind], color=colour, markersize=7,
              markeredgewidth=1.5, markerfacecolor=colour if one.value > 0 else "white", zorder=3)


def _legend(axes: Axes, effects: Sequence[Effect]) -> None:
    """Name the shapes and the fillings that occur."""
    for kind in dict.fromkeys(one.allele.kind for one in effects):
        axes.plot([], [], _MARKERS[kind], color=INK, markerfacecolor="white", label=kind)
    for word, colour, filling, occurs in (
            ("more with ALT", UP, UP, any(one.value > 0 for one in effects)),
            ("less with ALT", DOWN, "white", any(one.value <= 0 for one in effects))):
        if occurs:
            axes.plot([], [], "-o", color=colour, markerfacecolor=filling, label=word)

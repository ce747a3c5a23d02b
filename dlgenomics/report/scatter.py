"""Measured against predicted values, and what is left between them."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm

from dlgenomics.report.curves import shown_column
from dlgenomics.report.drawing import LINES, SOFT, draw
from dlgenomics.report.outcome import HeldOut, Values
from dlgenomics.report.page import Html

MOST_DOTS: Final = 300
"""A scatter plot of more examples shows their density."""

_BINS: Final = 48
_BLUES: Final = ListedColormap(colormaps["Blues"](np.linspace(0.25, 1, 200)))
Limits = tuple[float, float]


def scatter_figure(name: str, column: str, part: HeldOut, index: int) -> Html:
    """Draw predicted against measured values: dots, or a density where they are many."""
    measured, predicted = part.column(index)
    limits = _limits(np.concatenate([measured, predicted]))

    def plot(axes: Axes) -> None:
        _dots(axes, measured, predicted, (limits, limits))
        axes.plot(limits, limits, color=SOFT, linewidth=1, linestyle=":",
                  label="predicted = measured")
        axes.set(xlim=limits, ylim=limits, xlabel=f"Measured {shown_column(column)}",
                 ylabel=f"Predicted {shown_column(column)}", aspect="equal")

    return draw(name, f"Predicted against measured {shown_column(column)}, {part.part} set", plot,
                size=(5.2, 5.2))


def residual_figure(name: str, column: str, part: HeldOut, index: int) -> Html:
    """Draw by how much measured values differ from predicted ones, and their running median."""
    measured, predicted = part.column(index)
    left = measured - predicted
    across, up = _limits(predicted), _limits(np.append(left, [0.0]))

    def plot(axes: Axes) -> None:
        _dots(axes, predicted, left, (across, up))
        axes.axhline(0, color=SOFT, linewidth=1, linestyle=":", label="no error")
        places, medians = running_median(predicted, left)
        axes.plot(places, medians, color=LINES[1][0], linestyle=LINES[1][1], label="median error")
        axes.set(xlim=across, ylim=up, xlabel=f"Predicted {shown_column(column)}",
                 ylabel="Measured − predicted")

    return draw(name, f"Errors by predicted {shown_column(column)}, {part.part} set", plot)


def running_median(x: Values, y: Values, groups: int = 12) -> tuple[Values, Values]:
    """Return medians of x and y in groups of equal size, in the order of x."""
    order = np.argsort(x, kind="stable")
    split = [rows for rows in np.array_split(order, groups) if len(rows)]
    return (np.array([np.median(x[rows]) for rows in split]),
            np.array([np.median(y[rows]) for rows in split]))


def _limits(values: Values) -> Limits:
    if not len(values):
        return (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5
    return (low - margin, high + margin)


def _dots(axes: Axes, x: Values, y: Values, limits: tuple[Limits, Limits]) -> None:
    if len(x) <= MOST_DOTS:
        axes.plot(x, y, ".", color=LINES[0][0], markersize=5)
        return
    counts, _, _ = np.histogram2d(x, y, bins=_BINS, range=limits)
    axes.imshow(np.ma.masked_equal(counts.T, 0), origin="lower", extent=(*limits[0], *limits[1]),
                cmap=_BLUES, norm=LogNorm(1, max(counts.max(), 2)), interpolation="nearest",
                zorder=1.5, aspect="auto")

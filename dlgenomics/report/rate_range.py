"""The picture of a learning-rate range test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from dlgenomics.report.drawing import INK, LINES, SOFT, write_picture
from dlgenomics.train.rate_range import RateRange


def draw_rate_range(path: Path, found: RateRange, title: str) -> None:
    """Write loss against learning rate, with the suggestion, to a .png, .svg or .pdf file."""
    def plot(axes: Axes) -> None:
        axes.plot(found.rates, found.losses, ".", color=SOFT, markersize=4, label="a batch")
        axes.plot(found.rates, found.smoothed, color=LINES[0][0], label="smoothed")
        if found.suggestion is not None:
            axes.axvline(found.suggestion, color=LINES[1][0], linestyle="--", linewidth=1.5,
                         label=f"suggested: {found.suggestion:g}")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(_limits(found))
        axes.set_title(title, color=INK)
        axes.set(xlabel="Learning rate", ylabel="Loss")

    write_picture(path, plot, size=(6.4, 4.4))


def _limits(found: RateRange) -> tuple[float, float]:
    """Return limits that show where the loss falls; an explosion leaves the picture."""
    low, start = min(found.smoothed), found.smoothed[0]
    spread = max(start - low, 0.05 * abs(start), 1e-6)
    usual = np.quantile(found.losses, 0.75)
    return low - 0.3 * spread, max(start + 0.6 * spread, min(usual, start + spread))

"""Predicted and measured profiles along a sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from dlgenomics.report.curves import MOST_COLUMNS, shown_column
from dlgenomics.report.drawing import LINES, draw
from dlgenomics.report.outcome import HeldOut, Values
from dlgenomics.report.page import Html, figure, figures


def mean_profiles(name: str, tracks: Sequence[str], part: HeldOut) -> Html:
    """Return the mean measured and predicted shape of each track.

    Both are drawn as shares of their sum, because a network may predict the shape of a profile
    as logits or as counts.
    """
    drawn = [figure(_figure(f"{name}-{i}", track, part, i),
                    f"{track}: mean over {len(part.labels):,} examples of the {part.part} set, "
                    "each line as shares of its sum.")
             for i, track in enumerate(tracks[:MOST_COLUMNS])]
    return figures(*drawn)


def _figure(name: str, track: str, part: HeldOut, index: int) -> Html:
    measured = np.nan_to_num(np.nanmean(part.labels[..., index], axis=0))
    predicted = shares(part.scores[..., index]).mean(axis=0)

    def plot(axes: Axes) -> None:
        for label, values, (colour, dashes) in zip(
                ("measured", "predicted"), (measured / (measured.sum() or 1), predicted), LINES,
                strict=False):
            axes.plot(np.arange(len(values)), values, color=colour, linestyle=dashes, label=label)
        axes.set(xlabel="Position", ylabel=f"Share, {shown_column(track)}")

    return draw(name, f"Mean profile of {shown_column(track)}", plot)


def shares(scores: Values) -> Values:
    """Return predicted profiles, shape (examples, length), as shares; logits by softmax."""
    if (scores < 0).any():
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Values = scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-12)
    return found

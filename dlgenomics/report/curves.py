"""Curves of a training report: by epoch, ROC, precision and recall, reliability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dlgenomics.report.drawing import INK, LINES, SOFT, draw
from dlgenomics.report.outcome import HeldOut, Values
from dlgenomics.report.page import Html, printable
from dlgenomics.report.words import metric_name, metric_value, shorten
from dlgenomics.train.metrics import auprc, auroc, precision_recall_curve, roc_curve

MOST_COLUMNS: Final = 8
"""A figure has at most this many lines; targets with more columns get a table."""

Rates = NDArray[np.floating[Any]]

FEW: Final = 3
"""Up to so many columns, the other part is drawn too, and the chance of each."""

_THIN: Final = 1.2
_THICK: Final = 2.0
_POINTS: Final = 200
_GROUPS: Final = 10


@dataclass(frozen=True)
class Track:
    """One line of a learning curve: values by epoch."""

    label: str
    values: Sequence[float]


def learning_curve(name: str, title: str, tracks: Sequence[Track], kept: int) -> Html:
    """Draw values by epoch and mark the epoch whose weights were kept.

    Args:
        name: unique in the page.
        title: what the values are; it labels the axis.
        tracks: the lines.
        kept: the epoch, counted from 1.
    """
    def plot(axes: Axes) -> None:
        for track, (colour, dashes) in zip(tracks, LINES, strict=False):
            epochs = np.arange(1, len(track.values) + 1)
            mark = "o" if len(track.values) < 3 else None
            axes.plot(epochs, track.values, color=colour, linestyle=dashes, marker=mark,
                      label=track.label)
        axes.axvline(kept, color=INK, linewidth=1, linestyle=":", label=f"epoch {kept}, kept")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_xlabel("Epoch")
        axes.set_ylabel(title)
        axes.set_xlim(*_epoch_limits(len(tracks[0].values)))

    return draw(name, f"{title} by epoch", plot)


def _epoch_limits(count: int) -> tuple[float, float]:
    return (1, count) if count > 2 else (0.5, count + 0.5)


def roc_figure(name: str, columns: Sequence[str], parts: Sequence[HeldOut]) -> Html:
    """Draw a target's ROC curves: the last part's thick, those of the part before it thin."""
    return _draw_curves(name, "roc", columns, parts)


def precision_recall_figure(name: str, columns: Sequence[str], parts: Sequence[HeldOut]) -> Html:
    """Draw a target's precision–recall curves, each with its share of positives as chance."""
    return _draw_curves(name, "pr", columns, parts)


Kind = Literal["roc", "pr"]

_LABELS: Final[Mapping[Kind, tuple[str, str, str]]] = {
    "roc": ("ROC curve", "False-positive rate", "True-positive rate"),
    "pr": ("Precision–recall curve", "Recall", "Precision"),
}


def _draw_curves(name: str, kind: Kind, columns: Sequence[str], parts: Sequence[HeldOut]) -> Html:
    title, x_label, y_label = _LABELS[kind]

    def plot(axes: Axes) -> None:
        if kind == "roc":
            axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=":")
        elif len(columns) > FEW:
            axes.axhline(float(np.nanmean(parts[-1].labels)), color=SOFT, linewidth=1,
                         linestyle=":")
        for line in _lines(columns, parts):
            line.add_to(axes, kind, chance=line.width > _THIN and len(columns) <= FEW)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x_label, ylabel=y_label)

    height = 3.9 + 0.2 * max(len(columns) - 2, 0)
    return draw(name, title, plot, size=(5.2, height), legend_columns=1)


@dataclass(frozen=True)
class _Line:
    """One column of one part, as a line; without a label it stays out of the legend."""

    label: str | None
    truth: Values
    score: Values
    style: tuple[str, Any]
    width: float

    def add_to(self, axes: Axes, kind: Kind, *, chance: bool) -> None:
        """Draw the curve, and what chance would give; a part with one class has neither."""
        if not has_both_classes(self.truth):
            return
        colour, dashes = self.style
        if kind == "roc":
            x, y = roc_curve(self.truth, self.score)
            area = f"AUROC {metric_value('auroc', auroc(self.truth, self.score))}"
        else:
            y, x = precision_recall_curve(self.truth, self.score)
            area = f"AUPRC {metric_value('auprc', auprc(self.truth, self.score))}"
            x, y = np.append(0.0, x), np.append(y[0], y)
            if chance:
                axes.axhline(float(self.truth.mean()), color=colour, linewidth=1, linestyle=":")
        label = f"{area}, {self.label}" if self.label else None
        axes.plot(*thin(x, y), color=colour, linestyle=dashes, linewidth=self.width, label=label)


def _lines(columns: Sequence[str], parts: Sequence[HeldOut]) -> Iterator[_Line]:
    """Yield the lines of the last part, then the thin ones of the part before it.

    A single column's other part has a style and a label of its own; up to three columns share
    theirs with it; with more columns it is left out.
    """
    single = len(columns) == 1
    for other, part in enumerate(reversed(parts)):
        if other and len(columns) > FEW:
            return
        for i, column in enumerate(columns):
            yield _Line(
                f"{part.part} set" if single else None if other else shown_column(column),
                *part.column(i),
                style=LINES[other if single else i],
                width=_THIN if other else _THICK,
            )


def has_both_classes(truth: Values) -> bool:
    """Tell whether there are positives and negatives, without which no curve is defined."""
    return bool((truth == 1).any() and (truth == 0).any())


def shown_column(column: str) -> str:
    """Return a column's name as a figure shows it."""
    return shorten(" ".join(printable(column).split()))


def thin(x: Rates, y: Rates, points: int = _POINTS) -> tuple[Rates, Rates]:
    """Return at most about ``points`` points of a line, evenly along it, with both ends."""
    if len(x) <= points:
        return x, y
    way = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    chosen = np.unique(np.append(np.searchsorted(way, np.linspace(0, way[-1], points)),
                                 [0, len(x) - 1]))
    return x[chosen], y[chosen]


def reliability_figure(name: str, columns: Sequence[str], part: HeldOut) -> Html:
    """Draw how often examples are positive, by what was predicted for them."""
    def plot(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=":")
        for i, (column, (colour, dashes)) in enumerate(zip(columns, LINES, strict=False)):
            truth, score = part.column(i)
            if not len(truth):
                continue
            predicted, observed, sizes = reliability(truth, score)
            gap = float((sizes * np.abs(predicted - observed)).sum() / sizes.sum())
            whose = f", {shown_column(column)}" if len(columns) > 1 else ""
            axes.plot(predicted, observed, color=colour, linestyle=dashes, marker="o",
                      markersize=4, label=f"mean gap {gap:.3f}{whose}")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="Predicted probability",
                 ylabel="Share of positives")

    return draw(name, "Predicted probability against share of positives", plot,
                size=(5.2, 3.9 + 0.2 * max(len(columns) - 2, 0)), legend_columns=1)


def reliability(truth: Values, score: Values) -> tuple[Values, Values, Values]:
    """Return mean prediction, share of positives and size of ten groups of equal size.

    Examples are grouped in the order of their predictions; equal predictions stay together, so
    there may be fewer groups.
    """
    order = np.argsort(score, kind="stable")
    score, truth = score[order], truth[order]
    cuts = [group[0] for group in np.array_split(np.arange(len(score)), _GROUPS) if len(group)]
    starts = np.unique(np.searchsorted(score, score[cuts]))
    sizes = np.diff(np.append(starts, len(score))).astype(float)
    return np.add.reduceat(score, starts) / sizes, np.add.reduceat(truth, starts) / sizes, sizes


def metric_tracks(history: Mapping[str, Sequence[float]], prefix: str, metrics: Sequence[str],
                  *, also_training: bool = False) -> list[Track]:
    """Return the values of metrics, as ``history.csv`` has them, by epoch.

    Args:
        history: columns by name.
        prefix: the target's, where there are several.
        metrics: those that are wanted; those that were not written are left out.
        also_training: with the values on training examples, for a single metric.
    """
    if also_training:
        sets = {"training": f"{prefix}{metrics[0]}", "validation": f"val_{prefix}{metrics[0]}"}
        return [Track(label, history[name]) for label, name in sets.items() if name in history]
    named = ((metric, f"val_{prefix}{metric}") for metric in metrics)
    return [Track(metric_name(m), history[column]) for m, column in named if column in history]

"""The figures of a search: the objective by trial, against each axis, and all axes together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from dlgenomics.report.drawing import INK, LINES, SOFT, draw
from dlgenomics.report.page import Html, printable
from dlgenomics.report.words import shorten
from dlgenomics.search.folder import State, Trial
from dlgenomics.search.results import cell

MOST_LINES: Final = 200
"""Parallel coordinates of more trials show the best ones."""

_BLUE: Final = LINES[0][0]
_ORANGE: Final = LINES[1][0]
_MOST_LABELS: Final = 8
_DOT: Final[dict[str, Any]] = {"marker": "o", "markersize": 5, "linestyle": "none"}


def _scored(state: State) -> list[Trial]:
    return [trial for trial in state.trials if trial.objective is not None]


def _objectives(trials: Sequence[Trial]) -> list[float]:
    return [trial.objective for trial in trials if trial.objective is not None]


def progress_figure(state: State) -> Html:
    """Draw the objective of each trial in order, and the best so far."""
    trials = _scored(state)
    numbers, values = [trial.number for trial in trials], _objectives(trials)
    best = list(accumulate(values, min if state.minimize else max))

    def plot(axes: Axes) -> None:
        axes.plot(numbers, values, color=_BLUE, alpha=0.7, label="a trial", **_DOT)
        axes.step([*numbers, state.count], [*best, best[-1]], where="post", color=_ORANGE,
                  label="best so far")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set(xlim=(0.5, max(state.count, 1) + 0.5), xlabel="Trial", ylabel=state.objective)

    return draw("progress", f"{state.objective} by trial, and the best so far", plot)


class _Scale:
    """Where the values of an axis stand: evenly if they are listed, by size if it is a range."""

    def __init__(self, written: Any) -> None:
        self.choices: list[Any] | None = written if isinstance(written, list) else None
        self.range: Mapping[str, Any] = written if isinstance(written, Mapping) else {}

    @property
    def is_log(self) -> bool:
        return bool(self.range.get("log"))

    def position(self, value: Any) -> float:
        """Return the number of a listed value, else the value itself."""
        if self.choices is None:
            return float(value)
        return float([cell(one) for one in self.choices].index(cell(value)))

    def share(self, value: Any) -> float:
        """Return how far along the axis a value stands, from 0 to 1."""
        if self.choices is not None:
            return self.position(value) / (len(self.choices) - 1) if len(self.choices) > 1 else 0.5
        low, high, at = self.range["low"], self.range["high"], value
        if self.is_log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return float((at - low) / (high - low))

    def labels(self) -> list[tuple[Any, str]]:
        """Return values and their texts: all of a few, the ends of many."""
        if self.choices is None:
            return [(self.range[end], f"{self.range[end]:g}") for end in ("low", "high")]
        shown = self.choices
        if len(shown) > _MOST_LABELS:
            step = math.ceil(len(shown) / _MOST_LABELS)
            shown = shown[::step]
        return [(one, shorten(printable(cell(one)), 16)) for one in shown]


def axis_figure(name: str, state: State, axis: str) -> Html:
    """Draw the objective against the values of one axis, with the median of each listed value."""
    scale = _Scale(state.space[axis])
    trials = [trial for trial in _scored(state) if axis in trial.point]
    places = [scale.position(trial.point[axis]) for trial in trials]
    values = _objectives(trials)

    def plot(axes: Axes) -> None:
        shift = _spread(places) if scale.choices is not None else np.zeros(len(places))
        shown = np.add(places, shift)
        axes.plot(shown, values, color=_BLUE, alpha=0.7, **_DOT)
        if scale.choices is not None:
            _medians(axes, places, values)
        _ticks(axes, scale)
        for x, trial in zip(shown, trials, strict=True):
            if trial is state.best:
                axes.plot([x], [trial.objective or 0], color=_ORANGE, markerfacecolor="none",
                          label="best trial", **{**_DOT, "markersize": 10})
        axes.set(xlabel=_label(axis), ylabel=state.objective, ylim=_limits(state))

    return draw(name, f"{state.objective} against {axis}", plot)


def _limits(state: State) -> tuple[float, float]:
    """Return what all figures of axes show, so that they can be compared."""
    values = _objectives(_scored(state))
    margin = 0.05 * (max(values) - min(values)) or 0.05
    return min(values) - margin, max(values) + margin


def _ticks(axes: Axes, scale: _Scale) -> None:
    if scale.choices is not None:
        labels = scale.labels()
        axes.set_xticks([scale.position(v) for v, _ in labels], [text for _, text in labels])
        if sum(len(text) for _, text in labels) > 44:
            axes.tick_params(axis="x", labelrotation=30)
        axes.set_xlim(-0.6, len(scale.choices) - 0.4)
    elif scale.is_log:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())


def _label(axis: str) -> str:
    return shorten(printable(axis), 44)


def _spread(places: Sequence[float]) -> Any:
    """Return small steps to the side that keep the dots of one value apart, always the same."""
    seen: dict[float, int] = {}
    steps = []
    for place in places:
        seen[place] = seen.get(place, -1) + 1
        steps.append((seen[place] * 0.381966) % 1)  # the golden ratio spreads any number evenly
    return 0.3 * (np.array(steps) - 0.5) if steps else np.zeros(0)


def _medians(axes: Axes, places: Sequence[float], values: Sequence[float]) -> None:
    for i, place in enumerate(sorted(set(places))):
        median = float(np.median([v for p, v in zip(places, values, strict=True) if p == place]))
        axes.plot([place - 0.3, place + 0.3], [median, median], color=INK, linewidth=1.6,
                  label="median" if i == 0 else None)


def parallel(state: State) -> Html:
    """Draw each trial as a line over all axes that ends at its objective."""
    sign = 1 if state.minimize else -1
    ranked = sorted(_scored(state), key=lambda t: sign * (t.objective or 0))[:MOST_LINES]
    scales = {axis: _Scale(written) for axis, written in state.space.items()}
    values = _objectives(ranked)
    low, high = min(values), max(values)

    def height(trial: Trial, axis: str) -> float:
        return scales[axis].share(trial.point[axis]) if axis in trial.point else math.nan

    def plot(axes: Axes) -> None:
        top = max(len(ranked) // 10, 1)
        for rank in reversed(range(len(ranked))):
            trial = ranked[rank]
            ys = [height(trial, axis) for axis in scales]
            ys.append(((trial.objective or 0) - low) / (high - low) if high > low else 0.5)
            kept = [(x, y) for x, y in enumerate(ys) if not math.isnan(y)]
            axes.plot(*zip(*kept, strict=True), color=_ORANGE if rank < top else _BLUE,
                      alpha=1 if rank < top else 0.35, linewidth=2.4 if rank == 0 else 1.1)
        _ladder(axes, scales, (low, high), state.objective)

    return draw("parallel", "All axes and the objective, a line for each trial", plot,
                size=(max(7.5, 1.35 * (len(scales) + 1)), 4.2))


def _ladder(axes: Axes, scales: Mapping[str, _Scale], ends: tuple[float, float],
            objective: str) -> None:
    """Draw the upright axes with their values."""
    for x, scale in enumerate(scales.values()):
        axes.axvline(x, color=SOFT, linewidth=1)
        for value, text in scale.labels():
            _annotate(axes, text, x, scale.share(value))
    axes.axvline(len(scales), color=INK, linewidth=1.4)
    for y, end in zip((0, 1), ends, strict=True):
        _annotate(axes, f"{end:.4g}", len(scales), y)
    names = [shorten(printable(axis.rpartition(".")[2]), 18) for axis in scales]
    axes.set_xticks(range(len(scales) + 1), [*names, shorten(objective, 18)])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set(xlim=(-0.15, len(scales) + 0.55), ylim=(-0.05, 1.1))
    axes.spines[["left", "bottom"]].set_visible(False)


def _annotate(axes: Axes, text: str, x: float, y: float) -> None:
    axes.annotate(text, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=8.5, color=INK,
                  zorder=5, bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6})

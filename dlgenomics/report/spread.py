"""A target with many columns: how a metric spreads over them, the best and the worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from dlgenomics.report.curves import shown_column
from dlgenomics.report.drawing import INK, LINES, SOFT, draw
from dlgenomics.report.outcome import HeldOut, Outcome, Values
from dlgenomics.report.page import Html, element, figure, figures, join, table
from dlgenomics.report.words import metric_name, metric_value
from dlgenomics.train.metrics import measure

ENDS: Final = 5
"""So many of the best and of the worst columns are named."""

_OF_CLASSES: Final = ("auroc", "auprc")
_OF_VALUES: Final = ("pearson", "mse")
_GUESS: Final = {"auroc": 0.5, "pearson": 0.0}


def spread(outcome: Outcome, i: int, target: str, part: HeldOut) -> Html:
    """Return the spread of a target's metrics over its columns."""
    metrics = _OF_VALUES if outcome.task_of(target) == "regression" else _OF_CLASSES
    columns = outcome.columns(target)
    values = {metric: values_of(outcome, target, part, metric) for metric in metrics}
    drawn = [figure(_figure(f"spread-{i}-{metric}", metric, each),
                    f"{metric_name(metric)} of {int((~np.isnan(each)).sum())} columns on the "
                    f"{part.part} set. Solid: median; dashed: mean.")
             for metric, each in values.items() if not np.isnan(each).all()]
    return join([_summary(part, columns, values), figures(*drawn),
                 _ends(outcome, target, part, columns, values)], "\n")


def values_of(outcome: Outcome, target: str, part: HeldOut, metric: str) -> Values:
    """Return a metric of each column: as the run wrote it, else measured; NaN where undefined."""
    columns = outcome.columns(target)
    written = outcome.by_column.get(part.part, {}).get(target, {})
    if all(metric in written.get(column, {}) for column in columns):
        found = [written[column][metric] for column in columns]
        return np.array([np.nan if value is None else value for value in found])
    return np.array([_measured(part, metric, j) for j in range(len(columns))])


def _measured(part: HeldOut, metric: str, index: int) -> float:
    truth, score = part.column(index)
    return measure(metric, truth[:, None], score[:, None]) if len(truth) else float("nan")


def _figure(name: str, metric: str, each: Values) -> Html:
    known = each[~np.isnan(each)]

    def plot(axes: Axes) -> None:
        axes.hist(known, bins=min(30, max(8, len(known) // 3)), color=LINES[4][0],
                  edgecolor="white", linewidth=0.8)
        axes.axvline(float(np.median(known)), color=INK, linewidth=1.4,
                     label=f"median {metric_value(metric, float(np.median(known)))}")
        axes.axvline(float(known.mean()), color=INK, linewidth=1.4, linestyle="--",
                     label=f"mean {metric_value(metric, float(known.mean()))}")
        if metric in _GUESS and known.min() < _GUESS[metric] + 0.1:
            axes.axvline(_GUESS[metric], color=SOFT, linewidth=1, linestyle=":", label="guessing")
        axes.set(xlabel=metric_name(metric), ylabel="Columns")

    return draw(name, f"{metric_name(metric)} over the columns", plot)


def _summary(part: HeldOut, columns: Sequence[str], values: dict[str, Values]) -> Html:
    rows = []
    for metric, each in values.items():
        if np.isnan(each).all():
            continue
        low, high = int(np.nanargmin(each)), int(np.nanargmax(each))
        rows.append((metric_name(metric), metric_value(metric, float(np.nanmean(each))),
                     metric_value(metric, float(np.nanmedian(each))),
                     f"{metric_value(metric, each[low])} ({columns[low]})",
                     f"{metric_value(metric, each[high])} ({columns[high]})",
                     int((~np.isnan(each)).sum())))
    head = (f"{part.part.capitalize()} set", "Mean", "Median", "Lowest", "Highest", "Columns")
    return table(head, rows, numbers=(1, 2, 5))


def _ends(outcome: Outcome, target: str, part: HeldOut, columns: Sequence[str],
          values: dict[str, Values]) -> Html:
    """Return the best and the worst columns by the first metric."""
    first = next(iter(values))
    order = [int(j) for j in np.argsort(-values[first], kind="stable")
             if not np.isnan(values[first][j])]
    if not order:
        return Html()
    classes = outcome.task_of(target) != "regression"
    parted = len(order) > 2 * ENDS
    shown = [*order[:ENDS], *order[-ENDS:]] if parted else order
    rows = [(shown_column(columns[j]), *(metric_value(m, each[j]) for m, each in values.items()),
             *([f"{int((part.column(j)[0] == 1).sum()):,}"] if classes else []),
             f"{len(part.column(j)[0]):,}") for j in shown]
    head = ["Column", *map(metric_name, values), *(["Positives"] if classes else []), "Labels"]
    said = (f"The {ENDS} best and the {ENDS} worst columns by {metric_name(first)}:" if parted
            else f"All columns by {metric_name(first)}:")
    return join([element("p", said), table(head, rows, numbers=range(1, len(head)))], "\n")

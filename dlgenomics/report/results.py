"""What the network makes of the examples held out: curves, plots and tables of each target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlgenomics.errors import plural
from dlgenomics.report.confusion import binary_confusion, class_confusion
from dlgenomics.report.curves import (
    FEW,
    MOST_COLUMNS,
    has_both_classes,
    precision_recall_figure,
    reliability_figure,
    roc_figure,
)
from dlgenomics.report.outcome import HeldOut, Outcome
from dlgenomics.report.page import Html, element, figure, figures, join, section, table
from dlgenomics.report.profiles import mean_profiles
from dlgenomics.report.scatter import MOST_DOTS, residual_figure, scatter_figure
from dlgenomics.report.spread import spread
from dlgenomics.report.words import metric_meaning, metric_name, metric_value


def results(outcome: Outcome) -> Html:
    """Return curves, plots and tables of each target."""
    drawn = [_target(outcome, i, target, parts)
             for i, (target, parts) in enumerate(outcome.held_out.items()) if parts]
    missing = "" if outcome.headline_part == "test" else (
        "There was no test set: these are validation examples, on which the epoch was chosen, so "
        "new data will do a little worse.")
    return section("Predictions", element("p", missing) if missing else "", *drawn)


def _target(outcome: Outcome, i: int, target: str, parts: Sequence[HeldOut]) -> Html:
    title = element("h3", target) if len(outcome.held_out) > 1 else ""
    task, columns = outcome.task_of(target), outcome.columns(target)
    if parts[-1].labels.ndim > 2:
        shown = mean_profiles(f"profile-{i}", columns, parts[-1])
    elif task == "multiclass_classification":
        shown = join([_curves(i, columns, parts) if len(columns) <= MOST_COLUMNS
                      else spread(outcome, i, target, parts[-1]),
                      class_confusion(columns, parts[-1])], "\n")
    elif len(columns) > MOST_COLUMNS:
        shown = spread(outcome, i, target, parts[-1])
    elif task == "regression":
        shown = _scatters(i, columns, parts[-1])
    else:
        shown = join([_curves(i, columns, parts), _confusions(columns, parts[-1])], "\n")
    return join([title, shown], "\n")


def _curves(i: int, columns: Sequence[str], parts: Sequence[HeldOut]) -> Html:
    notes = join([_one_class(columns, parts), _legend(columns, parts)], " ")
    last = parts[-1]
    return figures(
        figure(roc_figure(f"roc-{i}", columns, parts),
               f"ROC; the legend gives the area (AUROC). Dotted: chance, 0.5. {notes}"),
        figure(precision_recall_figure(f"pr-{i}", columns, parts),
               "Precision and recall; the legend gives the area (AUPRC, average precision). "
               f"Dotted: chance, the share of positives{_prevalence(columns, parts)}. {notes}"),
        figure(reliability_figure(f"reliability-{i}", columns[:FEW], last),
               "Calibration: of examples with about this prediction, how many are positive; ten "
               f"groups of equal size of the {last.part} set. Dotted: predictions that can be "
               f"taken at their word.{_first(columns)}"),
    )


def _first(columns: Sequence[str]) -> str:
    return f" The first {FEW} columns." if len(columns) > FEW else ""


def _confusions(columns: Sequence[str], part: HeldOut) -> Html:
    shown = [binary_confusion(column, part, j) for j, column in enumerate(columns[:FEW])]
    return element("div", join(shown, "\n"), class_="figures")


def _prevalence(columns: Sequence[str], parts: Sequence[HeldOut]) -> str:
    mean = (f" ({np.nanmean(parts[-1].labels):.3f}"
            f"{' on average' if len(columns) > 1 else ''})")
    return mean if len(columns) == 1 or len(columns) > FEW else " of each"


def _legend(columns: Sequence[str], parts: Sequence[HeldOut]) -> str:
    if len(columns) == 1:
        return ""
    if len(parts) == 1 or len(columns) > FEW:
        return f"Of the {parts[-1].part} set."
    return f"Thick: {parts[-1].part} set; thin: {parts[0].part} set."


def _one_class(columns: Sequence[str], parts: Sequence[HeldOut]) -> str:
    """Return a sentence that names the columns without curves."""
    named = [f"{column} ({part.part})" if len(columns) > 1 else f"the {part.part} set"
             for part in parts for i, column in enumerate(columns)
             if not has_both_classes(part.column(i)[0])]
    return f"Not defined, because all examples are of one class: {', '.join(named)}." * bool(named)


def _scatters(i: int, columns: Sequence[str], part: HeldOut) -> Html:
    shown: list[Html] = []
    for j, column in enumerate(columns):
        count = len(part.column(j)[0])
        marks = ("each dot is one" if count <= MOST_DOTS
                 else "the darker, the more of them (logarithmic)")
        shown.append(figure(
            scatter_figure(f"scatter-{i}-{j}", column, part, j),
            f"{column}: {plural(count, 'example')} of the {part.part} set; {marks}."))
        if len(columns) <= FEW:
            shown.append(figure(
                residual_figure(f"residual-{i}-{j}", column, part, j),
                f"Errors of {column} by prediction: they should lie around zero everywhere; a "
                "bend says that small or large values are missed in one direction."))
    return figures(*shown)


def metric_table(outcome: Outcome) -> Html:
    """Return all metrics of all parts."""
    several = len(outcome.held_out) > 1
    parts = [part for part in ("validation", "test") if part in outcome.metrics]
    rows = [
        [*([target] if several else []), metric_name(metric),
         *(metric_value(metric, outcome.metrics[part][target].get(metric)) for part in parts),
         metric_meaning(metric)]
        for target in outcome.held_out for metric in outcome.spec.training.metrics[target]
    ]
    head = [*(["Target"] if several else []), "Metric", *map(str.capitalize, parts), "Meaning"]
    first = 2 if several else 1
    mean = any(len(outcome.columns(target)) > 1
               and outcome.task_of(target) != "multiclass_classification"
               for target in outcome.held_out)
    return section("Metrics", element("p", "Exact: over all examples, not over batches or "
                                      "thresholds." + " Means over columns." * mean),
                   table(head, rows, numbers=range(first, first + len(parts))))

"""What the network makes of the examples held out: curves, scatter plots, metrics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlgenomics.report.curves import (
    FEW,
    MOST_COLUMNS,
    MOST_DOTS,
    precision_recall_figure,
    roc_figure,
    scatter_figure,
)
from dlgenomics.report.outcome import HeldOut, Outcome
from dlgenomics.report.page import Html, element, figure, figures, join, section, table
from dlgenomics.report.words import metric_meaning, metric_name, metric_value, plural
from dlgenomics.train.metrics import auprc, auroc


def results(outcome: Outcome) -> Html:
    """Return curves or scatter plots of each target."""
    drawn = [
        _scatters(outcome, i, target, parts) if outcome.spec.task == "regression"
        else _curves(outcome, i, target, parts)
        for i, (target, parts) in enumerate(outcome.held_out.items()) if parts
    ]
    title = "Predicted and measured" if outcome.spec.task == "regression" else (
        "ROC and precision–recall")
    missing = "" if outcome.headline_part == "test" else (
        "There was no test set: these are validation examples, on which the epoch was chosen, so "
        "new data will do a little worse.")
    return section(title, element("p", missing) if missing else "", *drawn)


def _curves(outcome: Outcome, i: int, target: str, parts: Sequence[HeldOut]) -> Html:
    columns = outcome.columns(target)
    title = element("h3", target) if len(outcome.held_out) > 1 else ""
    if len(columns) > MOST_COLUMNS:
        return join([title, _spread(columns, parts[-1])], "\n")
    notes = join([_one_class(columns, parts), _legend(columns, parts)], " ")
    return join([title, figures(
        figure(roc_figure(f"roc-{i}", columns, parts),
               f"ROC; the legend gives the area (AUROC). Dotted: chance, 0.5. {notes}"),
        figure(precision_recall_figure(f"pr-{i}", columns, parts),
               "Precision and recall; the legend gives the area (AUPRC, average precision). "
               f"Dotted: chance, the share of positives{_prevalence(columns, parts)}. {notes}"),
    )], "\n")


def _prevalence(columns: Sequence[str], parts: Sequence[HeldOut]) -> str:
    mean = f" ({parts[-1].labels.mean():.3f}{' on average' if len(columns) > 1 else ''})"
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
             if not 0 < part.labels[:, i].mean() < 1]
    return f"Not defined, because all examples are of one class: {', '.join(named)}." * bool(named)


def _spread(columns: Sequence[str], part: HeldOut) -> Html:
    """Return mean, lowest and highest areas of a target with many columns."""
    rows = []
    for name, measure in (("AUROC", auroc), ("AUPRC", auprc)):
        each = np.array([measure(t, s) for t, s in zip(part.labels.T, part.scores.T, strict=True)])
        if np.isnan(each).all():
            continue
        low, high = int(np.nanargmin(each)), int(np.nanargmax(each))
        rows.append((name, f"{np.nanmean(each):.3f}", f"{np.nanmedian(each):.3f}",
                     f"{each[low]:.3f} ({columns[low]})", f"{each[high]:.3f} ({columns[high]})",
                     int((~np.isnan(each)).sum())))
    head = (f"{part.part.capitalize()} set", "Mean", "Median", "Lowest", "Highest", "Columns")
    return table(head, rows, numbers=(1, 2, 5))


def _scatters(outcome: Outcome, i: int, target: str, parts: Sequence[HeldOut]) -> Html:
    part = parts[-1]
    columns = outcome.columns(target)
    marks = ("each dot is one" if len(part.labels) <= MOST_DOTS
             else "the darker, the more of them (logarithmic)")
    shown = [
        figure(scatter_figure(f"scatter-{i}-{j}", column, part, j),
               f"{column}: {plural(len(part.labels), 'example')} of the {part.part} set; {marks}.")
        for j, column in enumerate(columns[:MOST_COLUMNS])
    ]
    left = len(columns) - len(shown)
    note = element("p", f"{plural(left, 'further column')} not drawn.") if left else ""
    return join([element("h3", target) if len(outcome.held_out) > 1 else "", figures(*shown), note],
                "\n")


def metric_table(outcome: Outcome) -> Html:
    """Return all metrics of all parts."""
    several = len(outcome.held_out) > 1
    parts = [part for part in ("validation", "test") if part in outcome.metrics]
    rows = [
        [*([target] if several else []), metric_name(metric),
         *(metric_value(metric, outcome.metrics[part][target][metric]) for part in parts),
         metric_meaning(metric)]
        for target in outcome.held_out for metric in outcome.spec.training.metrics[target]
    ]
    head = [*(["Target"] if several else []), "Metric", *map(str.capitalize, parts), "Meaning"]
    first = 2 if several else 1
    wide = max(len(outcome.columns(target)) for target in outcome.held_out)
    mean = wide > 1 and outcome.spec.task != "multiclass_classification"
    return section("Metrics", element("p", "Exact: over all examples, not over batches or "
                                      "thresholds." + " Means over columns." * mean),
                   table(head, rows, numbers=range(first, first + len(parts))))

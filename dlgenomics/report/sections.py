"""The sections of a training report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dlgenomics.report.curves import (
    MOST_COLUMNS,
    Track,
    learning_curve,
    metric_tracks,
    precision_recall_figure,
    roc_figure,
    scatter_figure,
)
from dlgenomics.report.network import layer_rows
from dlgenomics.report.outcome import HeldOut, Outcome
from dlgenomics.report.page import Html, element, figure, figures, join, section, table
from dlgenomics.report.words import (
    is_share,
    metric_meaning,
    metric_name,
    metric_value,
    plural,
    share,
)
from dlgenomics.spec import summarize
from dlgenomics.spec.arguments import Reference, plain
from dlgenomics.train.metrics import auprc, auroc

# ---- learning curves --------------------------------------------------------------------------


def learning(outcome: Outcome) -> Html:
    """Return the learning curves."""
    return section("Learning curves", element("p", kept_sentence(outcome)),
                   figures(_loss(outcome), *_metrics(outcome), _learning_rate(outcome)))


def kept_sentence(outcome: Outcome) -> str:
    """Return which epoch's weights were kept, and why."""
    limit = outcome.spec.training.epochs
    if _stops_early(outcome):
        return (f"Early stopping kept epoch {outcome.kept} of {outcome.epochs} "
                f"(at most {plural(limit, 'epoch')} allowed).")
    return f"No early stopping: the weights of the last epoch, {outcome.kept}, were kept."


def _stops_early(outcome: Outcome) -> bool:
    return any(callback.name == "EarlyStopping"
               and callback.arguments.get("restore_best_weights", True)
               for callback in outcome.spec.training.callbacks)


def _loss(outcome: Outcome) -> Html:
    history = outcome.history
    tracks = [Track("training", history["loss"])]
    if "val_loss" in history:
        tracks.append(Track("validation", history["val_loss"]))
    losses = {reference.name for reference in outcome.spec.training.loss.values()}
    title = f"Loss ({losses.pop()})" if len(losses) == 1 else "Loss"
    weighted = outcome.spec.training.class_weight is not None
    note = "Training loss is the mean over an epoch, while the weights change and dropout is on"
    return figure(learning_curve("loss", title, tracks, outcome.kept),
                  f"{note}{', and classes are weighted' if weighted else ''}.")


def _metrics(outcome: Outcome) -> Iterator[Html]:
    """Yield a figure of each target's validation shares, and one of each error."""
    targets = outcome.spec.training.metrics
    for i, (target, metrics) in enumerate(targets.items()):
        prefix = f"{target}_" if len(targets) > 1 else ""
        groups = [[m for m in metrics if is_share(m)], *([m] for m in metrics if not is_share(m))]
        for j, group in enumerate(groups):
            tracks = metric_tracks(outcome.history, prefix, group)
            if tracks:
                title = "Validation metric" if j == 0 else metric_name(group[0])
                drawn = learning_curve(f"metric-{i}-{j}", title, tracks, outcome.kept)
                yield figure(drawn, f"Metrics of {target} on the validation set.")


def _learning_rate(outcome: Outcome) -> Html:
    rates = outcome.history.get("learning_rate", [])
    if len(set(rates)) < 2:
        return Html()
    drawn = learning_curve("rate", "Learning rate", [Track("learning rate", rates)], outcome.kept)
    return figure(drawn, "Learning rate at the end of each epoch.")


# ---- results ----------------------------------------------------------------------------------


def results(outcome: Outcome) -> Html:
    """Return curves or scatter plots of each target."""
    drawn = [
        _scatters(outcome, i, target, parts) if outcome.spec.task == "regression"
        else _curves(outcome, i, target, parts)
        for i, (target, parts) in enumerate(outcome.held_out.items()) if parts
    ]
    title = "Predicted and measured" if outcome.spec.task == "regression" else "ROC and precision"
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
    return f", {parts[-1].labels.mean():.3f}" if len(columns) == 1 else ""


def _legend(columns: Sequence[str], parts: Sequence[HeldOut]) -> str:
    if len(columns) == 1:
        return ""
    thin = len(parts) > 1 and len(columns) <= 3
    return f"Thick: {parts[-1].part} set" + (f"; thin: {parts[0].part} set." if thin else ".")


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
    head = (f"{part.part} set", "Mean", "Median", "Lowest", "Highest", "Columns")
    return table(head, rows, numbers=(1, 2, 5))


def _scatters(outcome: Outcome, i: int, target: str, parts: Sequence[HeldOut]) -> Html:
    part = parts[-1]
    columns = outcome.columns(target)
    shown = [
        figure(scatter_figure(f"scatter-{i}-{j}", column, part, j),
               f"{column}: {plural(len(part.labels), 'example')} of the {part.part} set. "
               "Where dots would overlap, darker is more examples (logarithmic).")
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


# ---- data -------------------------------------------------------------------------------------


def data_section(outcome: Outcome) -> Html:
    """Return sizes of the split, positives, and the files' hashes."""
    return section("Data", element("p", _split_sentence(outcome)), _split_table(outcome),
                   _file_table(outcome))


def _split_sentence(outcome: Outcome) -> str:
    data = outcome.spec.data
    trained_on = outcome.spec.info.trained_on
    split = ", ".join(f"{k} {_value(v)}" for k, v in plain(data.split.model_dump()).items()
                      if k != "by" and v not in (None, (), []))
    said = f"{trained_on.rstrip('.')}. " if trained_on else ""
    return f"{said}Split by {data.split.by} ({split})." if split else f"{said}Split."


def _split_table(outcome: Outcome) -> Html:
    sizes = outcome.record["split"]
    whole = sum(sizes.values())
    counted = _counted(outcome)
    rows = [
        [part, f"{size:,}", share(size, whole), *_positives(outcome, part, counted)]
        for part, size in sizes.items()
    ]
    head = ["Part", "Examples", "Share", *(f"Positives: {column}" for _, _, column in counted)]
    return table(head, rows, numbers=range(1, len(head)), foot=["all", f"{whole:,}", "100.0 %",
                                                               *[""] * len(counted)])


def _counted(outcome: Outcome) -> list[tuple[str, int, str]]:
    """Return target, position and name of the columns whose positives are shown."""
    if outcome.spec.task == "regression":
        return []
    found = [(target, i, column) for target in outcome.held_out
             for i, column in enumerate(outcome.columns(target))]
    return found if len(found) <= MOST_COLUMNS else []


def _positives(outcome: Outcome, part: str, counted: Sequence[tuple[str, int, str]]) -> list[str]:
    found = []
    for target, i, _ in counted:
        labels = [h.labels[:, i] for h in outcome.held_out[target] if h.part == part]
        found.append(f"{int(labels[0].sum()):,} ({share(labels[0].sum(), len(labels[0]))})"
                     if labels else "not recorded" if part == "train" else "")
    return found


def _file_table(outcome: Outcome) -> Html:
    rows = [
        [name, element("code", element("span", f"{digest[:16]}…", title=digest))]
        for name, digest in outcome.record["data"].items()
    ]
    return table(["File", "SHA-256 (whole on hover)"], rows)


# ---- network and training ---------------------------------------------------------------------


def network(outcome: Outcome) -> Html:
    """Return the layers as a table."""
    summary = summarize(outcome.spec)
    frozen = summary.parameters - summary.trainable
    foot = ["all", "", "", f"{summary.parameters:,}", "",
            f"{frozen:,} not trained" if frozen else "all trained"]
    return section(
        "Network",
        table(["Layer", "Kind", "Output shape", "Parameters", "Sees (bp)", "Initial weights"],
              layer_rows(outcome.spec, summary), numbers=(3, 4), foot=foot),
        element("p", "Shapes are (positions, channels) without the batch. «Sees» is the receptive "
                "field: how many positions of the input one output position depends on.",
                class_="soft"),
    )


def settings(outcome: Outcome) -> Html:
    """Return how the network was trained."""
    training, augment = outcome.spec.training, outcome.spec.data.augment
    losses = "; ".join(
        f"{target}: {_named(loss)}" if len(training.loss) > 1 else _named(loss)
        for target, loss in training.loss.items())
    rows: list[tuple[str, str]] = [
        ("Optimizer", _named(training.optimizer)),
        ("Loss", losses),
        ("Class weights", _value(plain(training.class_weight) or "none")),
        ("Batch size", f"{training.batch_size:,}"),
        ("Epochs", f"{outcome.epochs:,} of at most {training.epochs:,}"),
        ("Callbacks", "; ".join(map(_named, training.callbacks)) or "none"),
        ("Augmentation", "; ".join(map(_named, augment)) or "none"),
        ("Seed", str(outcome.record["seed"])),
    ]
    return section("Training", table([], rows))


def _named(reference: Reference) -> str:
    """Return an object with its arguments: ``Adam (learning_rate 0.003)``."""
    arguments = ", ".join(f"{k} {_value(plain(v))}" for k, v in reference.arguments.items())
    return f"{reference.name} ({arguments})" if arguments else reference.name


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_value(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def environment(outcome: Outcome) -> Html:
    """Return the versions that the result depends on."""
    return section("Environment", table([], outcome.record["versions"].items()))


def commands(outcome: Outcome) -> Html:
    """Return what to do next."""
    lines = (f"dlg package {shlex.quote(outcome.name)}\n"
             f"dlg predict {outcome.spec.name} --fasta genome.fa --intervals regions.bed "
             "-o predictions.tsv")
    return section("What comes next", element("p", "In the folder that holds the run:"),
                   element("pre", lines))

"""The learning curves of a report."""

from __future__ import annotations

from collections.abc import Iterator

from dlgenomics.report.curves import Track, learning_curve, metric_tracks
from dlgenomics.report.outcome import Outcome
from dlgenomics.report.page import Html, element, figure, figures, section
from dlgenomics.report.words import is_share, metric_name, plural


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
                title = metric_name(group[0]) if len(group) == 1 else "Validation metric"
                drawn = learning_curve(f"metric-{i}-{j}", title, tracks, outcome.kept)
                yield figure(drawn, f"Metrics of {target} on the validation set.")


def _learning_rate(outcome: Outcome) -> Html:
    rates = outcome.history.get("learning_rate", [])
    if len(set(rates)) < 2:
        return Html()
    drawn = learning_curve("rate", "Learning rate", [Track("learning rate", rates)], outcome.kept)
    return figure(drawn, "Learning rate at the end of each epoch.")

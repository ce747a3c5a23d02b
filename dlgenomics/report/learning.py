"""The learning curves of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dlgenomics.errors import plural
from dlgenomics.report.course import LOSSES
from dlgenomics.report.curves import Track, learning_curve, metric_tracks
from dlgenomics.report.outcome import Outcome
from dlgenomics.report.page import Html, element, figure, figures, section
from dlgenomics.report.words import is_share, metric_name, share

MOST_FIGURES: Final = 4
"""Up to so many metrics, each has a figure of its own with training and validation."""


def learning(outcome: Outcome) -> Html:
    """Return the learning curves."""
    return section("Learning curves", element("p", kept_sentence(outcome)),
                   figures(_loss(outcome), _parts(outcome), *_metrics(outcome),
                           _learning_rate(outcome)))


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
    """Draw the losses that compare like with like, where the run wrote them."""
    history = outcome.history
    split = LOSSES[0] in history
    names = LOSSES if split else ("loss", "val_loss")
    tracks = [Track(label, history[name])
              for label, name in zip(("training", "validation"), names, strict=True)
              if name in history]
    losses = {reference.name for reference in outcome.spec.training.loss.values()}
    title = f"Loss ({losses.pop()})" if len(losses) == 1 else "Loss"
    weighted = bool(outcome.spec.training.class_weight)
    note = ("Both after the epoch, without dropout and without the penalty on weights; training on "
            "a sample of its examples" if split else
            "Training loss is the mean over an epoch, while the weights change and dropout is on")
    also = ", and classes are weighted" if weighted and not split else ""
    return figure(learning_curve("loss", title, tracks, outcome.kept), f"{note}{also}.")


def _parts(outcome: Outcome) -> Html:
    """Draw what training makes small: the loss on data and the penalty on weights."""
    history = outcome.history
    penalty = history.get("penalty", [])
    if not any(penalty):
        return Html()
    whole = [a + b for a, b in zip(history[LOSSES[0]], penalty, strict=True)]
    tracks = [Track("loss on data", history[LOSSES[0]]), Track("penalty on weights", penalty),
              Track("both together", whole)]
    kept = outcome.kept - 1
    return figure(learning_curve("parts", "Training loss and its parts", tracks, outcome.kept),
                  f"After the epoch kept, {share(penalty[kept], whole[kept])} of what training "
                  "makes small is the penalty on weights. Where it is most of it, weights are "
                  "kept small rather than right: lower l1 or l2.")


def _metrics(outcome: Outcome) -> Iterator[Html]:
    """Yield a figure of each metric on both sets; of many, one of each target's shares."""
    targets = outcome.spec.training.metrics
    few = sum(map(len, targets.values())) <= MOST_FIGURES
    for i, (target, metrics) in enumerate(targets.items()):
        prefix = f"{target}_" if len(targets) > 1 else ""
        groups = [[m] for m in metrics] if few else [
            [m for m in metrics if is_share(m)], *([m] for m in metrics if not is_share(m))]
        for j, group in enumerate(groups):
            tracks = metric_tracks(outcome.history, prefix, group, also_training=len(group) == 1)
            if tracks:
                title = metric_name(group[0]) if len(group) == 1 else "Validation metric"
                drawn = learning_curve(f"metric-{i}-{j}", title, tracks, outcome.kept)
                yield figure(drawn, f"{title} of {target}." if len(group) == 1 else
                             f"Metrics of {target} on the validation set.")


def _learning_rate(outcome: Outcome) -> Html:
    rates = outcome.history.get("learning_rate", [])
    if len(set(rates)) < 2:
        return Html()
    drawn = learning_curve("rate", "Learning rate", [Track("learning rate", rates)], outcome.kept)
    return figure(drawn, "Learning rate at the end of each epoch.")

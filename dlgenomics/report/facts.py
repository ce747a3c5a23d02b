"""What a run was made of: data, network, settings, versions; and what comes next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, Final

from dlgenomics.report.architecture import architecture
from dlgenomics.report.curves import MOST_COLUMNS
from dlgenomics.report.examples import example_facts
from dlgenomics.report.network import layer_rows
from dlgenomics.report.outcome import Outcome
from dlgenomics.report.page import Html, element, section, table
from dlgenomics.report.words import NOT_DEFINED, share
from dlgenomics.spec import summarize
from dlgenomics.spec.arguments import Reference, plain

LONG: Final = 25
"""The table of a network with more layers is folded."""


def data_section(outcome: Outcome) -> Html:
    """Return sizes of the split, positives, and the files' hashes."""
    return section("Data", element("p", _split_sentence(outcome)), _split_table(outcome),
                   *example_facts(outcome), _file_table(outcome))


def _split_sentence(outcome: Outcome) -> str:
    data = outcome.spec.data
    trained_on = outcome.spec.info.trained_on
    split = ", ".join(f"{k} {_value(v)}" for k, v in plain(data.split.model_dump()).items()
                      if k != "by" and v not in (None, (), []))
    said = f"{trained_on.rstrip('.')}. " if trained_on else ""
    way = "at random" if data.split.by == "random" else f"by {data.split.by}"
    return f"{said}Split {way} ({split})."


def _split_table(outcome: Outcome) -> Html:
    sizes = outcome.record["split"]
    whole = sum(sizes.values())
    counted = _counted(outcome)
    wide = [] if counted else [target for target in outcome.record.get("positives", {}).get(
        "train", {}) if outcome.task_of(target).endswith("_classification")]
    rows = [
        [part, f"{size:,}", share(size, whole), *_positives(outcome, part, counted),
         *(_range_of_positives(outcome, part, target) for target in wide)]
        for part, size in sizes.items()
    ]
    head = ["Part", "Examples", "Share", *(f"Positives: {column}" for _, _, column in counted),
            *(f"Positives of {target}: mean (lowest to highest)" for target in wide)]
    foot = ["all", f"{whole:,}", "100.0 %", *[""] * (len(head) - 3)]
    return table(head, rows, numbers=range(1, len(head)), foot=foot)


def _counted(outcome: Outcome) -> list[tuple[str, int, str]]:
    """Return target, position and name of the columns whose positives are shown."""
    found = [(target, i, column) for target in outcome.held_out
             if outcome.task_of(target).endswith("_classification")
             for i, column in enumerate(outcome.columns(target))]
    return found if len(found) <= MOST_COLUMNS else []


def _positives(outcome: Outcome, part: str, counted: Sequence[tuple[str, int, str]]) -> list[str]:
    positives = outcome.record.get("positives", {}).get(part, {})
    found = [(positives[target][i], _known(outcome, part, target, i))
             if target in positives else None for target, i, _ in counted]
    return ["not recorded" if pair is None else f"{pair[0]:,} ({share(*pair)})" for pair in found]


def _known(outcome: Outcome, part: str, target: str, column: int) -> int:
    """Return how many labels of a column are not missing; all, where that was not recorded."""
    labels = outcome.record.get("examples", {}).get("labels", {}).get(part, {}).get(target)
    return int(labels["known"][column] if labels else outcome.record["split"][part])


def _range_of_positives(outcome: Outcome, part: str, target: str) -> str:
    """Return the mean, lowest and highest share of positives over many columns."""
    counts = outcome.record["positives"].get(part, {}).get(target, [])
    shares = [count / known for i, count in enumerate(counts)
              if (known := _known(outcome, part, target, i))]
    if not shares:
        return NOT_DEFINED
    low, mean, high = min(shares), sum(shares) / len(shares), max(shares)
    return f"{100 * mean:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"


def _file_table(outcome: Outcome) -> Html:
    rows = [
        [name, element("code", element("span", f"{digest[:16]}…", title=digest))]
        for name, digest in outcome.record["data"].items()
    ]
    return table(["File", "SHA-256 (whole on hover)"], rows)


def network(outcome: Outcome) -> Html:
    """Return the network as a drawing, and its layers as a table."""
    summary = summarize(outcome.spec)
    frozen = summary.parameters - summary.trainable
    foot = ["all", "", "", f"{summary.parameters:,}", "",
            f"{frozen:,} not trained" if frozen else "all trained"]
    layers = table(
        ["Layer", "Kind", "Output shape", "Parameters", "Sees (bp)", "Initial weights"],
        layer_rows(outcome.spec, summary), numbers=(3, 4), foot=foot, wraps=False)
    return section(
        "Network",
        architecture(outcome.spec, summary),
        element("details", element("summary", "All layers, with their initial weights"), layers)
        if len(summary.layers) > LONG else layers,
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
        *([("Precision", training.precision)] if training.precision != "float32" else []),
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
    """Return the versions and the spec that the result depends on."""
    digest = element("code", element("span", f"{outcome.spec_digest[:16]}…",
                                     title=outcome.spec_digest))
    rows = [*outcome.record["versions"].items(), ("SHA-256 of spec.yaml", digest)]
    if outcome.record.get("device"):
        rows.append(("device", outcome.record["device"]))
    return section("Environment", table([], rows))


def commands(outcome: Outcome) -> Html:
    """Return what to do next."""
    compare = "" if outcome.baselines else f"dlg baseline {shlex.quote(outcome.name)}\n"
    lines = (f"{compare}dlg package {shlex.quote(outcome.name)}\n"
             f"dlg predict {outcome.spec.name} --fasta genome.fa --intervals regions.bed "
             "-o predictions.tsv")
    return section("What comes next", element("p", "In the folder that holds the run:"),
                   element("pre", lines))

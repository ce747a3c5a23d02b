"""Checks of the layers: size, initial weights, dropout, order, and how far they see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from dlgenomics.doctor.finding import Finding
from dlgenomics.doctor.subject import Subject
from dlgenomics.spec.types import Layer

CONVOLUTIONS: Final = ("Conv1D", "SeparableConv1D", "DepthwiseConv1D")
RECURRENT: Final = ("LSTM", "GRU", "SimpleRNN", "Bidirectional")
DROPOUTS: Final = ("Dropout", "SpatialDropout1D", "SpatialDropout2D")
SHORTEST_MOTIF: Final = 8
"""A detector of fewer bp sees only parts of most motifs."""

_INITIALIZER: Final = re.compile(r"(he|glorot|lecun)_(normal|uniform) does not match ")
_BANDS: Final = {"convolution": (0.2, 0.3), "recurrent": (0.4, 0.5), "other": (0.1, 0.5)}


def more_parameters_than_examples(subject: Subject) -> Iterator[Finding]:
    """Find a network that could learn its training examples by heart."""
    if subject.facts is None:
        return
    examples, parameters = len(subject.facts.parts["train"]), subject.summary.trainable
    if parameters > examples:
        yield Finding(
            "warning", f"{parameters:,} trainable parameters for {examples:,} training examples "
            f"({parameters / max(examples, 1):.1f} for each).",
            "A network with more parameters than examples can learn them by heart instead of what "
            "they have in common.",
            "Use fewer filters or units, pool more before the first Dense, add dropout, penalties "
            "or augmentation, or find more examples; in the report, watch the gap between training "
            "and validation loss.", ("model", "layers"))


def doubts_of_the_reader(subject: Subject) -> Iterator[Finding]:
    """Pass on what the reader of the spec warns of, such as initializers that do not fit."""
    for warning in subject.warnings:
        why = "It is allowed, but probably not meant."
        if _INITIALIZER.match(warning.message):
            why = ("The spread of initial weights must fit the activation, so that signals and "
                   "gradients neither fade nor explode from layer to layer: He for the ReLU "
                   "family, Glorot for sigmoid, tanh and softmax.")
        what, _, advice = warning.message.rpartition(". ")
        yield Finding("warning", f"{what or advice.rstrip('.')}.", why,
                      advice if what else "Mend it, or leave it if it is meant.",
                      line=warning.line, column=warning.column)


def unusual_dropout(subject: Subject) -> Iterator[Finding]:
    """Find dropout outside the bands that usually work, layers with the same rate together."""
    found: dict[tuple[float, str], list[Layer]] = {}
    for layer in subject.written:
        inner = layer.wrapped or layer
        rate = inner.arguments.get("rate" if layer.kind in DROPOUTS else "dropout")
        if not isinstance(rate, float | int) or (not rate and layer.kind not in DROPOUTS):
            continue
        place = "recurrent" if layer.kind in RECURRENT else _place_of(layer, subject)
        low, high = _BANDS[place]
        if not low <= rate <= high:
            found.setdefault((float(rate), place), []).append(layer)
    for (rate, place), layers in found.items():
        yield _dropout_finding(layers, rate, place)


def _dropout_finding(layers: Sequence[Layer], rate: float, place: str) -> Finding:
    low, high = _BANDS[place]
    layer, others = layers[0], len(layers) - 1
    where = {"convolution": " behind convolutions", "recurrent": " in recurrent layers"}
    why = ("So little changes next to nothing." if rate < low else
           "So much takes away more than the layers behind it can do without; learning becomes "
           "slow, or stops early.")
    if rate == 0:
        why = "A rate of 0 does nothing."
    drops = f"and {others} more drop" if others else "drops"
    return Finding("hint", f"{layer.name!r} {drops} {100 * rate:g} %; usual{where.get(place, '')} "
                   f"is {100 * low:g} to {100 * high:g} %.", why,
                   "Try a rate in that range, or keep this one if validation loss speaks for it.",
                   (*layer.path, "rate" if layer.kind in DROPOUTS else "dropout"))


def _place_of(layer: Layer, subject: Subject) -> str:
    """Return what kind of layer stands before: ``convolution``, ``recurrent`` or ``other``."""
    while (previous := next(subject.before(layer), None)) is not None:
        if previous.kind.startswith(("Conv", "SeparableConv", "DepthwiseConv")):
            return "convolution"
        if previous.kind in RECURRENT:
            return "recurrent"
        if previous.kind.startswith(("Dense", "Flatten", "Global")) or "Attention" in previous.kind:
            return "other"
        layer = previous
    return "other"


def normalization_behind_dropout(subject: Subject) -> Iterator[Finding]:
    """Find batch normalization that directly follows dropout."""
    for layer in subject.written:
        previous = next(subject.before(layer), None)
        if layer.kind == "BatchNormalization" and previous and previous.kind in DROPOUTS:
            yield Finding(
                "warning", f"{layer.name!r} normalizes directly behind {previous.name!r}.",
                "Dropout widens the spread of values in training but not when predicting, so the "
                "spread that batch normalization remembers is then the wrong one.",
                "Put the dropout behind the normalization and its activation.", layer.path)


def normalization_behind_activation(subject: Subject) -> Iterator[Finding]:
    """Find batch normalization behind an activation instead of before it, all in one finding."""
    found = [(layer, previous) for layer in subject.written if layer.kind == "BatchNormalization"
             for previous in subject.before(layer) if _activation_of(previous)]
    for layer, previous in found[:1]:
        others = f", and {len(found) - 1} more do likewise" if len(found) > 1 else ""
        yield Finding(
            "hint", f"{layer.name!r} normalizes behind the activation {_activation_of(previous)} "
            f"of {previous.name!r}{others}.",
            "The usual order is convolution, normalization, activation: so the activation gets "
            "values around zero, and few units die.",
            f"Take the activation out of {previous.name!r} and put it behind {layer.name!r} as a "
            "layer, unless a paper that you follow has this order.", layer.path)


def _activation_of(layer: Layer) -> str | None:
    """Return the name of a layer's activation, None if it has none or a linear one."""
    if layer.kind in ("ReLU", "LeakyReLU", "PReLU", "ELU"):
        return layer.kind
    written = layer.arguments.get("activation")
    return None if written in (None, "linear") else str(written)


def _convolved(subject: Subject) -> Iterator[tuple[Layer, int]]:
    """Yield the convolutions that see a part of a sequence, with how many positions they see."""
    for layer in subject.spec.model.layers:  # each copy of a `repeat` sees more than the one before
        width = subject.outlines[layer.name].view.width
        if layer.kind in CONVOLUTIONS and width is not None:
            yield layer, width


def _reads_bases(subject: Subject) -> bool:
    inputs = subject.spec.data.inputs
    return any(inputs[name].kind in ("dna", "rna") for name in subject.spec.model.inputs)


def view_shorter_than_a_motif(subject: Subject) -> Iterator[Finding]:
    """Find convolutions of which none sees a whole motif."""
    seen = list(_convolved(subject)) if _reads_bases(subject) else []
    if not seen:
        return
    layer, width = max(seen, key=lambda pair: pair[1])
    if width < SHORTEST_MOTIF:
        yield Finding(
            "warning", f"The convolutions see at most {width} bp ({layer.name!r}).",
            "Most motifs of proteins that bind DNA or RNA have 6 to 20 bp; a shorter view sees "
            "only parts of them.",
            "Use a wider kernel, dilation, or one more convolution behind pooling.", layer.path)


def view_wider_than_the_input(subject: Subject) -> Iterator[Finding]:
    """Find the first convolution that sees more than the input has."""
    lengths = [subject.outlines[name].shape[0] for name in subject.spec.model.inputs
               if len(subject.outlines[name].shape) > 1]
    longest = max((n for n in lengths if n is not None), default=0)
    for layer, width in _convolved(subject):
        if longest and width > longest:
            yield Finding(
                "hint", f"{layer.name!r} sees {width:,} bp, and the input has {longest:,}.",
                "What it sees beyond the ends is padding, so a part of its weights learns nothing.",
                "Use longer sequences, or fewer, narrower or less dilated convolutions.",
                layer.path)
            return

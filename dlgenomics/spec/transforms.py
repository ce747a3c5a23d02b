"""Changes of a spec that are not one value at one place, such as «with batch normalisation».

Each is a pure function of a document (plain data, as written) and a value. They are the axes of a
search that have a plain name instead of a dotted path, and are made in the order of `transforms`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from dlgenomics.errors import SearchError
from dlgenomics.spec.arguments import split_entry
from dlgenomics.spec.entries import Entry, all_entries, read_entry, rewrite_layers
from dlgenomics.spec.optimizers import OPTIMIZER, OPTIMIZERS
from dlgenomics.spec.problems import received

Data = Mapping[str, Any]

DECAY: Final = 0.5
"""Table 2's rate of decay: what a linear decay ends at, and each step of an exponential one."""

HALVINGS: Final = 10
"""How often an exponential decay halves the learning rate within ``training.epochs``."""

_DROPOUTS: Final = ("Dropout", "SpatialDropout1D", "SpatialDropout2D")
_SHARED: Final = ("learning_rate", "clipnorm", "clipvalue", "global_clipnorm", "use_ema")


def _always(_: Data) -> bool:
    return True


@dataclass(frozen=True)
class Transform:
    """A named change.

    Attributes:
        meaning: what it does, for people.
        change: document, value → document.
        applies: whether it can make a difference to a document; it leaves others as they are.
    """

    meaning: str
    change: Callable[[Data, Any], dict[str, Any]]
    applies: Callable[[Data], bool] = _always


def _optimizer_of(document: Data) -> tuple[str, dict[str, Any]]:
    """Return the optimizer's name, in the table's spelling, and its arguments as written."""
    training = document.get("training") or {}
    name, arguments, _ = split_entry(training.get("optimizer", "Adam"), ())
    return OPTIMIZER.find(name or "") or "", dict(arguments) if isinstance(arguments, dict) else {}


def _with_training(document: Data, **changed: Any) -> dict[str, Any]:
    return {**document, "training": {**(document.get("training") or {}), **changed}}


def optimizer(document: Data, value: Any) -> dict[str, Any]:
    """Replace the optimizer; the learning rate and clipping that were written stay."""
    _, before = _optimizer_of(document)
    name, own, _ = split_entry(value, ())
    if name is None or not isinstance(own, dict):
        return _with_training(document, optimizer=value)  # refused with the rest of the spec
    kept = {k: v for k, v in before.items() if k in _SHARED}
    return _with_training(document, optimizer={name: {**kept, **own}} if kept or own else name)


def learning_rate(document: Data, value: Any) -> dict[str, Any]:
    """Set the learning rate of whatever optimizer there is, or the first one of its schedule."""
    name, arguments = _optimizer_of(document)
    rate = arguments.get("learning_rate")
    if isinstance(rate, dict):
        schedule, own, _ = split_entry(rate, ())
        value = {schedule: {**own, "initial_learning_rate": value}}
    return _with_training(document, optimizer={name: {**arguments, "learning_rate": value}})


def _has_momentum(document: Data) -> bool:
    return "momentum" in OPTIMIZERS.get(_optimizer_of(document)[0], {})


def momentum(document: Data, value: Any) -> dict[str, Any]:
    """Set the momentum of an optimizer that has one; leave others as they are."""
    name, arguments = _optimizer_of(document)
    if not _has_momentum(document):
        return dict(document)
    return _with_training(document, optimizer={name: {**arguments, "momentum": value}})


def rate_decay(document: Data, value: Any, examples: int) -> dict[str, Any]:
    """Let the learning rate fall: ``none``, ``linear`` or ``exponential``.

    Linear ends at `DECAY` of the rate after ``training.epochs`` epochs; exponential multiplies it
    by `DECAY` `HALVINGS` times in the same time, smoothly.

    Args:
        document: the spec.
        value: one of the three words.
        examples: how many examples there are in an epoch, as schedules count batches.
    """
    name, arguments = _optimizer_of(document)
    rate = arguments.get("learning_rate", _default_rate(name))
    if isinstance(rate, dict):
        rate = next(iter(rate.values())).get("initial_learning_rate")
    batches = _batches(document, examples)
    schedules: dict[str, Any] = {
        "none": rate,
        "linear": {"PolynomialDecay": {
            "initial_learning_rate": rate, "decay_steps": batches,
            "end_learning_rate": DECAY * rate if isinstance(rate, int | float) else rate}},
        "exponential": {"ExponentialDecay": {
            "initial_learning_rate": rate, "decay_steps": max(batches // HALVINGS, 1),
            "decay_rate": DECAY}},
    }
    if not isinstance(value, str) or value not in schedules:
        raise SearchError(f"rate_decay must be one of {', '.join(schedules)}. "
                          f"Received: {received(value)}.")
    return _with_training(
        document, optimizer={name: {**arguments, "learning_rate": schedules[value]}})


def _default_rate(optimizer_name: str) -> float | None:
    argument = OPTIMIZERS.get(optimizer_name, {}).get("learning_rate")
    return float(argument.default) if argument else None


def _batches(document: Data, examples: int) -> int:
    """Return the batches in all epochs of a training."""
    training = document.get("training") or {}
    size, epochs = training.get("batch_size", 128), training.get("epochs", 100)
    if not isinstance(size, int) or not isinstance(epochs, int) or size < 1:
        return 1  # refused with the rest of the spec
    return max(math.ceil(examples / size) * epochs, 1)


def initializer(document: Data, value: Any) -> dict[str, Any]:
    """Give every kernel one initializer; ``auto`` chooses by each layer's activation."""
    return _everywhere(document, "kernel_initializer", None if value == "auto" else value)


def l1_l2(document: Data, value: Any) -> dict[str, Any]:
    """Give every kernel an L1 and an L2 penalty of the same strength; 0 takes them away."""
    penalty = {"L1L2": {"l1": value, "l2": value}} if value != 0 else None
    return _everywhere(document, "kernel_regularizer", penalty)


def _everywhere(document: Data, argument: str, value: Any) -> dict[str, Any]:
    """Write an argument into ``model.defaults`` and take it out of the layers."""
    def bare(entries: Sequence[Entry]) -> list[Any]:
        return [_without(entry, argument) for entry in entries]

    found = rewrite_layers(document, bare)
    model = dict(found.get("model") or {})
    defaults = {k: v for k, v in (model.pop("defaults", None) or {}).items() if k != argument}
    if value is not None:
        defaults[argument] = value
    return {**found, "model": {"defaults": defaults, **model} if defaults else model}


def _without(entry: Entry, argument: str) -> Any:
    inner = entry.arguments.get("layer")
    changed: dict[str, Any] = {}
    if inner is not None:
        changed["layer"] = _without(read_entry(inner), argument)
    if argument in entry.arguments:
        changed[argument] = None
    return entry.with_arguments(**changed) if changed else entry.written


def activation(document: Data, value: Any) -> dict[str, Any]:
    """Set the activation of every hidden dense and convolutional layer that has one."""
    def replaced(entries: Sequence[Entry]) -> list[Any]:
        return [_activated(entry, value) for entry in entries]

    return rewrite_layers(document, replaced)


def _activated(entry: Entry, value: Any) -> Any:
    if entry.head:
        return entry.written
    if entry.kind == "Activation":
        return {"Activation": value} if set(entry.arguments) == {"activation"} else (
            entry.with_arguments(activation=value))
    if entry.is_weighted and entry.arguments.get("activation") not in (None, "linear"):
        return entry.with_arguments(activation=value)
    if entry.kind in ("ReLU", "LeakyReLU", "PReLU", "ELU"):
        place = {k: v for k, v in entry.arguments.items() if k in ("from", "name")}
        return {"Activation": {"activation": value, **place} if place else value}
    return entry.written


def batch_norm(document: Data, value: Any) -> dict[str, Any]:
    """Put batch normalisation before the activation of hidden layers, or take it out.

    A dense or convolutional layer that is normalised already stays as it is.
    """
    if not isinstance(value, bool):
        raise SearchError(f"batch_norm must be true or false. Received: {received(value)}.")
    if not value:
        return rewrite_layers(document, _plain)
    _check_names(document)
    return rewrite_layers(document, _normalized)


def _plain(entries: Sequence[Entry]) -> list[Any]:
    kept = []
    for entry in entries:
        if entry.kind != "BatchNormalization":
            kept.append(entry.written)
        elif {"from", "name"} & set(entry.arguments):
            raise SearchError("a BatchNormalization that batch_norm takes out must follow the "
                              "layer above and have no name. Received: one with 'from' or 'name'.")
    return kept


def _check_names(document: Data) -> None:
    """Refuse a ``from`` that counts layers, as there are going to be more."""
    entries = all_entries(document)
    model, data = document.get("model") or {}, document.get("data") or {}
    known = {e.arguments.get("name") for e in entries}
    known |= set(model.get("inputs") or ()) | set(data.get("inputs") or ())
    for entry in entries:
        sources = entry.arguments.get("from", [])
        for source in [sources] if isinstance(sources, str) else sources:
            if source not in known:
                raise SearchError("batch_norm adds layers, so layers that others follow need a "
                                  f"name. Received: from: {source!r}. Write 'name' there.")


def _normalized(entries: Sequence[Entry]) -> list[Any]:
    found: list[Any] = []
    for i, entry in enumerate(entries):
        after = [e.kind for e in entries[i + 1:i + 3]]
        if entry.head or not entry.is_weighted or "BatchNormalization" in after[:1] or (
                after[1:] == ["BatchNormalization"] and _is_activation(entries[i + 1])):
            found.append(entry.written)
        else:
            found += _three(entry)
    return found


def _is_activation(entry: Entry) -> bool:
    return entry.kind in ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU")


def _three(entry: Entry) -> list[Any]:
    """Return layer, normalisation and activation; the last of them has the layer's name."""
    own, name = entry.arguments.get("activation"), entry.arguments.get("name")
    place = {"name": name} if name is not None else {}
    layer = entry.with_arguments(activation=None, name=None)
    if own in (None, "linear"):
        return [layer, {"BatchNormalization": place} if place else "BatchNormalization"]
    return [layer, "BatchNormalization",
            {"Activation": {"activation": own, **place} if place else own}]


def dropout(document: Data, value: Any) -> dict[str, Any]:
    """Set the rate of every dropout; a model without gets one before each output."""
    has_some = any(entry.kind in _DROPOUTS for entry in all_entries(document))

    def rewritten(entries: Sequence[Entry]) -> list[Any]:
        return [one for entry in entries for one in _dropped(entry, value, add=not has_some)]

    return rewrite_layers(document, rewritten)


def _dropped(entry: Entry, rate: Any, *, add: bool) -> list[Any]:
    if entry.kind in _DROPOUTS:
        return [entry.with_arguments(rate=rate)]
    if not (add and entry.head):
        return [entry.written]
    place = {k: v for k, v in entry.arguments.items() if k == "from"}
    return [{"Dropout": {**place, "rate": rate}}, entry.with_arguments(**dict.fromkeys(place))]


def transforms(examples: int = 1) -> Mapping[str, Transform]:
    """Return the changes by name, in the order in which they are made.

    Args:
        examples: how many examples an epoch has, for those changes that count batches.
    """
    return {**_TRANSFORMS, "rate_decay": Transform(
        "How the learning rate falls: none; linear, to half of it at the last epoch; exponential, "
        "halved ten times until then.", partial(rate_decay, examples=examples))}


_TRANSFORMS: Final[Mapping[str, Transform]] = {
    "optimizer": Transform("The optimizer; the learning rate that is written stays.", optimizer),
    "learning_rate": Transform("The learning rate, whatever the optimizer.", learning_rate),
    "momentum": Transform("The momentum, for optimizers that have one (SGD, RMSprop).", momentum,
                          _has_momentum),
    "initializer": Transform("The initializer of every kernel; `auto` chooses by activation.",
                             initializer),
    "l1_l2": Transform("The strength of both an L1 and an L2 penalty on every kernel.", l1_l2),
    "activation": Transform("The activation of hidden dense and convolutional layers.", activation),
    "dropout": Transform("The rate of every dropout; one before each output where there is none.",
                         dropout),
    "batch_norm": Transform("Whether hidden layers are normalised before their activation.",
                            batch_norm),
}

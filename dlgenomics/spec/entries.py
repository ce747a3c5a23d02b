"""Entries of ``model.layers`` as written: taking a document apart and putting it together anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlgenomics.spec.arguments import split_entry
from dlgenomics.spec.blocks import BLOCKS
from dlgenomics.spec.layers import RULES


@dataclass(frozen=True)
class Entry:
    """One entry of a list of layers, its arguments always a mapping.

    Attributes:
        kind: a layer's or block's name; empty if the entry is not one.
        arguments: what is written below it.
        written: the entry as it stands in the document.
        head: whether it is an output of the model.
    """

    kind: str
    arguments: Mapping[str, Any]
    written: Any
    head: bool = False

    @property
    def is_weighted(self) -> bool:
        """Whether it has a kernel and one activation: dense and convolutional layers."""
        rule = RULES.get(self.kind)
        return rule is not None and {"activation", "use_bias"} <= set(rule.arguments) and (
            "recurrent_activation" not in rule.arguments) and self.kind != "SimpleRNN"

    def with_arguments(self, **changed: Any) -> Any:
        """Return the entry as written, with arguments changed or, if None, left out."""
        merged = {**self.arguments, **changed}
        kept = {k: v for k, v in merged.items() if v is not None or k not in changed}
        return {self.kind: kept} if kept else self.kind


def read_entry(written: Any, *, head: bool = False) -> Entry:
    """Return an entry with its kind and arguments apart."""
    kind, arguments, _ = split_entry(written, ())
    if kind == "Activation" and isinstance(arguments, str):
        arguments = {"activation": arguments}
    return Entry(kind or "", arguments if isinstance(arguments, dict) else {}, written, head)


Rewrite = Callable[[Sequence[Entry]], list[Any]]
"""Takes the entries of one list and returns those that shall stand there, as written."""


def rewrite_layers(document: Mapping[str, Any], rewrite: Rewrite) -> dict[str, Any]:
    """Return a document whose lists of layers, those in blocks included, were rewritten."""
    model = document.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("layers"), list):
        return dict(document)
    outputs = model.get("outputs")
    last = len(model["layers"]) - 1
    entries = []
    for i, written in enumerate(model["layers"]):
        entry = _inside(written, rewrite)
        name = read_entry(entry).arguments.get("name")
        head = name in outputs if isinstance(outputs, list) else i == last
        entries.append(read_entry(entry, head=head))
    return {**document, "model": {**model, "layers": rewrite(entries)}}


def _inside(written: Any, rewrite: Rewrite) -> Any:
    """Return a block with the lists inside it rewritten; a layer as it is."""
    entry = read_entry(written)
    layers = entry.arguments.get("layers")
    if entry.kind not in BLOCKS or not isinstance(layers, list):
        return written
    inner = rewrite([read_entry(_inside(one, rewrite)) for one in layers])
    return {entry.kind: {**entry.arguments, "layers": inner}}


def all_entries(document: Mapping[str, Any]) -> list[Entry]:
    """Return the entries of all lists of layers, those in blocks included."""
    found: list[Entry] = []

    def collect(entries: Sequence[Entry]) -> list[Any]:
        found.extend(entries)
        return [entry.written for entry in entries]

    rewrite_layers(document, collect)
    return found

"""One call of an old Keras layer on its way into a spec: what it follows and what it becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dlgenomics.spec.arguments import check_arguments, snake_case, with_defaults
from dlgenomics.spec.document import Document
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.layers.rule import CannotFollow, Shape
from dlgenomics.spec.problems import Problems
from dlgenomics_zoo.formats.keras1 import NoCounterpart

NO_DOCUMENT: Final = Document("<network>", {}, {}, {})
WEIGHTED: Final = (
    "Dense", "Embedding", "Conv1D", "Conv2D", "Conv1DTranspose", "Conv2DTranspose",
    "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D", "LSTM", "GRU",
    "SimpleRNN",
    "Bidirectional", "BatchNormalization", "LayerNormalization", "GroupNormalization",
    "RMSNormalization", "PReLU", "MultiHeadAttention", "GroupQueryAttention", "Attention",
    "AdditiveAttention", "SplineTransform", "SplineWeight1D", "AttentionPooling1D", "Scale",
    "ReverseComplementConv1D", "ReverseComplementBatchNormalization", "PositionEmbedding",
)
"""Layers that may hold weights; with ``TimeDistributed`` it is the layer inside that counts."""


@dataclass(frozen=True)
class Value:
    """A tensor of the new network.

    Attributes:
        name: the layer or input that gives it.
        shape: without the batch axis.
        turned: it stands channels last, although the old network had it channels first.
    """

    name: str
    shape: Shape
    turned: bool = False


@dataclass
class Network:
    """The new network while it grows."""

    names: set[str] = field(default_factory=set)
    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    last_weighted: str | None = None
    """The newest entry that may hold weights."""

    def free_name(self, wanted: str) -> str:
        """Return a name that Keras and specs take and that is not in use."""
        name = layer_name(wanted)
        number = 1
        found = name
        while found in self.names:
            number += 1
            found = f"{name}_{number}"
        self.names.add(found)
        return found


def layer_name(wanted: str) -> str:
    """Return a name made of letters, digits and underscores that starts with a letter.

    >>> layer_name("block/conv-1"), layer_name("1st")
    ('block_conv_1', 'layer_1st')
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", wanted) or "layer"
    return name if name[0].isalpha() else f"layer_{name.lstrip('_')}"


@dataclass
class Step:
    """One call of one layer.

    Attributes:
        network: takes the new layers.
        name: the name that the main layer should bear.
        class_name, config: as Keras 2 writes them.
        inputs: what it is applied to.
        release: the Keras that wrote it, such as (2, 1).
        version: the same as text.
        first: the weighted entry that an earlier call of this layer made, or None.
        theano: whether Theano made the network's weights.
    """

    network: Network
    name: str
    class_name: str
    config: Mapping[str, Any]
    inputs: Sequence[Value]
    release: tuple[int, int]
    version: str = ""
    first: str | None = None
    theano: bool = False
    made: str | None = None
    """The weighted entry that this call made."""

    def note(self, sentence: str) -> None:
        """Tell the user something that was translated or guessed."""
        self.network.notes[sentence] = None

    def main(self, kind: str, arguments: Mapping[str, Any], *inputs: Value) -> Value:
        """Add the layer that stands for the old one; it bears its name."""
        return self._add(kind, arguments, inputs, self.name)

    def helper(self, kind: str, arguments: Mapping[str, Any], *inputs: Value) -> Value:
        """Add a layer that prepares or finishes what the old one did."""
        return self._add(kind, arguments, inputs, f"{self.name}_{snake_case(kind)}")

    def _add(self, kind: str, arguments: Mapping[str, Any], inputs: Sequence[Value],
             wanted: str) -> Value:
        shape = shape_behind(kind, arguments, [v.shape for v in inputs])
        name = self.network.free_name(wanted)
        sources: Any = inputs[0].name if len(inputs) == 1 else [v.name for v in inputs]
        if has_weights(kind, arguments):
            if self.first is not None:
                entry = {"Shared": {"of": self.first, "from": sources, "name": name}}
                self.network.entries.append(entry)
                return Value(name, shape)
            self.made = name
            self.network.last_weighted = name
        written = {k: v for k, v in arguments.items() if not _is_default(kind, k, v)}
        self.network.entries.append({kind: {"from": sources, "name": name, **written}})
        return Value(name, shape)

    def straight(self, value: Value) -> Value:
        """Return the tensor in the layout of the old network."""
        if not value.turned:
            return value
        rank = len(value.shape)
        return self.helper("Permute", {"dims": [rank, *range(1, rank)]}, value)

    def turned(self, value: Value) -> Value:
        """Return the tensor channels last, where the old network has it channels first."""
        if value.turned or len(value.shape) < 2:
            return value
        rank = len(value.shape)
        found = self.helper("Permute", {"dims": [*range(2, rank + 1), 1]}, value)
        return replace(found, turned=True)


def _is_default(kind: str, key: str, value: Any) -> bool:
    """Tell whether an argument need not be written; an activation always is.

    A spec gives an output layer without activation the one that its task asks for.
    """
    argument = RULES[kind].arguments.get(key)
    if argument is None or "activation" in key:
        return False
    return bool(argument.default == value and type(argument.default) is type(value))


def has_weights(kind: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a layer of a spec may hold weights."""
    if kind == "TimeDistributed":
        inner = arguments["layer"]
        return has_weights(*next(iter(inner.items()))) if isinstance(inner, dict) else False
    return kind in WEIGHTED


def shape_behind(kind: str, arguments: Mapping[str, Any], shapes: Sequence[Shape]) -> Shape:
    """Return the shape that a layer gives.

    Raises:
        NoCounterpart: specs do not know the layer or an argument, or it cannot follow the shape.
    """
    if kind not in RULES:
        raise NoCounterpart("no such layer here")
    if kind in ("TimeDistributed", "Bidirectional"):
        return _wrapper_shape(kind, arguments, shapes)
    values = _checked(kind, arguments)
    least, most = RULES[kind].inputs
    if not least <= len(shapes) <= most:
        raise NoCounterpart(f"{len(shapes)} inputs for {kind}")
    try:
        return RULES[kind].shape(values, shapes)
    except CannotFollow as error:
        raise NoCounterpart(f"{kind} behind {', '.join(map(str, shapes))}: {error}") from error


def _checked(kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    problems = Problems(NO_DOCUMENT)
    table = RULES[kind].arguments
    checked = check_arguments(kind, table, dict(arguments), (), problems)
    if checked is None:
        raise NoCounterpart(problems.found[0].message.split(" Received:")[0])
    return with_defaults(table, checked)


def _wrapper_shape(kind: str, arguments: Mapping[str, Any], shapes: Sequence[Shape]) -> Shape:
    entry = arguments["layer"]
    inner, settings = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
    if kind == "TimeDistributed":
        return (shapes[0][0], *shape_behind(inner, settings, [shapes[0][1:]]))
    found = shape_behind(inner, settings, shapes)
    if arguments.get("merge_mode", "concat") == "concat" and found[-1] is not None:
        return (*found[:-1], 2 * found[-1])
    return found

"""A network's layers as the boxes of a drawing: small layers join, repeated blocks fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dlgenomics.spec import Spec
from dlgenomics.spec.summary import LayerSummary, Summary
from dlgenomics.spec.types import Layer

_JOINED: Final = (
    "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dropout", "ELU",
    "GaussianDropout", "GaussianNoise", "GroupNormalization", "LayerNormalization", "LeakyReLU",
    "Mish", "PReLU", "RMSNormalization", "ReLU", "Softmax", "SpatialDropout1D", "SpatialDropout2D",
)
"""Layers that are drawn in the box of the layer before them, where nothing else follows that."""

MOST_BOXES: Final = 40
"""Of a longer network, the middle is left out."""
_LONGEST_BLOCK: Final = 16
_FEWEST_COPIES: Final = 3


@dataclass(frozen=True)
class Box:
    """One box of the drawing.

    Attributes:
        title: the layer and its numbers.
        then: the small layers that follow inside the box.
        family: ``input``, ``convolution``, ``recurrent``, ``dense``, ``merge``, ``left out`` or
            ``other``.
        shape: of the output, as text.
        parameters: of all its layers.
        sees: the receptive field as text.
        target: the target that it gives, or an empty text.
        inputs: positions of the boxes that it follows.
        copies: how many times it stands there, where repeated blocks were folded.
        block: the number of the folded block that it belongs to, or 0.
    """

    title: str
    then: tuple[str, ...]
    family: str
    shape: str
    parameters: int
    sees: str
    target: str
    inputs: tuple[int, ...]
    copies: int = 1
    block: int = 0


def boxes_of(spec: Spec, summary: Summary) -> list[Box]:
    """Return the boxes of a network, each behind those that it follows."""
    return _without_middle(_folded(_joined(spec, summary)))


def _joined(spec: Spec, summary: Summary) -> list[Box]:
    layers = {layer.name: layer for layer in spec.model.layers}
    followers: dict[str, int] = {}
    for row in summary.layers:
        for name in row.inputs:
            followers[name] = followers.get(name, 0) + 1
    boxes: list[Box] = []
    at: dict[str, int] = {}
    for row in summary.layers:
        layer = layers.get(row.name)
        target = row.name if row.name in spec.model.outputs else ""
        alone = len(row.inputs) == 1 and followers[row.inputs[0]] == 1
        before = boxes[at[row.inputs[0]]] if alone else None
        if layer and before and layer.kind in _JOINED and not before.target and (
                before.family != "input"):
            at[row.name] = at[row.inputs[0]]
            boxes[at[row.name]] = replace(
                before, then=(*before.then, title_of(layer)), shape=_shape(row.shape),
                parameters=before.parameters + row.parameters, target=target)
            continue
        at[row.name] = len(boxes)
        boxes.append(_box(row, layer, target, tuple(at[name] for name in row.inputs)))
    return boxes


def _box(row: LayerSummary, layer: Layer | None, target: str, inputs: tuple[int, ...]) -> Box:
    return Box(
        title=f"Input {row.name}" if layer is None else title_of(layer), then=(),
        family="input" if layer is None else family_of(layer.kind), shape=_shape(row.shape),
        parameters=row.parameters,
        sees="" if layer is None or row.receptive_field == 1 else
        "sees all" if row.receptive_field is None else f"sees {row.receptive_field:,}",
        target=target, inputs=inputs,
    )


def _shape(shape: Sequence[int | None]) -> str:
    return " × ".join("any" if size is None else f"{size:,}" for size in shape)


def family_of(kind: str) -> str:
    """Return the family of a kind of layer; boxes of one family have one colour."""
    if "Conv" in kind:
        return "convolution"
    if kind in ("LSTM", "GRU", "SimpleRNN", "Bidirectional") or "Attention" in kind:
        return "recurrent"
    if kind in ("Dense", "TimeDistributed", "Embedding", "EinsumDense"):
        return "dense"
    return "merge" if kind in ("Add", "Concatenate", "Multiply", "Average", "Maximum", "Minimum",
                               "Subtract", "Dot") else "other"


_NUMBERS: Final = ("filters", "units", "kernel_size", "pool_size", "num_heads", "output_dim",
                   "size", "target_shape", "cropping", "padding")


def title_of(layer: Layer) -> str:
    """Return a layer in a few words: ``Conv1D 32 × 12, relu``."""
    inner = layer.wrapped or layer
    kind = inner.kind if inner is layer else f"{layer.kind} {inner.kind}"
    arguments = inner.arguments
    if inner.kind == "Activation":
        return str(arguments.get("activation") or "linear")
    if "rate" in arguments:
        return f"{kind} {100 * float(arguments['rate']):g} %"
    numbers = [_number(arguments[key]) for key in _NUMBERS
               if key in arguments and not isinstance(arguments[key], str)]
    words = [" ".join([kind, " × ".join(numbers)]).strip(), *_extras(arguments)]
    activation = arguments.get("activation")
    if activation and activation != "linear":
        words.append(str(activation))
    shared = " (shared)" if getattr(layer, "shares", None) else ""
    return ", ".join(words) + shared


def _number(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _number(value[0]) if len(value) == 1 else "(" + ", ".join(map(str, value)) + ")"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _extras(arguments: Mapping[str, Any]) -> list[str]:
    words = {"dilation_rate": "dilated", "strides": "step"}
    return [f"{word} {_number(arguments[key])}" for key, word in words.items()
            if arguments.get(key) not in (None, 1, (1,), [1])]


def _sign(boxes: Sequence[Box], i: int) -> tuple[Any, ...]:
    """Return what two copies of a box have in common: all but its place and what it sees."""
    box = boxes[i]
    return (box.title, box.then, box.shape, box.target, tuple(i - j for j in box.inputs))


def _folded(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes with blocks that follow each other at least three times drawn once."""
    signs = [_sign(boxes, i) for i in range(len(boxes))]
    kept: list[int] = []
    stands_for = list(range(len(boxes)))
    folds: dict[int, tuple[int, int, int]] = {}
    i = block = 0
    while i < len(boxes):
        length, copies = _longest_repeat(signs, i)
        kept += range(i, i + length)
        if copies > 1:
            block += 1
        for j in range(length * copies):
            stands_for[i + j] = i + j % length
            folds[i + j % length] = (copies, block if copies > 1 else 0, i + j)
        i += length * copies
    place = {old: new for new, old in enumerate(kept)}
    found = []
    for old in kept:
        copies, number, last = folds[old]
        inputs = dict.fromkeys(place[stands_for[j]] for j in boxes[old].inputs)
        found.append(replace(
            boxes[old], inputs=tuple(j for j in inputs if j < place[old]), copies=copies,
            block=number, sees=_range(boxes[old].sees, boxes[last].sees)))
    return found


def _range(first: str, last: str) -> str:
    return first if first == last or not first else f"{first} … {last.removeprefix('sees ')}"


def _longest_repeat(signs: Sequence[tuple[Any, ...]], start: int) -> tuple[int, int]:
    """Return length and copies of the repeated block at a place that leaves out most boxes."""
    best = (1, 1)
    for length in range(1, _LONGEST_BLOCK + 1):
        copies = 1
        while signs[start:start + length] == signs[start + copies * length:
                                                   start + (copies + 1) * length] and (
                start + copies * length < len(signs)):
            copies += 1
        if copies >= _FEWEST_COPIES and (copies - 1) * length > (best[1] - 1) * best[0]:
            best = (length, copies)
    return best


def _without_middle(boxes: Sequence[Box]) -> list[Box]:
    """Return at most `MOST_BOXES`: one box stands for the middle of a longer network."""
    left_out = len(boxes) - MOST_BOXES + 1
    if left_out < 2:
        return list(boxes)
    first = MOST_BOXES // 2
    middle = range(first, first + left_out)

    def place(old: int) -> int:
        return old if old < first else first if old in middle else old - left_out + 1

    layers = sum((1 + len(boxes[i].then)) * boxes[i].copies for i in middle)
    gap = Box(f"{layers} further layers", (), "left out", "",
              sum(boxes[i].parameters * boxes[i].copies for i in middle), "", "",
              tuple(sorted({j for i in middle for j in boxes[i].inputs if j < first})))
    moved = [replace(box, inputs=tuple(dict.fromkeys(map(place, box.inputs)))) for box in boxes]
    return [*moved[:first], gap, *moved[first + left_out:]]

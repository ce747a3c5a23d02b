"""Layers of language models: embeddings of tokens, attention among them, scores and means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics.spec.arguments import Argument, Integer, IntegerList, Number
from dlgenomics.spec.layers.rule import (
    USE_BIAS,
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Values,
    known,
    rank_is,
    whole,
)

_SEQUENCE: Final = "tokens, channels"


def _channels(shapes: Sequence[Shape]) -> int:
    rank_is(shapes[0], 2, _SEQUENCE)
    return known(shapes[0][1], "number of channels")


def _table_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 1, "tokens")
    return (values["vocabulary"], values["channels"])


def _table_size(values: Values, _shapes: Sequence[Shape]) -> Size:
    return Size(values["vocabulary"] * values["channels"])


def _looked_up_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 1, "tokens")
    rank_is(shapes[1], 2, "vocabulary, channels")
    return (shapes[0][0], known(shapes[1][1], "number of channels"))


def _beside_tokens_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    _channels(shapes)
    rank_is(shapes[1], 1, "tokens")
    return shapes[0]


def _average_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    return (_beside_tokens_shape(_values, shapes)[1],)


def _sequence_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    _channels(shapes)
    return shapes[0]


def _positions_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    _channels(shapes)
    tokens = shapes[0][0]
    if tokens is not None and tokens > values["length"]:
        raise CannotFollow(f"length must be at least the {tokens} tokens there are")
    return shapes[0]


def _positions_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(values["length"] * _channels(shapes))


def _segments_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(values["segments"] * _channels(shapes))


def _attention_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    if _channels(shapes) % values["num_heads"]:
        raise CannotFollow(f"num_heads must divide {shapes[0][1]} channels")
    return shapes[0]


def _rotary_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    if _channels(shapes) // values["num_heads"] % 2:
        raise CannotFollow("the channels of a head must be even, as they turn in pairs")
    return _attention_shape(values, shapes)


def _attention_size(values: Values, shapes: Sequence[Shape]) -> Size:
    channels = _channels(shapes)
    return Size(4 * (channels + values["use_bias"]) * channels)


def _scores_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[1], 2, "vocabulary, channels")
    if _channels(shapes) != shapes[1][1]:
        raise CannotFollow("both must have the same number of channels")
    return (shapes[0][0], known(shapes[1][0], "vocabulary"))


def _scores_size(values: Values, shapes: Sequence[Shape]) -> Size:
    return Size(values["use_bias"] * known(shapes[1][0], "vocabulary"))


_TWO: Final = (2, 2)
_ID: Final = Argument(Integer(0))
_HEADS: Final = {"num_heads": Argument(Integer()), **USE_BIAS}

RULES: Final[dict[str, LayerRule]] = {
    "TokenTable": LayerRule(
        {"vocabulary": Argument(Integer()), "channels": Argument(Integer())},
        shape=_table_shape, size=_table_size,
    ),
    "TokenEmbedding": LayerRule({"pad": _ID}, shape=_looked_up_shape, inputs=_TWO),
    "TokenDropout": LayerRule(
        {"mask": _ID, "rate": Argument(Number(0.0, below=1.0), 0.12)},
        shape=_beside_tokens_shape, span=whole, inputs=_TWO,
    ),
    "TokenPositionEmbedding": LayerRule(
        {"length": Argument(Integer())}, shape=_positions_shape, size=_positions_size),
    "RunningPositionEmbedding": LayerRule(
        {"length": Argument(Integer()), "pad": _ID},
        shape=_beside_tokens_shape, size=_positions_size, span=whole, inputs=_TWO,
    ),
    "SegmentEmbedding": LayerRule(
        {"segments": Argument(Integer(), 2)}, shape=_sequence_shape, size=_segments_size),
    "SelfAttention": LayerRule(
        _HEADS, shape=_attention_shape, size=_attention_size, span=whole),
    "RotarySelfAttention": LayerRule(
        {**_HEADS, "max_wavelength": Argument(Number(1.0), 10000.0)},
        shape=_rotary_shape, size=_attention_size, span=whole,
    ),
    "TokenScores": LayerRule(USE_BIAS, shape=_scores_shape, size=_scores_size, inputs=_TWO),
    "TokenAverage": LayerRule(
        {"outside": Argument(IntegerList(0))}, shape=_average_shape, span=whole, inputs=_TWO),
}

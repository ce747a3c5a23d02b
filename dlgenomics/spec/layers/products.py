"""Products over named axes, and vectors for tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from dlgenomics.spec.arguments import Argument, Boolean, Integer, IntegerList, Integers, Maybe, Text
from dlgenomics.spec.document import Path
from dlgenomics.spec.layers.rule import (
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Values,
    axis_at,
    known,
    rank_is,
    weight_arguments,
    whole,
)
from dlgenomics.spec.problems import Problems, must_be
from dlgenomics.spec.vocabulary import ACTIVATION, CONSTRAINT, INITIALIZER, REGULARIZER

FORM: Final = re.compile(r"([a-z]{2,8}),([a-z]{1,8})->([a-z]{2,8})")
"""An equation: the axes of the input, of the weights and of the output."""


@dataclass(frozen=True)
class Equation:
    """An equation such as ``abc,cd->abd``: axes of the input, of the weights and of the output.

    The first letter is the batch; every axis of the input is kept or meets one of the weights.
    """

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> str | None:
        """Return the text if it is such an equation."""
        found = FORM.fullmatch(value) if isinstance(value, str) else None
        if found and _is_product(*found.groups()):
            return str(value)
        problems.add(path, must_be(
            name, "an equation such as 'abc,cd->abd': letters for the axes of input, weights and "
            "output, each once in a term, the batch first in input and output, and every axis of "
            "the input in the weights or the output", value))
        return None


def _is_product(taken: str, weights: str, given: str) -> bool:
    once = all(len(set(term)) == len(term) for term in (taken, weights, given))
    batch = taken[0] == given[0] and taken[0] not in weights
    kept = set(taken) <= set(weights) | set(given)
    return once and batch and kept and set(given) <= set(taken) | set(weights) and (
        set(weights) <= set(taken) | set(given))


def _axes(values: Values, shapes: Sequence[Shape]) -> tuple[Mapping[str, int], list[str]]:
    """Return how long each axis is, and the terms of the equation."""
    terms = re.split(",|->", values["equation"])
    rank_is(shapes[0], len(terms[0]) - 1, ", ".join(terms[0][1:]))
    sizes = {letter: known(n, f"size of axis {letter!r}")
             for letter, n in zip(terms[0][1:], shapes[0], strict=True)}
    if len(values["output_shape"]) != len(terms[2]) - 1:
        raise CannotFollow(f"output_shape must hold a number for each of {', '.join(terms[2][1:])}")
    for letter, n in zip(terms[2][1:], values["output_shape"], strict=True):
        if sizes.setdefault(letter, n) != n:
            raise CannotFollow(f"axis {letter!r} has size {sizes[letter]}, which output_shape must "
                               "repeat")
    return sizes, terms


def _einsum_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    _, terms = _axes(values, shapes)
    bias = values["bias_axes"] or ""
    if not set(bias) <= set(terms[2][1:]) or len(set(bias)) < len(bias):
        raise CannotFollow(f"bias_axes must be some of {terms[2][1:]!r}")
    return tuple(values["output_shape"])


def _einsum_size(values: Values, shapes: Sequence[Shape]) -> Size:
    sizes, terms = _axes(values, shapes)
    bias = values["bias_axes"]
    weights = prod(sizes[letter] for letter in terms[1])
    return Size(weights + (prod(sizes[letter] for letter in bias) if bias else 0))


def _dot_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    axes = values["axes"]
    first, second = axes if isinstance(axes, tuple) else (axes, axes)
    if max(map(len, shapes)) > 2 or min(map(len, shapes)) < 1:
        raise CannotFollow("its inputs need one or two axes behind the batch axis")
    places = [axis_at(axis, shape) for axis, shape in zip((first, second), shapes, strict=True)]
    if len({shape[place] for place, shape in zip(places, shapes, strict=True)}) > 1:
        raise CannotFollow("the axes multiplied need equal sizes")
    rest = tuple(n for place, shape in zip(places, shapes, strict=True)
                 for i, n in enumerate(shape) if i != place)
    return rest or (1,)


def _embedded_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    if len(shapes[0]) != 1:
        raise CannotFollow("it needs whole numbers, one a position: (positions)")
    return (*shapes[0], values["output_dim"])


def _embedded_size(values: Values, _shapes: Sequence[Shape]) -> Size:
    return Size(values["input_dim"] * values["output_dim"])


RULES: Final[dict[str, LayerRule]] = {
    "Embedding": LayerRule(
        {
            "input_dim": Argument(Integer()),
            "output_dim": Argument(Integer()),
            "embeddings_initializer": Argument(INITIALIZER, "uniform"),
            "embeddings_regularizer": Argument(REGULARIZER, None),
            "embeddings_constraint": Argument(CONSTRAINT, None),
            "mask_zero": Argument(Boolean(), False),
        },
        shape=_embedded_shape,
        size=_embedded_size,
    ),
    "Dot": LayerRule(
        {"axes": Argument(Integers(2, minimum=-2)), "normalize": Argument(Boolean(), False)},
        shape=_dot_shape,
        span=whole,
        inputs=(2, 2),
    ),
    "EinsumDense": LayerRule(
        {
            "equation": Argument(Equation()),
            "output_shape": Argument(IntegerList(single=True)),
            "activation": Argument(ACTIVATION, None),
            "bias_axes": Argument(Maybe(Text()), None),
            **weight_arguments("kernel", "bias"),
        },
        shape=_einsum_shape,
        size=_einsum_size,
        span=whole,
    ),
}

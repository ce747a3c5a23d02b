"""Dense layers, activations and layers that only change the form of their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dlgenomics.spec.arguments import (
    Argument,
    Integer,
    IntegerList,
    Maybe,
    Number,
)
from dlgenomics.spec.layers.rule import (
    USE_BIAS,
    CannotFollow,
    LayerRule,
    Shape,
    Size,
    Values,
    along_last,
    axis_at,
    known,
    product,
    rank_is,
    weight_arguments,
    whole,
)
from dlgenomics.spec.vocabulary import ACTIVATION, CONSTRAINT, INITIALIZER, REGULARIZER


def _dense_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    if not shapes[0]:
        raise CannotFollow("it needs at least one axis behind the batch axis")
    known(shapes[0][-1], "number of features")
    return (*shapes[0][:-1], values["units"])


def _dense_size(values: Values, shapes: Sequence[Shape]) -> Size:
    features = known(shapes[0][-1], "number of features")
    return Size((features + values["use_bias"]) * values["units"])


def _flat_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    return (product(shapes[0]),)


def _reshape_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    target = values["target_shape"]
    if 0 in target:
        raise CannotFollow("target_shape may not hold 0")
    total = product(shapes[0])
    rest = product([n for n in target if n != -1])
    if target.count(-1) > 1:
        raise CannotFollow("target_shape may hold one -1")
    if total is None or rest is None:
        return tuple(None if n == -1 else n for n in target)
    if total % rest or (-1 not in target and total != rest):
        raise CannotFollow(f"target_shape {list(target)} does not hold {total} values")
    return tuple(total // rest if n == -1 else n for n in target)


def _permute_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    order = values["dims"]
    if sorted(order) != list(range(1, len(shapes[0]) + 1)):
        raise CannotFollow(f"dims must name each axis from 1 to {len(shapes[0])} once")
    return tuple(shapes[0][i - 1] for i in order)


def _repeat_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 1, "features")
    return (values["n"], shapes[0][0])


def _masked_shape(_values: Values, shapes: Sequence[Shape]) -> Shape:
    rank_is(shapes[0], 2, "length, channels")
    return shapes[0]


def _axis_shape(values: Values, shapes: Sequence[Shape]) -> Shape:
    axis_at(values["axis"], shapes[0])
    return shapes[0]


def _prelu_size(values: Values, shapes: Sequence[Shape]) -> Size:
    shared = values["shared_axes"] or ()
    for axis in shared:
        axis_at(axis, shapes[0])
    axes = [n for i, n in enumerate(shapes[0], start=1) if i not in shared]
    return Size(known(product(axes), "length, or shared_axes: [1]"))


def _slope(default: Any) -> Argument:
    return Argument(Number(), default)


RULES: Final[dict[str, LayerRule]] = {
    "Dense": LayerRule(
        arguments={
            "units": Argument(Integer()),
            "activation": Argument(ACTIVATION, None),
            **USE_BIAS,
            **weight_arguments("kernel", "bias"),
        },
        shape=_dense_shape,
        size=_dense_size,
        initializer=True,
    ),
    "Activation": LayerRule({"activation": Argument(ACTIVATION)}),
    "ReLU": LayerRule({
        "max_value": Argument(Maybe(Number(0.0)), None),
        "negative_slope": _slope(0.0),
        "threshold": _slope(0.0),
    }),
    "LeakyReLU": LayerRule({"negative_slope": _slope(0.3)}),
    "ELU": LayerRule({"alpha": _slope(1.0)}),
    "PReLU": LayerRule(
        {
            "alpha_initializer": Argument(INITIALIZER, "Zeros"),
            "alpha_regularizer": Argument(REGULARIZER, None),
            "alpha_constraint": Argument(CONSTRAINT, None),
            "shared_axes": Argument(Maybe(IntegerList()), None),
        },
        size=_prelu_size,
    ),
    "Softmax": LayerRule(
        {"axis": Argument(Integer(-1), -1)}, shape=_axis_shape, span=along_last
    ),
    "Flatten": LayerRule({}, shape=_flat_shape, span=whole),
    "Reshape": LayerRule(
        {"target_shape": Argument(IntegerList(minimum=-1))}, shape=_reshape_shape, span=whole
    ),
    "Permute": LayerRule({"dims": Argument(IntegerList())}, shape=_permute_shape, span=whole),
    "RepeatVector": LayerRule({"n": Argument(Integer())}, shape=_repeat_shape, span=whole),
    "Rescaling": LayerRule(
        {"scale": Argument(Number()), "offset": Argument(Number(), 0.0)}, transparent=True
    ),
    "Identity": LayerRule({}, transparent=True),
    "Masking": LayerRule({"mask_value": Argument(Number(), 0.0)}, shape=_masked_shape),
}

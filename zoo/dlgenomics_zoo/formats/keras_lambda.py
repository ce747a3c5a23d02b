"""Lambda layers → known layers, from their bytecode read as data. Nothing of it ever runs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dlgenomics_zoo.formats.expressions import (
    Binary,
    Call,
    Const,
    Cut,
    Item,
    Var,
    expression_of,
)
from dlgenomics_zoo.formats.keras1 import NoCounterpart
from dlgenomics_zoo.formats.keras_steps import Step, Value
from dlgenomics_zoo.formats.marshalled import NotReadable, read_bytecode

_ROOTS: Final = ("K", "tf", "keras", "backend", "tensorflow", "nn", "kb", "k")


def apply_lambda(step: Step) -> Value:
    """Add layers that compute what a Lambda's code says.

    Raises:
        NoCounterpart: the code cannot be read as data, or does what no known layer does.
    """
    if step.config.get("arguments"):
        raise NoCounterpart("a Lambda with arguments of its own")
    try:
        tree = read_function(step.config.get("function"))
    except NotReadable as error:
        raise NoCounterpart(f"a Lambda, which holds code: {error}") from error
    found = _Compiler(step).value(tree)
    step.note(f"The Lambda {step.name!r} was replaced by known layers; its code was read, not run.")
    return found


def read_function(function: Any) -> Any:
    """Return the expression of a function as Keras 1, 2 or 3 stores it.

    Raises:
        NotReadable: it is stored by its name only, or does more than one expression.
    """
    if isinstance(function, Mapping):  # Keras 3
        config = function.get("config")
        function = config.get("code") if isinstance(config, Mapping) else config
    elif isinstance(function, list | tuple):
        if any(function[1:2]):
            raise NotReadable("it has defaults")
        function = function[0]
    if not isinstance(function, str):
        raise NotReadable("no code")
    if function.isidentifier() and len(function) < 40:
        raise NotReadable(f"only the name {function!r} is stored")
    return expression_of(read_bytecode(_bytes_of(function)))


def _bytes_of(text: str) -> bytes:
    try:
        found = base64.b64decode("".join(text.split()), validate=True)
        if found and found[0] & 0x7F == ord("c"):
            return found
    except (binascii.Error, ValueError):
        pass  # Keras before 2.1.3 stored the bytes as text
    try:
        return text.encode("raw_unicode_escape")
    except UnicodeError as error:
        raise NotReadable("no code") from error


class _Compiler:
    """Turns an expression over the inputs of a step into layers."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def value(self, tree: Any) -> Value:
        match tree:
            case Var(0) if len(self.step.inputs) == 1:
                return self.step.straight(self.step.inputs[0])
            case Item(Var(0), Const(int(number))) if len(self.step.inputs) > 1:
                return self.step.straight(self.step.inputs[number])
            case Item(inner, index):
                return self.sliced(self.value(inner), index)
            case Binary(operator, left, right):
                return self.binary(operator, left, right)
            case Call(function, arguments, keywords):
                return self.call(function, list(arguments), dict(keywords))
        raise NoCounterpart(f"a Lambda that gives {_shown(tree)}")

    def add(self, kind: str, arguments: Mapping[str, Any], *inputs: Value) -> Value:
        return self.step.main(kind, arguments, *inputs)

    def binary(self, operator: str, left: Any, right: Any) -> Value:
        if isinstance(left, Const) or isinstance(right, Const):
            return self.scaled(operator, left, right)
        kind = {"+": "Add", "-": "Subtract", "*": "Multiply"}.get(operator)
        if kind is None:
            raise NoCounterpart(f"a Lambda with {operator!r} between tensors")
        return self.add(kind, {}, self.value(left), self.value(right))

    def scaled(self, operator: str, left: Any, right: Any) -> Value:
        number = left.value if isinstance(left, Const) else right.value
        if type(number) not in (int, float):
            raise NoCounterpart(f"a Lambda with {operator!r} and {_shown(number)}")
        if operator in "+*":
            factor, offset = (1.0, number) if operator == "+" else (number, 0.0)
        elif operator == "-":
            factor, offset = (-1.0, number) if isinstance(left, Const) else (1.0, -number)
        elif operator == "/" and isinstance(right, Const) and number:
            factor, offset = 1.0 / number, 0.0
        else:
            raise NoCounterpart(f"a Lambda with {operator!r} and {number}")
        tensor = self.value(right if isinstance(left, Const) else left)
        return self.add("Rescaling", {"scale": float(factor), "offset": float(offset)}, tensor)

    def sliced(self, tensor: Value, index: Any) -> Value:
        """Slices of positions: the whole, reversed, or cropped at the ends."""
        cuts = index if isinstance(index, tuple) else (index,)
        if isinstance(index, Const):
            raise NoCounterpart(f"a Lambda that takes {_shown(index.value)} of a tensor")
        if not all(isinstance(c, Cut) for c in cuts) or cuts[0] != Cut():
            raise NoCounterpart("a Lambda that takes parts of a tensor")
        backward = [i for i, c in enumerate(cuts) if c == Cut(step=-1)]
        if all(c in (Cut(), Cut(step=-1)) for c in cuts):
            return self.reversed(tensor, backward)
        if len(tensor.shape) == 2 and len(cuts) >= 2 and all(c == Cut() for c in cuts[2:]):
            return self.cropped(tensor, cuts[1])
        raise NoCounterpart("a Lambda that takes parts of a tensor")

    def cropped(self, tensor: Value, cut: Cut) -> Value:
        length = tensor.shape[0]
        if cut.step not in (None, 1) or length is None:
            raise NoCounterpart("a Lambda that takes parts of a tensor")
        start, stop, _ = slice(cut.start, cut.stop).indices(length)
        return self.add("Cropping1D", {"cropping": [start, length - stop]}, tensor)

    def reversed(self, tensor: Value, axes: Sequence[int]) -> Value:
        if len(tensor.shape) != 2 or not set(axes) <= {1, 2}:
            raise NoCounterpart(f"a Lambda that reverses axes {list(axes)}")
        if not axes:
            return self.add("Identity", {}, tensor)
        if 1 not in axes:
            tensor = self.step.helper("ReverseComplement", {"complement": False}, tensor)
        return self.add("ReverseComplement", {"complement": 2 in axes}, tensor)

    def call(self, function: str, arguments: list[Any], keywords: dict[str, Any]) -> Value:
        pieces = function.split(".")
        name = pieces[-1]
        if pieces[0].strip("_") not in _ROOTS or name not in _FUNCTIONS or not arguments:
            raise NoCounterpart(f"a Lambda that calls {function}")
        return _FUNCTIONS[name](self, arguments, keywords)


def _shown(value: Any) -> str:
    return str(value)[:60]


def _setting(arguments: list[Any], keywords: dict[str, Any], place: int, *names: str,
             default: Any = None) -> Any:
    """Return a constant argument, given by place or by one of its names."""
    found = next((keywords[n] for n in names if n in keywords), None)
    if found is None and len(arguments) > place:
        found = arguments[place]
    if found is None:
        return default
    if not isinstance(found, Const):
        raise NoCounterpart(f"a Lambda whose {names[0]} is computed")
    return found.value


def _axes(value: Any, rank: int) -> list[int]:
    """Return axes counted from 0, the batch; ``rank`` counts the batch too."""
    axes = value if isinstance(value, tuple) else (value,)
    if not all(type(a) is int and -rank <= a < rank for a in axes):
        raise NoCounterpart(f"a Lambda with the axis {_shown(value)}")
    return sorted(a % rank for a in axes)


def _reverse(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
    tensor = compiler.value(arguments[0])
    axes = _setting(arguments, keywords, 1, "axes", "axis")
    return compiler.reversed(tensor, _axes(axes, len(tensor.shape) + 1))


def _reduced(how: str) -> Callable[[_Compiler, list[Any], dict[str, Any]], Value]:
    def apply(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
        tensor = compiler.value(arguments[0])
        rank = len(tensor.shape) + 1
        axes = _axes(_setting(arguments, keywords, 1, "axis", "axes"), rank)
        keep = bool(_setting(arguments, keywords, 2, "keepdims", "keep_dims", default=False))
        if axes != list(range(1, rank - 1)) or rank not in (3, 4):
            raise NoCounterpart(f"a Lambda that takes the {how} over axes {axes}")
        kind = f"Global{'Max' if how == 'max' else 'Average'}Pooling{rank - 2}D"
        if how != "sum":
            return compiler.add(kind, {"keepdims": keep}, tensor)
        sizes = tensor.shape[:-1]
        total = 1
        for n in sizes:
            if n is None:
                raise NoCounterpart("a Lambda that takes a sum over a length that varies")
            total *= n
        mean = compiler.step.helper(kind, {"keepdims": keep}, tensor)
        return compiler.add("Rescaling", {"scale": float(total)}, mean)

    return apply


def _reshaped(compiler: _Compiler, tensor: Value, shape: list[int | None]) -> Value:
    if shape.count(None) > 1:
        raise NoCounterpart("a Lambda that reshapes several lengths that vary")
    target = [-1 if n is None else n for n in shape]
    return compiler.add("Reshape", {"target_shape": target}, tensor)


def _expanded(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
    tensor = compiler.value(arguments[0])
    axis = _setting(arguments, keywords, 1, "axis", default=-1)
    (place,) = _axes(axis, len(tensor.shape) + 2)
    if place == 0:
        raise NoCounterpart("a Lambda that adds an axis before the batch")
    return _reshaped(compiler, tensor, [*tensor.shape[:place - 1], 1, *tensor.shape[place - 1:]])


def _squeezed(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
    tensor = compiler.value(arguments[0])
    axis = _setting(arguments, keywords, 1, "axis")
    (place,) = _axes(axis, len(tensor.shape) + 1)
    if place == 0 or tensor.shape[place - 1] != 1:
        raise NoCounterpart(f"a Lambda that drops axis {axis}")
    return _reshaped(compiler, tensor, [*tensor.shape[:place - 1], *tensor.shape[place:]])


def _permuted(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
    tensor = compiler.value(arguments[0])
    order = _setting(arguments, keywords, 1, "pattern", "perm")
    if not isinstance(order, tuple) or order[:1] != (0,):
        raise NoCounterpart(f"a Lambda with the order of axes {_shown(order)}")
    return compiler.add("Permute", {"dims": list(order[1:])}, tensor)


def _flat(compiler: _Compiler, arguments: list[Any], _: dict[str, Any]) -> Value:
    return compiler.add("Flatten", {}, compiler.value(arguments[0]))


def _joined(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
    parts = arguments[0]
    if isinstance(parts, Var) and parts.index == 0:
        tensors = [compiler.step.straight(v) for v in compiler.step.inputs]
    elif isinstance(parts, tuple):
        tensors = [compiler.value(p) for p in parts]
    else:
        raise NoCounterpart("a Lambda that joins something unknown")
    axis = _setting(arguments, keywords, 1, "axis", default=-1)
    return compiler.add("Concatenate", {"axis": axis}, *tensors)


def _pairwise(kind: str) -> Callable[[_Compiler, list[Any], dict[str, Any]], Value]:
    def apply(compiler: _Compiler, arguments: list[Any], _: dict[str, Any]) -> Value:
        tensors = [compiler.value(a) for a in arguments]
        return compiler.add(kind, {}, *tensors)

    return apply


def _activation(name: str) -> Callable[[_Compiler, list[Any], dict[str, Any]], Value]:
    def apply(compiler: _Compiler, arguments: list[Any], keywords: dict[str, Any]) -> Value:
        if len(arguments) > 1 or keywords:
            raise NoCounterpart(f"a Lambda that calls {name} with settings")
        return compiler.add("Activation", {"activation": name}, compiler.value(arguments[0]))

    return apply


def _old_hard_sigmoid(compiler: _Compiler, arguments: list[Any],
                      keywords: dict[str, Any]) -> Value:
    new = compiler.step.release >= (3, 0)
    return _activation("hard_sigmoid" if new else "hard_sigmoid_keras2")(
        compiler, arguments, keywords)


_FUNCTIONS: Final[dict[str, Callable[[_Compiler, list[Any], dict[str, Any]], Value]]] = {
    "reverse": _reverse,
    **{f"{prefix}{how}": _reduced(how) for prefix in ("", "reduce_") for how in (
        "mean", "max", "sum")},
    "expand_dims": _expanded,
    "squeeze": _squeezed,
    "permute_dimensions": _permuted,
    "transpose": _permuted,
    "batch_flatten": _flat,
    "concatenate": _joined,
    "concat": _joined,
    "maximum": _pairwise("Maximum"),
    "minimum": _pairwise("Minimum"),
    "hard_sigmoid": _old_hard_sigmoid,
    **{name: _activation(name) for name in (
        "relu", "sigmoid", "tanh", "softplus", "softsign", "softmax", "elu")},
    "exp": _activation("exponential"),
}

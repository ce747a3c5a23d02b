"""Bytecode of a one-line function → the expression that it computes, as a tree. Nothing runs.

Knows the instructions that a lambda over tensors needs, of Python 2.7 and 3.3 to 3.10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from dlgenomics_zoo.formats.marshalled import Bytecode, NotReadable


@dataclass(frozen=True)
class Var:
    """An argument of the function: 0 is the first."""

    index: int


@dataclass(frozen=True)
class Global:
    """A name from outside, with its attributes: ``K.mean``."""

    name: str


@dataclass(frozen=True)
class Const:
    """A number, text, None, or a tuple or list of such."""

    value: Any


@dataclass(frozen=True)
class Binary:
    """Two expressions joined by an operator: ``+ - * / // % **``."""

    operator: str
    left: Any
    right: Any


@dataclass(frozen=True)
class Item:
    """``value[index]``; the index is a `Const`, a `Cut` or a tuple of such."""

    value: Any
    index: Any


@dataclass(frozen=True)
class Cut:
    """``start:stop:step``."""

    start: Any = None
    stop: Any = None
    step: Any = None


@dataclass(frozen=True)
class Call:
    """A call of something from outside."""

    function: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


_OPERATORS: Final = {19: "**", 20: "*", 21: "/", 22: "%", 23: "+", 24: "-", 26: "//", 27: "/"}
_IGNORED: Final = (9, 144)
_PYTHON2: Final = {"True": True, "False": False, "None": None}
"""Python 2 loads these by name."""


def expression_of(code: Bytecode) -> Any:
    """Return the tree of what a lambda returns.

    Raises:
        NotReadable: it does more than compute one expression from its arguments.
    """
    ways = [_wide] if code.fields == 4 else [_paired, _wide] if code.fields == 5 else [_paired]
    reason = ""
    for way in ways:
        try:
            return _Reader(code, wide=way is _wide).read(way(code.code))
        except (NotReadable, IndexError, KeyError, ValueError) as error:
            reason = reason or str(error)
    raise NotReadable(f"more than one expression ({reason})")


def _wide(code: bytes) -> Iterator[tuple[int, int]]:
    """Instructions of one byte, or of three if they have a number."""
    at = 0
    while at < len(code):
        if code[at] < 90:
            yield code[at], 0
            at += 1
        else:
            yield code[at], code[at + 1] | code[at + 2] << 8
            at += 3


def _paired(code: bytes) -> Iterator[tuple[int, int]]:
    """Instructions of two bytes each; prefix 144 carries the upper byte of the next number."""
    if len(code) % 2:
        raise NotReadable("half an instruction")
    high = 0
    for at in range(0, len(code), 2):
        number = high << 8 | code[at + 1]
        high = number if code[at] == 144 else 0
        yield code[at], number


class _Reader:
    def __init__(self, code: Bytecode, *, wide: bool) -> None:
        self.code, self.wide = code, wide
        self.stack: list[Any] = []

    def read(self, steps: Iterator[tuple[int, int]]) -> Any:
        for instruction, number in steps:
            if instruction == 83:
                if len(self.stack) != 1:
                    raise NotReadable("values are left over")
                if next(steps, None) is not None:
                    raise NotReadable("it goes on after its end")
                return self.stack.pop()
            if instruction not in _IGNORED:
                self.stack.append(self.step(instruction, number))
        raise NotReadable("it has no end")

    def pop(self, count: int) -> list[Any]:
        if count == 0:
            return []
        if count > len(self.stack):
            raise NotReadable("a value is missing")
        found = self.stack[-count:]
        del self.stack[-count:]
        return found

    def step(self, instruction: int, number: int) -> Any:
        if instruction in _OPERATORS:
            left, right = self.pop(2)
            return Binary(_OPERATORS[instruction], left, right)
        if instruction in (100, 124, 116, 101, 136):
            return self.load(instruction, number)
        if instruction in (106, 160):  # attribute, method
            (owner,) = self.pop(1)
            if not isinstance(owner, Global):
                raise NotReadable("an attribute of a value")
            return Global(f"{owner.name}.{self.code.names[number]}")
        if instruction in (102, 103, 133, 30, 31, 32, 33, 25, 11):
            return self.build(instruction, number)
        if instruction in (131, 161, 141):
            return self.call(instruction, number)
        if instruction == 162:  # a list made from a constant tuple
            target, more = self.pop(2)
            return Const(tuple(target.value) + tuple(more.value))
        raise NotReadable(f"the instruction {instruction}")

    def load(self, instruction: int, number: int) -> Any:
        if instruction == 100:
            return _constant(self.code.constants[number])
        if instruction == 124:
            if number >= self.code.arguments:
                raise NotReadable("a variable of its own")
            return Var(number)
        if instruction == 136:
            return Global(self.code.free[number])
        name = self.code.names[number]
        return Const(_PYTHON2[name]) if name in _PYTHON2 else Global(name)

    def build(self, instruction: int, number: int) -> Any:
        if instruction == 25:
            value, index = self.pop(2)
            return Item(value, index)
        if instruction == 11:
            (value,) = self.pop(1)
            return Const(-value.value) if isinstance(value, Const) else Binary("*", Const(-1),
                                                                               value)
        if instruction == 133:
            return Cut(*(p.value for p in map(_is_constant, self.pop(number))))
        if instruction in (102, 103):
            parts = self.pop(number)
            if all(isinstance(p, Const) for p in parts):
                return Const(tuple(p.value for p in parts))
            return tuple(parts)
        bounds = self.pop({30: 0, 31: 1, 32: 1, 33: 2}[instruction])
        (value,) = self.pop(1)
        ends = [_is_constant(b).value for b in bounds]
        start = ends[0] if instruction in (31, 33) else None
        stop = ends[-1] if instruction in (32, 33) else None
        return Item(value, Cut(start, stop))

    def call(self, instruction: int, number: int) -> Any:
        keywords: tuple[tuple[str, Any], ...] = ()
        if instruction == 141:
            (names,) = self.pop(1)
            values = self.pop(number)
            count = len(names.value)
            keywords = tuple(zip(names.value, values[len(values) - count:], strict=True))
            plain = values[:len(values) - count]
        elif instruction == 131 and self.wide:  # keywords are counted in the upper byte
            flat = self.pop(2 * (number >> 8))
            keywords = tuple((k.value, v) for k, v in zip(flat[::2], flat[1::2], strict=True))
            plain = self.pop(number & 0xFF)
        else:
            plain = self.pop(number)
        (function,) = self.pop(1)
        if not isinstance(function, Global):
            raise NotReadable("a call of a value")
        return Call(function.name, tuple(plain), keywords)


def _constant(value: Any) -> Const:
    if isinstance(value, Bytecode):
        raise NotReadable("a function inside")
    return Const(value.decode("latin1") if isinstance(value, bytes) else value)


def _is_constant(value: Any) -> Const:
    if not isinstance(value, Const):
        raise NotReadable("a bound that is computed")
    return value
